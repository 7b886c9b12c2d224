//! What cancels a context.

use crate::error::{Cause, Error};
use crate::node::NodeRef;
use crate::tree::Ended;
use std::fmt;
use std::sync::Arc;

/// Cancels a context. Clones cancel the same one; dropping them cancels nothing: see
/// [`guard`](Self::guard).
#[derive(Clone)]
pub struct CancelFunc(NodeRef);

/// Cancels a context and says why. Clones cancel the same one; dropping them cancels nothing.
#[derive(Clone)]
pub struct CancelCauseFunc(NodeRef);

/// Cancels when it is dropped.
#[must_use = "dropping it cancels"]
pub struct CancelGuard(Option<CancelFunc>);

impl CancelFunc {
    pub(crate) fn new(node: NodeRef) -> CancelFunc {
        CancelFunc(node)
    }

    /// Cancels the context and all made from it: when this returns, they are done (save those below
    /// a foreign one). From the second time on it does nothing, and so it does if the context has
    /// ended otherwise.
    pub fn cancel(&self) {
        cancel(&self.0, None);
    }

    /// Something that cancels when it is dropped, also by a panic.
    ///
    /// ```
    /// use gompa_context as context;
    ///
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// {
    ///     let _guard = cancel.guard();
    ///     assert_eq!(ctx.err(), None);
    /// }
    /// assert!(ctx.err().is_some());
    /// ```
    pub fn guard(&self) -> CancelGuard {
        CancelGuard(Some(self.clone()))
    }
}

impl CancelCauseFunc {
    pub(crate) fn new(node: NodeRef) -> CancelCauseFunc {
        CancelCauseFunc(node)
    }

    /// As [`CancelFunc::cancel`]; if this is what ends the context, `cause` is its
    /// [`cause`](crate::Context::cause), and that of those made from it.
    pub fn cancel<E>(&self, cause: E)
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        self.cancel_with(Arc::new(cause));
    }

    /// As [`cancel`](Self::cancel), with a reason that is in an `Arc` already.
    pub fn cancel_with(&self, cause: Cause) {
        cancel(&self.0, Some(cause));
    }

    /// The same without a reason: the cause is [`Error::Canceled`].
    pub fn without_cause(&self) -> CancelFunc {
        CancelFunc(self.0.clone())
    }

    /// Something that cancels, without a reason, when it is dropped, also by a panic.
    pub fn guard(&self) -> CancelGuard {
        self.without_cause().guard()
    }
}

fn cancel(node: &NodeRef, cause: Option<Cause>) {
    node.end(Ended {
        error: Error::Canceled,
        cause,
    });
}

impl CancelGuard {
    /// Dropping it will not cancel.
    pub fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        if let Some(cancel) = &self.0 {
            cancel.cancel();
        }
    }
}

macro_rules! debug {
    ($($Type:ident)*) => {$(
        impl fmt::Debug for $Type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Type)).finish_non_exhaustive()
            }
        }
    )*};
}

debug!(CancelFunc CancelCauseFunc CancelGuard);
