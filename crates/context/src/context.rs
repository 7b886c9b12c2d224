//! The context itself: a handle, and the questions it answers.

use crate::error::{Cause, Error};
use crate::node::{Ends, Links, NodeRef};
use gompa_chan::{Chan, Receiver};
use std::fmt;
use std::time::Instant;

/// Carries a deadline, the news that somebody has cancelled, and values to wherever it is passed.
///
/// Clones are the same context. Contexts are made from others, by the functions of this crate,
/// beginning with [`background`]; when one is done, so are those made from it.
#[derive(Clone)]
pub struct Context(Repr);

#[derive(Clone)]
enum Repr {
    Background,
    Todo,
    Node(NodeRef),
}

/// The context that is never done: where trees begin.
pub const fn background() -> Context {
    Context(Repr::Background)
}

/// As [`background`], for where it is not clear yet which context to take.
pub const fn todo() -> Context {
    Context(Repr::Todo)
}

/// A channel that is never ready.
static NIL: NilChannel = NilChannel(std::sync::LazyLock::new(|| Chan::nil().into()));

struct NilChannel(std::sync::LazyLock<Receiver<()>>);

impl Context {
    pub(crate) fn of(node: NodeRef) -> Context {
        Context(Repr::Node(node))
    }

    /// The node, unless it is a root.
    pub(crate) fn into_node(self) -> Option<NodeRef> {
        match self.0 {
            Repr::Node(node) => Some(node),
            _ => None,
        }
    }

    fn node(&self) -> Option<&NodeRef> {
        match &self.0 {
            Repr::Node(node) => Some(node),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn links(&self) -> Links {
        self.node().map_or(Links::NONE, |node| node.links())
    }

    /// What ends it.
    #[inline]
    pub(crate) fn ends(&self) -> Ends {
        self.node().map_or(Ends::Never, |node| node.ends)
    }

    /// The channel that is closed when this context is done; of the same context always the same.
    /// Never ready if the context is never done. The first call makes it; after the end it need not
    /// be made.
    ///
    /// ```
    /// use gompa_chan::{self as chan, select};
    /// use gompa_context as context;
    ///
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// let work = chan::make::<u32>(0);
    /// cancel.cancel();
    /// select! {
    ///     recv(ctx.done()) -> _ => assert_eq!(ctx.err(), Some(context::Error::Canceled)),
    ///     recv(work) -> n => unreachable!("{n:?}"),
    /// }
    /// ```
    #[inline]
    pub fn done(&self) -> &Receiver<()> {
        match self.ends() {
            Ends::Never => &NIL.0,
            // SAFETY: at or above this, hence there.
            Ends::With(tree) => unsafe { tree.as_ref() }.done(),
            // SAFETY: as above.
            Ends::WithStranger(it) => unsafe { it.as_ref() }.rest.0.done().unwrap_or(&NIL.0),
        }
    }

    /// Why it is done; `None` while it is not. Once `Some`, [`done`](Self::done) is closed, and the
    /// answer stays.
    #[inline]
    pub fn err(&self) -> Option<Error> {
        match self.ends() {
            Ends::Never => None,
            // SAFETY: at or above this, hence there.
            Ends::With(tree) => unsafe { tree.as_ref() }.err(),
            // SAFETY: as above.
            Ends::WithStranger(it) => unsafe { it.as_ref() }.rest.0.err(),
        }
    }

    /// What was given as the reason by whoever cancelled it or a context above, or as that of its
    /// deadline; the [`Error`] if nothing was. `None` while it is not done.
    pub fn cause(&self) -> Option<Cause> {
        match self.ends() {
            Ends::Never => None,
            // SAFETY: at or above this, hence there.
            Ends::With(tree) => unsafe { tree.as_ref() }.cause(),
            Ends::WithStranger(it) => {
                // SAFETY: as above.
                let it = &unsafe { it.as_ref() }.rest.0;
                let error = it.err()?;
                Some(it.cause().unwrap_or_else(|| error.as_cause()))
            }
        }
    }

    /// When it will be done at the latest: the earliest deadline of it and those above.
    pub fn deadline(&self) -> Option<Instant> {
        match self.ends() {
            Ends::Never => None,
            // SAFETY: at or above this, hence there.
            Ends::With(tree) => unsafe { tree.as_ref() }.rest.deadline,
            // SAFETY: as above.
            Ends::WithStranger(it) => unsafe { it.as_ref() }.rest.0.deadline(),
        }
    }

    /// Whether both are the same context.
    pub fn same(&self, other: &Context) -> bool {
        match (&self.0, &other.0) {
            (Repr::Background, Repr::Background) | (Repr::Todo, Repr::Todo) => true,
            (Repr::Node(a), Repr::Node(b)) => a.as_ptr() == b.as_ptr(),
            _ => false,
        }
    }
}

impl Default for Context {
    /// [`background`].
    fn default() -> Self {
        background()
    }
}

/// Go's text: how it was made, from its root on.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Background => f.write_str("context.Background"),
            Repr::Todo => f.write_str("context.TODO"),
            Repr::Node(node) => node.describe(f),
        }
    }
}

/// As it displays, and whether it is done.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({self}")?;
        match self.err() {
            Some(error) => write!(f, ": {error})"),
            None => f.write_str(")"),
        }
    }
}
