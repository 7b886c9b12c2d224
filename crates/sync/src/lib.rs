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
