//! One context in memory: a counted header, and what makes its kind.
//!
//! ```text
//!   Of<R>:  strong | weak | kind | parent | ends | values | beyond |  R
//!           \_________________ Node _______________________________/
//! ```
//! A node is made once and its header does not change. `ends`, `values` and `beyond` point to nodes
//! at or above it, which live as long as it does, as each owns its parent.
//!
//! Counts are as in `std::sync::Arc`: while `strong` is not 0 the node is whole; when it becomes 0,
//! the node leaves the tree ([`Rest::retire`]), `R` and the parent are dropped; the memory goes when
//! `weak` is 0. Chains of contexts of any length are dropped in a loop.

mod count;

pub(crate) use count::{NodeRef, NodeWeak};

use crate::context::Context;
use crate::foreign::Stranger;
use crate::tree::Tree;
use crate::value::Head;
use gompa_park::sync::atomic::AtomicUsize;
use std::alloc::{Layout, alloc, handle_alloc_error};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// What nodes of all kinds have.
pub(crate) struct Node {
    strong: AtomicUsize,
    /// Weak references, plus one for all strong ones.
    weak: AtomicUsize,
    kind: &'static Kind,
    /// Taken when the node is dropped.
    parent: ManuallyDrop<Context>,
    /// What ends it.
    pub(crate) ends: Ends,
    /// The nearest value at or above it, up to `beyond`.
    pub(crate) values: Option<NonNull<Head>>,
    /// The nearest foreign context at or above it, which may have values of its own.
    pub(crate) beyond: Option<NonNull<Of<Stranger>>>,
}

/// What ends a context.
#[derive(Clone, Copy)]
pub(crate) enum Ends {
    /// Nothing.
    Never,
    /// The end of this node, at or above it.
    With(NonNull<Of<Tree>>),
    /// The end of this foreign context, at or above it.
    WithStranger(NonNull<Of<Stranger>>),
}

/// A node of one kind.
#[repr(C)]
pub(crate) struct Of<R> {
    pub(crate) node: Node,
    pub(crate) rest: R,
}

/// What makes a kind.
pub(crate) trait Rest: Sized {
    /// The last strong reference has gone: leaves whatever refers to it. Others may still look at
    /// it until this returns.
    fn retire(_this: &Of<Self>) {}

    /// Writes what this context adds to its parent's text.
    fn describe(this: &Of<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Whether its text begins with its parent's.
    const FOLLOWS_PARENT: bool = true;
}

/// A [`Rest`], to be called through a header.
struct Kind {
    layout: Layout,
    /// Calls [`Rest::retire`].
    retire: unsafe fn(NonNull<Node>),
    /// Drops the rest in place.
    drop_rest: unsafe fn(NonNull<Node>),
    describe: unsafe fn(NonNull<Node>, &mut fmt::Formatter<'_>) -> fmt::Result,
    follows_parent: bool,
}

struct KindOf<R>(std::marker::PhantomData<R>);

impl<R: Rest> KindOf<R> {
    const KIND: Kind = Kind {
        layout: Layout::new::<Of<R>>(),
        retire: |node| {
            // SAFETY: called with a node of this kind that is whole.
            R::retire(unsafe { node.cast::<Of<R>>().as_ref() });
        },
        drop_rest: |node| {
            // SAFETY: as above, once, by whoever has the node to itself.
            unsafe { (&raw mut (*node.cast::<Of<R>>().as_ptr()).rest).drop_in_place() };
        },
        describe: |node, f| {
            // SAFETY: as the first.
            R::describe(unsafe { node.cast::<Of<R>>().as_ref() }, f)
        },
        follows_parent: R::FOLLOWS_PARENT,
    };
}

/// Where a new node's `ends`, `values` and `beyond` point: as its parent's, unless changed.
pub(crate) struct Links {
    pub(crate) ends: Ends,
    pub(crate) values: Option<NonNull<Head>>,
    pub(crate) beyond: Option<NonNull<Of<Stranger>>>,
}

/// Makes a node below `parent`. `links` is given its parent's and its own address, where nothing is
/// yet.
pub(crate) fn make<R: Rest>(
    parent: Context,
    rest: R,
    links: impl FnOnce(Links, NonNull<Of<R>>) -> Links,
) -> NodeRef {
    let layout = Layout::new::<Of<R>>();
    // SAFETY: a node is not empty.
    let memory = unsafe { alloc(layout) };
    let Some(node) = NonNull::new(memory.cast::<Of<R>>()) else {
        handle_alloc_error(layout)
    };
    let Links {
        ends,
        values,
        beyond,
    } = links(parent.links(), node);
    let value = Of {
        node: Node {
            strong: AtomicUsize::new(1),
            weak: AtomicUsize::new(1),
            kind: &KindOf::<R>::KIND,
            parent: ManuallyDrop::new(parent),
            ends,
            values,
            beyond,
        },
        rest,
    };
    // SAFETY: fresh memory of this layout; then the one strong reference there is.
    unsafe {
        node.write(value);
        NodeRef::from_raw(node.cast())
    }
}

impl Links {
    /// Those of a root.
    pub(crate) const NONE: Links = Links {
        ends: Ends::Never,
        values: None,
        beyond: None,
    };
}

impl Node {
    /// The context above.
    pub(crate) fn parent(&self) -> &Context {
        &self.parent
    }

    pub(crate) fn links(&self) -> Links {
        Links {
            ends: self.ends,
            values: self.values,
            beyond: self.beyond,
        }
    }
}

impl NodeRef {
    /// Writes the node's text, its parents' first.
    pub(crate) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind.follows_parent {
            fmt::Display::fmt(self.parent(), f)?;
        }
        // SAFETY: a whole node of that kind.
        unsafe { (self.kind.describe)(self.as_ptr(), f) }
    }
}
