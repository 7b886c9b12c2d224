//! Channels under a context.

use crate::context::Context;
use crate::error::{Error, RecvCtxError, SendCtxError};
use gompa_chan::{
    Chan, Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, TrySendError,
};
use gompa_park::time::ENDLESS;
use gompa_park::{Parker, WaitReason, Wake};
use std::time::Duration;

/// Receiving under a context.
pub trait RecvExt<T> {
    /// Receives, waiting until `ctx` is done at most.
    ///
    /// ```
    /// use gompa_chan as chan;
    /// use gompa_context::{self as context, RecvExt};
    ///
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// let ch = chan::make(1);
    /// ch.send("kept");
    /// cancel.cancel();
    /// let done = context::RecvCtxError::Done(context::Error::Canceled);
    /// assert_eq!(ch.recv_ctx(&ctx), Err(done)); // and nothing is lost:
    /// assert_eq!(ch.recv(), Some("kept"));
    /// ```
    ///
    /// # Errors
    /// `Done`: nothing has been received; if the context was done before, nothing was tried.
    /// `Closed`: closed and drained.
    fn recv_ctx(&self, ctx: &Context) -> Result<T, RecvCtxError>;
}

/// Sending under a context.
pub trait SendExt<T> {
    /// Sends, waiting until `ctx` is done at most.
    ///
    /// # Errors
    /// `Done`: the value has not been sent, nobody will receive it, and here it is. `Closed`: the
    /// channel is closed, or nobody is left to receive.
    fn send_ctx(&self, ctx: &Context, value: T) -> Result<(), SendCtxError<T>>;
}

macro_rules! recv {
    ($($Type:ident)*) => {$(
        impl<T> RecvExt<T> for $Type<T> {
            fn recv_ctx(&self, ctx: &Context) -> Result<T, RecvCtxError> {
                receive(
                    ctx,
                    self.is_nil(),
                    || self.try_recv(),
                    || self.recv_timeout(Duration::MAX),
                )
            }
        }
    )*};
}

macro_rules! send {
    ($($Type:ident)*) => {$(
        impl<T> SendExt<T> for $Type<T> {
            fn send_ctx(&self, ctx: &Context, value: T) -> Result<(), SendCtxError<T>> {
                send(
                    ctx,
                    self.is_nil(),
                    value,
                    |value| self.try_send(value),
                    |value| self.send_timeout(value, Duration::MAX),
                )
            }
        }
    )*};
}

recv!(Chan Receiver);
send!(Chan Sender);

fn receive<T>(
    ctx: &Context,
    is_nil: bool,
    now: impl FnOnce() -> Result<T, TryRecvError>,
    wait: impl FnOnce() -> Result<T, RecvTimeoutError>,
) -> Result<T, RecvCtxError> {
    if let Some(error) = ctx.err() {
        return Err(RecvCtxError::Done(error));
    }
    if is_nil {
        return Err(RecvCtxError::Done(in_vain(ctx, WaitReason::ChanReceiveNil)));
    }
    match now() {
        Ok(value) => return Ok(value),
        Err(TryRecvError::Closed) => return Err(RecvCtxError::Closed),
        Err(TryRecvError::Empty) => {}
    }
    ctx.run(|| {
        wait().map_err(|e| match e {
            RecvTimeoutError::Closed => RecvCtxError::Closed,
            RecvTimeoutError::Timeout => RecvCtxError::Done(ctx.was_cut()),
        })
    })
}

fn send<T>(
    ctx: &Context,
    is_nil: bool,
    value: T,
    now: impl FnOnce(T) -> Result<(), TrySendError<T>>,
    wait: impl FnOnce(T) -> Result<(), SendTimeoutError<T>>,
) -> Result<(), SendCtxError<T>> {
    if let Some(error) = ctx.err() {
        return Err(SendCtxError::Done(value, error));
    }
    if is_nil {
        let error = in_vain(ctx, WaitReason::ChanSendNil);
        return Err(SendCtxError::Done(value, error));
    }
    let value = match now(value) {
        Ok(()) => return Ok(()),
        Err(TrySendError::Closed(value)) => return Err(SendCtxError::Closed(value)),
        Err(TrySendError::Full(value)) => value,
    };
    ctx.run(|| {
        wait(value).map_err(|e| match e {
            SendTimeoutError::Closed(value) => SendCtxError::Closed(value),
            SendTimeoutError::Timeout(value) => SendCtxError::Done(value, ctx.was_cut()),
        })
    })
}

/// Waits until the context is done: at a nil channel.
fn in_vain(ctx: &Context, reason: WaitReason) -> Error {
    let parker = Parker::current();
    ctx.run(|| match parker.park_cuttable(reason, ENDLESS) {
        Wake::TimedOut => ctx.was_cut(),
        Wake::Interrupted => parker.abandon(),
        Wake::Unparked => unreachable!("nobody knows of this wait"),
    })
}
