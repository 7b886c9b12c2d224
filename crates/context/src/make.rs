//! The functions that make contexts which can end.

use crate::cancel::{CancelCauseFunc, CancelFunc};
use crate::context::Context;
use crate::error::Cause;
use crate::tree::{self, Deadline};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A context that is done when `cancel` is called, or when `parent` is.
///
/// ```
/// use gompa_context as context;
///
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// assert_eq!(ctx.err(), None);
/// cancel.cancel();
/// assert_eq!(ctx.err(), Some(context::Error::Canceled));
/// assert_eq!(ctx.to_string(), "context.Background.WithCancel");
/// ```
#[inline]
pub fn with_cancel(parent: &Context) -> (Context, CancelFunc) {
    let node = tree::child(parent, None);
    (Context::of(node.clone()), CancelFunc::new(node))
}

/// As [`with_cancel`], with a function that takes the reason, which [`Context::cause`] gives.
///
/// ```
/// use gompa_context as context;
///
/// let (ctx, cancel) = context::with_cancel_cause(&context::background());
/// cancel.cancel(std::io::Error::other("out of paper"));
/// assert_eq!(ctx.err(), Some(context::Error::Canceled));
/// assert_eq!(ctx.cause().unwrap().to_string(), "out of paper");
/// ```
pub fn with_cancel_cause(parent: &Context) -> (Context, CancelCauseFunc) {
    let node = tree::child(parent, None);
    (Context::of(node.clone()), CancelCauseFunc::new(node))
}

/// A context that is done at `at` at the latest; earlier when `cancel` is called, or when `parent`
/// is done. At once if that time is over. If `parent`'s deadline is earlier this is
/// [`with_cancel`].
pub fn with_deadline(parent: &Context, at: Instant) -> (Context, CancelFunc) {
    timed(parent, at, None)
}

/// As [`with_deadline`], with the reason that [`Context::cause`] gives if the deadline passes.
pub fn with_deadline_cause<E>(parent: &Context, at: Instant, cause: E) -> (Context, CancelFunc)
where
    E: Error + Send + Sync + 'static,
{
    timed(parent, at, Some(Arc::new(cause)))
}

/// [`with_deadline`], `timeout` from now. One that is past the clock's range is none.
///
/// ```
/// use gompa_context as context;
/// use std::time::Duration;
///
/// let (ctx, _cancel) = context::with_timeout(&context::background(), Duration::from_millis(1));
/// ctx.done().recv().unwrap_err(); // closed
/// assert_eq!(ctx.err(), Some(context::Error::DeadlineExceeded));
/// ```
pub fn with_timeout(parent: &Context, timeout: Duration) -> (Context, CancelFunc) {
    match Instant::now().checked_add(timeout) {
        Some(at) => timed(parent, at, None),
        None => with_cancel(parent),
    }
}

/// [`with_deadline_cause`], `timeout` from now.
pub fn with_timeout_cause<E>(parent: &Context, timeout: Duration, cause: E) -> (Context, CancelFunc)
where
    E: Error + Send + Sync + 'static,
{
    match Instant::now().checked_add(timeout) {
        Some(at) => timed(parent, at, Some(Arc::new(cause))),
        None => with_cancel(parent),
    }
}

fn timed(parent: &Context, at: Instant, cause: Option<Cause>) -> (Context, CancelFunc) {
    let node = tree::child(parent, Some(Deadline { at, cause }));
    (Context::of(node.clone()), CancelFunc::new(node))
}
