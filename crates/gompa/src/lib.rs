//! Go's runtime model for Rust: goroutines, channels with `select!`, timers and sockets, in plain
//! blocking style.
//!
//! ```
//! use gompa::{chan, go, select, time};
//! use std::time::Duration;
//!
//! fn main() {
//!     gompa::run(|| {
//!         let results = chan::make::<u32>(0);
//!         for n in 1..=3 {
//!             let results = results.clone();
//!             drop(go(move || results.send(n * n)));
//!         }
//!         let deadline = time::after(Duration::from_secs(5));
//!         let mut sum = 0;
//!         for _ in 0..3 {
//!             select! {
//!                 recv(results) -> square => sum += square.unwrap(),
//!                 recv(deadline) -> _ => panic!("too slow"),
//!             }
//!         }
//!         assert_eq!(sum, 14);
//!     });
//! }
//! ```
//!
//! # What is here
//! - [`run`], [`go`], [`JoinHandle`], [`scope`], [`gosched`], [`goexit`], [`blocking`],
//!   [`lock_os_thread`], [`block_on`], [`Builder`]: goroutines (crate `gompa-sched`).
//! - [`chan`], [`select!`]: channels (crate `gompa-chan`).
//! - [`hmap`]: maps that grow a little at a time (crate `gompa-hmap`).
//! - [`time`]: sleeping, timers, tickers.
//! - [`context`]: cancellation, deadlines and values, down a tree of calls and into waits (crate
//!   `gompa-context`).
//! - [`net`]: sockets (crate `gompa-net`).
//! - [`sync`]: locks, wait groups, pools, a concurrent map, errgroup, singleflight (crate
//!   `gompa-sync`).
//! - [`mod@slice`]: slices and growth rules (crate `gompa-slice`).
//! - [`gc`], [`new!`]: a heap with a concurrent collector (crate `gompa-gc`).
//! - [`debug`], [`pprof`]: every goroutine, its stack, counters, profiles, leaks (crate
//!   `gompa-insight`).
//!
//! Each of these crates works without this one.
//!
//! # Features
//! - `alloc` (default): the global allocator is one that is fast on goroutines and runs on the
//!   carrier's thread-locals ([`alloc::Allocator`] over the system's). Switch it off to wrap another
//!   allocator: `#[global_allocator] static A: gompa::alloc::Allocator<Mine> = ...`.
//! - `interpose` (default): defines malloc and a few other functions of libc in the executable, which
//!   goroutines that own their thread-locals need. Without it, for sanitizers say, a runtime must be
//!   built with [`Builder::carrier_thread_locals`].
//! - `serde`: serde's traits for slices.
//!
//! # Limits
//! Linux on x86-64 with glibc, a kernel of 5.9 or later and a processor with FSGSBASE; elsewhere it
//! does not build, or a runtime refuses to start with a sentence that says why. Goroutines have
//! stacks of fixed size (256 KiB of address space, of which they use what they touch); an overflow
//! ends the process with a message that names the goroutine.

pub use gompa_chan as chan;
pub use gompa_chan::select;
pub use gompa_chan::time;
pub use gompa_context as context;
pub use gompa_hmap as hmap;
pub use gompa_macros::test;
pub use gompa_net as net;
pub use gompa_sched::{
    Builder, Goexit, GoroutineId, JoinHandle, OsThreadGuard, Runtime, Scope, ScopedJoinHandle,
    alloc, block_on, blocking, current, go, goexit, gomaxprocs, gosched, lock_os_thread,
    num_goroutine, release_stack, run, scope,
};
pub use gompa_slice as slice;
pub use gompa_sync as sync;

/// A heap with a concurrent collector, shared by goroutines and threads: crate `gompa-gc`.
pub mod gc {
    #[doc(no_inline)]
    pub use gompa_gc::__private::TraceByFacade as Trace;
    pub use gompa_gc::*;
}

/// A look inside: every goroutine, its stack, the scheduler's counters (crate `gompa-sched`); dumps,
/// profiles, leaks (crate `gompa-insight`).
pub mod debug {
    pub use crate::watch::{answer, serve, serve_with};
    pub use gompa_insight::dump;
    pub use gompa_insight::leak::{self, assert_no_leaks};
    pub use gompa_insight::profile::{Profile, write_profile, write_profile_text};
    pub use gompa_insight::{http, metrics, stall, trace};
    pub use gompa_sched::debug::*;
}

/// Profiles for `go tool pprof`, as Go's `runtime/pprof` has them.
///
/// ```
/// use gompa::pprof::{Profile, write_profile};
///
/// gompa::run(|| {
///     let mut file = Vec::new();
///     write_profile(Profile::Goroutine, &mut file).unwrap();
/// });
/// ```
pub mod pprof {
    pub use gompa_insight::profile::*;
}

/// For what the macros expand to.
#[doc(hidden)]
pub mod __private {
    pub use gompa_insight::leak::run_test;
}

mod make;
mod new;
mod watch;
mod wiring;

/// What most programs name: `use gompa::prelude::*`.
pub mod prelude {
    pub use crate::chan::{self, Chan, Receiver, Sender};
    pub use crate::context::{self, Context, RecvExt as _, SendExt as _};
    pub use crate::hmap::HMap;
    pub use crate::{JoinHandle, go, gosched, make, run, scope, select, time};
}

/// The global allocator of programs that use this crate; see [`alloc`].
#[cfg(feature = "alloc")]
#[global_allocator]
static GLOBAL: alloc::Allocator = alloc::Allocator::new();
