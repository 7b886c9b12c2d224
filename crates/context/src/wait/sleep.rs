//! Doing nothing for a while, under a context.

use crate::context::Context;
use crate::error::Error;
use gompa_park::time::{self, ENDLESS};
use gompa_park::{Parker, WaitReason, Wake};
use std::time::Duration;

/// Pauses the goroutine (or the thread) for `d`, or until `ctx` is done.
///
/// ```
/// use gompa_context as context;
/// use std::time::Duration;
///
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// assert_eq!(context::sleep_ctx(&ctx, Duration::from_millis(1)), Ok(()));
/// cancel.cancel();
/// let slept = context::sleep_ctx(&ctx, Duration::from_secs(3600));
/// assert_eq!(slept, Err(context::Error::Canceled));
/// ```
///
/// # Errors
/// Why the context is done, if it was before the time was over.
pub fn sleep_ctx(ctx: &Context, d: Duration) -> Result<(), Error> {
    if let Some(error) = ctx.err() {
        return Err(error);
    }
    if d.is_zero() {
        return Ok(());
    }
    let until = time::after(d).min(ENDLESS);
    let parker = Parker::current();
    ctx.run(|| match parker.park_cuttable(WaitReason::Sleep, until) {
        Wake::TimedOut if time::now() < until => Err(ctx.was_cut()),
        Wake::TimedOut => Ok(()),
        // Nothing to withdraw: nobody knows of this wait.
        Wake::Interrupted => parker.abandon(),
        Wake::Unparked => unreachable!("nobody knows of this wait"),
    })
}
