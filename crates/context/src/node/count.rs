//! The counted references to a node.

use super::Node;
use crate::context::Context;
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use gompa_park::sync::atomic::fence;
use gompa_park::{host, timer};
use std::alloc::dealloc;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;

/// A strong reference.
pub(crate) struct NodeRef(NonNull<Node>);

// SAFETY: the counts are atomic; what a node holds is Send and Sync, or under the tree's locks.
unsafe impl Send for NodeRef {}
// SAFETY: as above.
unsafe impl Sync for NodeRef {}

/// A panic leaves no node half changed. (Foreign contexts and values answer for themselves, behind
/// shared references, as from another thread.)
impl UnwindSafe for NodeRef {}
impl RefUnwindSafe for NodeRef {}

/// A reference that keeps the memory, not the context.
pub(crate) struct NodeWeak(NonNull<Node>);

// SAFETY: as for `NodeRef`.
unsafe impl Send for NodeWeak {}
// SAFETY: as for `NodeRef`.
unsafe impl Sync for NodeWeak {}

/// Leaked references by the quintillion must not make a count come round.
const MOST: usize = isize::MAX as usize;

impl NodeRef {
    /// # Safety
    /// 1. `node` is whole, and one strong reference to it is the caller's, and passed on.
    pub(crate) unsafe fn from_raw(node: NonNull<Node>) -> NodeRef {
        NodeRef(node)
    }

    /// Another reference to a node that somebody has one to.
    ///
    /// # Safety
    /// 1. `node` is whole: its strong count is not 0.
    pub(crate) unsafe fn retain(node: NonNull<Node>) -> NodeRef {
        // SAFETY: duty 1.
        let count = unsafe { &node.as_ref().strong };
        // Relaxed: whoever makes one has one.
        if count.fetch_add(1, Relaxed) > MOST {
            std::process::abort();
        }
        NodeRef(node)
    }

    /// The node's address, with the right to all its memory.
    pub(crate) fn as_ptr(&self) -> NonNull<Node> {
        self.0
    }

    /// A weak reference.
    pub(crate) fn downgrade(&self) -> NodeWeak {
        if self.weak.fetch_add(1, Relaxed) > MOST {
            std::process::abort();
        }
        NodeWeak(self.0)
    }

    /// Drops the reference. If it is the last and this is a timer's callback, which must not block,
    /// the destructors run elsewhere, since they are foreign code.
    pub(crate) fn drop_in_callback(self) {
        let this = ManuallyDrop::new(self);
        let mut count = this.strong.load(Acquire);
        while count > 1 {
            match this
                .strong
                .compare_exchange_weak(count, count - 1, Release, Acquire)
            {
                Ok(_) => return,
                Err(now) => count = now,
            }
        }
        // The last, and it stays that: only a reference makes others, or the timer that runs here.
        let last = ManuallyDrop::into_inner(this);
        if timer::in_callback() {
            host::spawn(Box::new(move || drop(last)));
        }
    }

    /// Drops the node, whose last reference this was. Returns its parent.
    #[inline]
    fn destroy(node: NonNull<Node>) -> Context {
        struct Memory(NonNull<Node>);
        impl Drop for Memory {
            fn drop(&mut self) {
                // The weak reference that all strong ones shared.
                drop(NodeWeak(self.0));
            }
        }
        // SAFETY: no strong reference is left, but the node is whole until `drop_rest`.
        let kind = unsafe { node.as_ref() }.kind;
        // SAFETY: as above.
        unsafe { (kind.retire)(node) };
        // Nobody but weak references knows of it from here on.
        let _memory = Memory(node);
        // SAFETY: the node is ours alone; taken once, here.
        let parent = unsafe { ManuallyDrop::take(&mut (*node.as_ptr()).parent) };
        // SAFETY: as above. If a destructor in it panics, memory and parent are dropped all the same.
        unsafe { (kind.drop_rest)(node) };
        parent
    }
}

impl Deref for NodeRef {
    type Target = Node;

    #[inline(always)]
    fn deref(&self) -> &Node {
        // SAFETY: whole as long as it is counted.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for NodeRef {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: 1. this is a reference.
        unsafe { NodeRef::retain(self.0) }
    }
}

impl Drop for NodeRef {
    #[inline]
    fn drop(&mut self) {
        let mut node = self.0;
        loop {
            // SAFETY: a reference that this drops: its own, then those to the parents.
            let count = unsafe { &node.as_ref().strong };
            // Release what this reference did; acquire what all others did before the end.
            if count.fetch_sub(1, Release) != 1 {
                return;
            }
            fence(Acquire);
            match NodeRef::destroy(node).into_node() {
                Some(parent) => node = ManuallyDrop::new(parent).0,
                None => return,
            }
        }
    }
}

impl NodeWeak {
    /// A strong reference, if there are any.
    pub(crate) fn upgrade(&self) -> Option<NodeRef> {
        // SAFETY: the memory is there; counts are never dropped.
        let count = unsafe { &(*self.0.as_ptr()).strong };
        let more = |n: usize| (n != 0).then_some(n + 1);
        let before = count.fetch_update(Acquire, Relaxed, more).ok()?;
        if before > MOST {
            std::process::abort();
        }
        Some(NodeRef(self.0))
    }
}

impl Drop for NodeWeak {
    fn drop(&mut self) {
        // SAFETY: the memory is there until `weak` is 0.
        let (weak, layout) = unsafe {
            let node = self.0.as_ptr();
            (&(*node).weak, (*node).kind.layout)
        };
        if weak.fetch_sub(1, Release) == 1 {
            fence(Acquire);
            // SAFETY: nobody refers to the memory any more; it was made with that layout. The
            // header's fields have no destructors (the parent was taken); under the model the
            // counts have, and are dropped.
            unsafe {
                #[cfg(loom)]
                {
                    (&raw mut (*self.0.as_ptr()).strong).drop_in_place();
                    (&raw mut (*self.0.as_ptr()).weak).drop_in_place();
                }
                dealloc(self.0.as_ptr().cast(), layout);
            }
        }
    }
}
