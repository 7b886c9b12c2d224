//! Go's contexts: cancellation, deadlines and values, passed down a tree of calls, and into waits.
//!
//! A [`Context`] is made from another, by [`with_cancel`], [`with_timeout`], [`with_value`] and so on;
//! the roots are [`background`] and [`todo()`]. When one is done, all made from it are. Semantics and
//! texts are those of Go's package context. Everything works from goroutines and from plain threads;
//! this crate needs no scheduler.
//!
//! ```
//! use gompa_chan as chan;
//! use gompa_context::{self as context, RecvExt};
//! use std::time::Duration;
//!
//! let (ctx, cancel) = context::with_timeout(&context::background(), Duration::from_millis(20));
//! let _guard = cancel.guard(); // when we leave, everything below ends
//! let answers = chan::make::<u32>(0);
//! let error = answers.recv_ctx(&ctx).unwrap_err(); // nobody answers
//! assert_eq!(error.to_string(), "receiving: context deadline exceeded");
//! ```
//!
//! # Cancelling waits
//! Code that waits learns of the end in one of four ways:
//! - a [`select!`](gompa_chan::select) with a case `recv(ctx.done())`, as in Go;
//! - a form under a context: [`recv_ctx`](RecvExt::recv_ctx), [`send_ctx`](SendExt::send_ctx),
//!   [`sleep_ctx`], and those of other crates (locks, semaphores), which are built on
//!   [`Context::wait`];
//! - [`Context::io`] around reads and writes of sockets;
//! - [`Context::run`] around any code: its waits that can report a lack of time do so.
//!
//! None of them starts a goroutine, and none can lose anything: a wait that is cut is withdrawn under
//! the lock of what it waits for, so the operation has happened or it has not. Errors of sending give
//! the value back.
//!
//! # Where it differs from Go
//! - [`Error`] has Go's two values and no others. What a [`Foreign`] context gives as its own reason
//!   is its [`cause`](Context::cause).
//! - Keys and values have types; a look-up names both. A key need not be unique in the program: its
//!   type keeps others out. There is neither a nil context nor a nil or incomparable key, so there
//!   are none of the panics about them.
//! - A context goes when nobody refers to it any more, cancelled or not: out of its parent's list,
//!   its timer stopped. (In Go it stays until the parent or the timer ends it.) A function of
//!   [`after_func`] keeps a context that may still end by itself, for lack of time.
//! - Text: types print as Rust names them, deadlines in UTC.
//!
//! # Costs
//! A context is one allocation of some 190 bytes; its done channel another, made by the first
//! [`done`](Context::done); a deadline three more. [`err`](Context::err) is one load, and so is `done`
//! once made. Cancelling takes each lock below once.
//!
//! # Rooms
//! `context`: the handle. `make`, `cancel`, [`after_func`], [`with_value`]: what makes and ends them.
//! `node`: one in memory. `tree`: those that can end; its invariants and the order of its locks are
//! told there. `foreign`: others' contexts. `wait`: waits under a context. `text`: what they print.

mod after;
mod cancel;
mod context;
mod error;
mod foreign;
mod make;
mod node;
mod text;
mod tree;
mod value;
mod wait;

pub use after::{Stop, after_func};
pub use cancel::{CancelCauseFunc, CancelFunc, CancelGuard};
pub use context::{Context, background, todo};
pub use error::{Cause, Error, RecvCtxError, SendCtxError};
pub use foreign::{CallOff, Callback, Foreign};
pub use make::{
    with_cancel, with_cancel_cause, with_deadline, with_deadline_cause, with_timeout,
    with_timeout_cause,
};
pub use value::{with_value, without_cancel};
pub use wait::{RecvExt, SendExt, sleep_ctx};
