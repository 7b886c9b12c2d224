//! Contexts that others implement.

use crate::context::Context;
use crate::error::{Cause, Error};
use crate::node::{self, Ends, Links, Of, Rest};
use gompa_chan::Receiver;
use std::any::Any;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Instant;

/// A function that a foreign context calls when it ends.
pub type Callback = Box<dyn FnOnce() + Send>;

/// Calls a [`Callback`] off; returns whether it did, or the function was called.
pub type CallOff = Box<dyn FnOnce() -> bool + Send>;

/// A context of somebody else's making. [`Context::foreign`] makes it one that all functions here
/// take.
///
/// Whatever is left to the defaults is the [`parent`](Foreign::parent)'s, so one that only adds
/// values costs its children nothing: they end with the context above it, at once. One that ends by
/// itself has a [`done`](Foreign::done) of its own; if it cannot call functions
/// ([`after_func`](Foreign::after_func)), each context directly below it costs a goroutine, and ends
/// a little after it.
///
/// ```
/// use gompa_context::{self as context, Context, Foreign};
/// use std::any::Any;
/// use std::sync::Arc;
///
/// struct Numbered { parent: Context, number: u64 }
/// impl Foreign for Numbered {
///     fn parent(&self) -> Option<&Context> { Some(&self.parent) }
///     fn value(&self, key: &dyn Any) -> Option<Arc<dyn Any + Send + Sync>> {
///         (*key.downcast_ref::<&str>()? == "number").then(|| Arc::new(self.number) as _)
///     }
/// }
///
/// let (root, cancel) = context::with_cancel(&context::background());
/// let (leaf, _) = context::with_cancel(&Context::foreign(Numbered { parent: root, number: 7 }));
/// assert_eq!(leaf.value::<&str, u64>(&"number").as_deref(), Some(&7));
/// cancel.cancel();
/// assert_eq!(leaf.err(), Some(context::Error::Canceled));
/// ```
pub trait Foreign: Send + Sync + 'static {
    /// The context this one is derived from.
    fn parent(&self) -> Option<&Context> {
        None
    }

    /// The channel that is closed when this context ends by itself; always the same. `None`: it
    /// ends with its parent, and the other questions about its end are for that one.
    fn done(&self) -> Option<&Receiver<()>> {
        None
    }

    /// Why it has ended; `Some` from before `done` is closed. Asked only if it has a `done`.
    fn err(&self) -> Option<Error> {
        None
    }

    /// What was given as the reason; as `err`.
    fn cause(&self) -> Option<Cause> {
        None
    }

    /// When it ends at the latest; as `err`. Should not change.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// A value of its own. Those of the parent are found anyway.
    fn value(&self, key: &dyn Any) -> Option<Arc<dyn Any + Send + Sync>> {
        let _ = key;
        None
    }

    /// Has `f` called when it ends, or at once if it has; as `err`. `None`: it cannot, and `f` is
    /// dropped.
    fn after_func(&self, f: Callback) -> Option<CallOff> {
        let _ = f;
        None
    }

    /// Writes its text, the parent's included.
    ///
    /// # Errors
    /// The writer's.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

/// A foreign context as a node.
pub(crate) struct Stranger(pub(crate) Box<dyn Foreign>);

impl Context {
    /// A context of somebody else's making.
    pub fn foreign(foreign: impl Foreign) -> Context {
        let parent = foreign.parent().cloned().unwrap_or_else(crate::background);
        let own_end = foreign.done().is_some();
        let stranger = Stranger(Box::new(foreign));
        let node = node::make(parent, stranger, |links, me: NonNull<Of<Stranger>>| Links {
            ends: if own_end {
                Ends::WithStranger(me)
            } else {
                links.ends
            },
            values: None,
            beyond: Some(me),
        });
        Context::of(node)
    }
}

impl Rest for Stranger {
    const FOLLOWS_PARENT: bool = false;

    fn describe(this: &Of<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        this.rest.0.describe(f)
    }
}
