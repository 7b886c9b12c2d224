//! Goroutines: Go's scheduler of G, M and P, in Rust.
//!
//! A goroutine is cheap code with a stack of its own that blocks the plain way; a few threads run
//! all of them. Start one with [`go`]; whatever it waits for through [`gompa_park`] (channels, locks,
//! sockets, timers) parks it and lets the next one run. A call that blocks the thread itself holds
//! nobody up: [`blocking`] hands the thread's right to run over at once, and a monitor thread does
//! the same for calls nobody declared, and for hot loops.
//!
//! **`go` is safe and means it**: a goroutine has thread-locals of its own, so to the compiler, to
//! std and to every crate it is a thread, however often it changes the thread that carries it.
//!
//! ```
//! gompa_sched::run(|| {
//!     let workers: Vec<_> = (0..1000).map(|i| gompa_sched::go(move || i % 7)).collect();
//!     let sum: u32 = workers.into_iter().map(|w| w.join().unwrap()).sum();
//!     assert_eq!(sum, 2997);
//! });
//! ```
//!
//! # Rooms
//! [`goroutine`] (states, memory), [`stack`], [`switch`] (context switch, thread-locals), [`alloc`]
//! (an allocator that knows both), [`run_queue`] (the ring of 256), [`processor`] (P), [`global`]
//! (what all share), [`find`] (where work comes from, waking), [`machine`] (M, leaving and arriving),
//! [`blocking`] (hand-off), [`monitor`], [`netpoll`], [`timer`], [`handle`] (go, join, scope),
//! [`runtime`] (begin and end), [`deadlock`], [`debug`], [`trace`] (the flight recorder).
//!
//! # Limits
//! Linux, x86-64, glibc. A stack does not grow: 256 KiB of address space, 1 MiB without
//! optimization, or what [`Builder::stack_size`] says; an overflow ends the process with a message.
//! A goroutine that holds its thread in a hot loop goes on without a P, so more threads than Ps may
//! run.

#![allow(rustdoc::private_intra_doc_links)]

#[cfg(not(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")))]
compile_error!(
    "gompa-sched runs on Linux, x86-64, with glibc; other platforms are not supported yet"
);

pub mod alloc;
pub mod debug;
pub mod netpoll;
pub mod trace;

mod blocking;
mod deadlock;
mod fatal;
mod find;
mod global;
mod goroutine;
mod handle;
mod host;
mod machine;
mod monitor;
mod processor;
mod run_queue;
mod runtime;
mod stack;
mod switch;
mod timer;

pub use blocking::call::blocking;
pub use gompa_park::block_on;
pub use gompa_park::waiter::Goexit;
pub use goroutine::{GoroutineId, Status};
pub use handle::scope::{Scope, ScopedJoinHandle, scope};
pub use handle::thread_lock::{OsThreadGuard, lock_os_thread};
pub use handle::{
    JoinHandle, current, go, goexit, gomaxprocs, gosched, num_goroutine, release_stack,
};
pub use runtime::{Builder, Runtime, run};
