//! Go's `sync`, and of its `x/sync` errgroup, singleflight and semaphore, for goroutines and plain
//! threads.
//!
//! Whoever must wait waits through [`gompa_park`]: a goroutine parks and its worker runs others, a
//! plain thread sleeps, and each can wake the other. No scheduler is needed.
//!
//! # What is here
//! | | |
//! |---|---|
//! | [`Mutex`], [`RwLock`] | locks with guards; Go's fairness, no poisoning |
//! | [`Cond`] | waiting for what a mutex guards |
//! | [`WaitGroup`] | waiting for several to be done |
//! | [`Once`], [`OnceValue`] | what is done once |
//! | [`Map`] | a map for many at once, read without locks |
//! | [`Pool`] | things that are used again |
//! | [`Semaphore`] | so many at once, weighted |
//! | [`errgroup`] | goroutines that work on one thing: the first error, a limit |
//! | [`singleflight`] | calls under way are joined |
//!
//! ```
//! use gompa_sync::{Mutex, WaitGroup};
//! use std::sync::Arc;
//!
//! let (words, group) = (Arc::new(Mutex::new(Vec::new())), WaitGroup::new());
//! for word in ["one", "two", "three"] {
//!     let words = words.clone();
//!     group.go(move || words.lock().push(word.len()));
//! }
//! group.wait();
//! assert_eq!(words.lock().iter().sum::<usize>(), 11);
//! ```
//!
//! # Waiting
//! What can wait has the same forms: plain (for as long as it takes), `try_` (not at all),
//! `_timeout` and `_deadline`, and `_ctx`: until a context is done. A wait that gives up has changed
//! nothing, and one that was granted at that very moment succeeds. The timed forms also end with a
//! context in whose reach they are ([`Context::run`](gompa_context::Context::run)).
//!
//! A runtime that shuts down unwinds what waits in it; the locks and groups go on for others.
//!
//! # Rust's manners
//! - **No poisoning.** A panic while a lock is held unlocks it, and the next one sees what it left
//!   behind, as with parking_lot, and as in Go behind a deferred unlock.
//! - **Guards** stay with the goroutine or thread that made them, though Go lets any goroutine
//!   unlock. `force_unlock` is for those who need that.
//! - **Misuse** that guards do not rule out panics with Go's text, or ends the process with it where Go
//!   does (`fatal error: sync: unlock of unlocked mutex`, exit status 2).
//! - **Panics of functions** that a group or a value runs: [`WaitGroup::go`] counts them as done, an
//!   [`errgroup`] rethrows the first one in `wait`, [`OnceValue`] and [`singleflight`] in everybody who
//!   asks. (Go ends the process in the first two cases.)
//!
//! # Foreign code
//! Nothing of a user's runs under a lock of ours, except what [`Map`] and [`singleflight`] name:
//! comparing keys, mostly. Those locks park who waits for them.
//!
//! # Rooms
//! A file or folder each; `wait` is what all have in common, `stripe` what exists once a processor.
//! The protocols are told in `src/README.md`.

pub mod errgroup;
pub mod pool;
pub mod singleflight;

mod cond;
mod integer;
mod macros;
mod map;
mod misuse;
mod mutex;
mod once;
mod once_value;
mod payload;
mod rwlock;
mod semaphore;
mod stripe;
mod unwind;
mod wait;
mod wait_group;

pub use cond::Cond;
pub use integer::Integer;
pub use map::Map;
pub use mutex::{Mutex, MutexGuard};
pub use once::Once;
pub use once_value::OnceValue;
pub use payload::SharedPanic;
pub use pool::Pool;
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use semaphore::{Semaphore, SemaphoreGuard};
pub use wait_group::WaitGroup;
