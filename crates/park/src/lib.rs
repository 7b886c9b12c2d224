//! The seam between things that wait and whoever runs them.
//!
//! Channels, locks and contexts must block, but they must not know whether a goroutine or a plain
//! thread runs the code. This crate answers the one question they have: *how does the code that
//! runs here wait, and how does somebody else wake it?* On a plain thread it uses the thread
//! itself. A scheduler installs its own way for its goroutines by [`host::enter`].
//!
//! # Rooms
//! - [`waiter`]: [`Parker`], [`Unparker`], [`Wake`]: one wait, its protocol.
//! - [`host`]: how a scheduler says "this code is mine".
//! - [`thread`]: the plain thread's way (one futex word).
//! - [`cut`]: waits cut short by somebody else, a context say.
//! - [`reason`]: why somebody waits, in Go's words.
//! - [`lock`]: the small lock under channels and run queues.
//! - [`note`]: notes for whoever records what the process does.
//! - [`init_trace`]: what was set up, and how long that took.
//! - [`barrier`]: a fence that costs only the side that passes rarely.
//! - [`contention`]: tells a profile of locks that others waited for.
//! - [`futex`]: the two system calls under `thread` and `lock`.
//! - [`seat`]: which thread carries the running code, for those who keep something for each.
//! - [`hook`]: a place for one function that is told of something.
//! - [`stderr`]: lines that need no lock and cannot fail.
//! - [`time`]: nanoseconds of the monotonic clock.
//! - [`timer`]: timers, wherever the code runs: the heap, the seam, a thread where no scheduler is.
//! - [`future`]: [`block_on`], a future driven by whoever runs here.
//! - `sync`: the one import point for atomics and cells (std, or loom under `--cfg loom`).
//!
//! # What is absent
//! - No dependency on any other crate of the workspace, and no thread-local destructor.
//! - No spurious wake-ups: see the protocol in [`waiter`].

pub mod barrier;
pub mod contention;
pub mod cut;
pub mod futex;
pub mod future;
pub mod hook;
pub mod host;
pub mod init_trace;
pub mod lock;
pub mod note;
pub mod reason;
pub mod seat;
pub mod stderr;
pub mod sync;
pub mod thread;
pub mod time;
pub mod timer;
pub mod waiter;

pub use future::block_on;
pub use lock::Lock;
pub use reason::WaitReason;
pub use waiter::{Parker, Unparker, Wake};
