//! How a context ends, and all below it.

use super::{CANCELED, ENDING, ERROR, EXCEEDED, Link, LinkKind, List, MADE, Node, Tree, of};
use crate::after::Func;
use crate::error::{Cause, Error};
use crate::node::{Ends, NodeRef};
use gompa_chan::Wakes;
use gompa_park::sync::atomic::Ordering::{Relaxed, Release};
use std::mem::offset_of;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// How a context ends.
pub(crate) struct Ended {
    pub(crate) error: Error,
    /// `None`: the error is its own cause.
    pub(crate) cause: Option<Cause>,
}

/// What is left to do when no lock is held any more: done when it is dropped.
pub(crate) struct Aftermath {
    /// Those who waited at done channels. Woken first.
    wakes: Wakes,
    /// Functions to be called: a list of which this owns the references.
    functions: *const Func,
}

impl Aftermath {
    fn new() -> Aftermath {
        Aftermath {
            wakes: Wakes::default(),
            functions: ptr::null(),
        }
    }
}

impl Drop for Aftermath {
    fn drop(&mut self) {
        drop(std::mem::take(&mut self.wakes));
        while !self.functions.is_null() {
            // SAFETY: the list owns a reference to each.
            let func = unsafe { Arc::from_raw(self.functions) };
            self.functions = func.next_due();
            Func::start(func);
        }
    }
}

impl NodeRef {
    /// Ends the node, which is of the tree, and all below it, unless it has ended before.
    pub(crate) fn end(&self, ended: Ended) {
        of(self).end(|_| ended);
    }

    /// Its time is over.
    pub(super) fn expire(&self) {
        of(self).end(|tree| Ended {
            error: Error::DeadlineExceeded,
            // SAFETY: 1. the lock is held.
            cause: unsafe { tree.rare() }
                .and_then(|rare| rare.alarm.as_ref())
                .and_then(|alarm| alarm.cause.clone()),
        });
    }
}

impl Node {
    /// As above. `how` is asked under the lock.
    fn end(&self, how: impl FnOnce(&Tree) -> Ended) {
        let mut aftermath = Aftermath::new();
        if self.end_all(&mut aftermath, how) {
            // In this order: what is foreign may panic.
            self.leave_parent();
            drop(aftermath);
            self.leave_stranger();
        }
    }

    /// Ends this node and all below it; false if it had ended.
    fn end_all(&self, aftermath: &mut Aftermath, how: impl FnOnce(&Tree) -> Ended) -> bool {
        self.rest.lock.lock();
        if self.rest.has_ended() {
            // SAFETY: taken above.
            unsafe { self.rest.lock.unlock() };
            return false;
        }
        let ended = how(&self.rest);
        // SAFETY: the lock is held.
        unsafe { self.rest.end_one(&ended, aftermath) };
        // Down and up again, the locks from here to `at` held. Not by recursion: the tree may be
        // deeper than a stack.
        let mut at = self;
        loop {
            // SAFETY: its lock is held.
            match unsafe { at.rest.list.pop() } {
                // SAFETY: both are asked for below.
                Some(link) => match unsafe { link.as_ref() }.kind {
                    LinkKind::Child => {
                        // SAFETY: a child in the list; it does not go while we hold the lock of the
                        // list, and its own when it has ended (invariant 7).
                        let child = unsafe { child_of(link).as_ref() };
                        child.rest.lock.lock();
                        if !child.rest.has_ended() {
                            // SAFETY: the lock is held.
                            unsafe { child.rest.end_one(&ended, aftermath) };
                            at = child;
                        } else {
                            // SAFETY: taken above.
                            unsafe { child.rest.lock.unlock() };
                        }
                    }
                    LinkKind::Func => {
                        // SAFETY: the reference that the list owned.
                        let func = unsafe { Arc::from_raw(Func::of_link(link)) };
                        func.due_before(aftermath.functions);
                        aftermath.functions = Arc::into_raw(func);
                    }
                },
                None => {
                    // Asked before the lock is given: after that it may be gone.
                    let up = (!ptr::eq(at, self)).then(|| at.node.parent().ends());
                    // SAFETY: taken above.
                    unsafe { at.rest.lock.unlock() };
                    match up {
                        None => return true,
                        // SAFETY: the one from which we came down; its lock is held.
                        Some(Ends::With(parent)) => at = unsafe { parent.as_ref() },
                        Some(_) => unreachable!("it was in a list"),
                    }
                }
            }
        }
    }

    /// Out of the parent's list, if it is in one. Whoever calls this sees to it that the node does
    /// not go meanwhile.
    pub(super) fn leave_parent(&self) {
        if let Ends::With(parent) = self.node.parent().ends() {
            // SAFETY: above us, hence there.
            let parent = unsafe { &parent.as_ref().rest };
            // SAFETY: 1. the lock is held. 2. it is in this list, or in none.
            parent.locked(|parent| unsafe { parent.list.remove(&self.rest.link) });
        }
    }
}

impl Tree {
    /// Ends this node alone.
    ///
    /// # Safety
    /// 1. The caller holds the lock, and the node is live.
    #[inline]
    unsafe fn end_one(&self, ended: &Ended, aftermath: &mut Aftermath) {
        let state = self.state.load(Relaxed);
        debug_assert!(state & ERROR == 0);
        if let Some(cause) = &ended.cause {
            // SAFETY: nobody reads it before the state says that it has ended.
            self.cause.with_mut(|c| unsafe { *c = Some(cause.clone()) });
        }
        let error = match ended.error {
            Error::Canceled => CANCELED,
            Error::DeadlineExceeded => EXCEEDED,
        };
        if state & MADE != 0 {
            self.state.store(state | error | ENDING, Release);
            // SAFETY: MADE.
            let done = self.done.with(|d| unsafe { (*d).as_ref() });
            done.expect("made")
                .channel
                .close_quietly(&mut aftermath.wakes);
        }
        self.state.store(state | error, Release);
        // SAFETY: 1. the lock is held; an ended node lists no more.
        unsafe { self.entries.cut_all() };
        // SAFETY: 1. the lock is held.
        if let Some(rare) = unsafe { self.rare() }
            && let Some(alarm) = &rare.alarm
        {
            alarm.stop();
        }
    }
}

/// The node that a link is part of.
///
/// # Safety
/// 1. It is a node's, and was put into a list as [`List::push`] says.
unsafe fn child_of(link: NonNull<Link>) -> NonNull<Node> {
    // SAFETY: inside that node.
    unsafe { link.byte_sub(offset_of!(Node, rest.link)) }.cast()
}

/// Drops what is in the list of a node that is gone: functions.
///
/// # Safety
/// 1. The caller has the list to itself.
pub(super) unsafe fn forget_functions(list: &List) {
    // SAFETY: 1. duty 1.
    while let Some(link) = unsafe { list.pop() } {
        // SAFETY: children keep their parent, so it is a function; the reference the list owned.
        drop(unsafe { Arc::from_raw(Func::of_link(link)) });
    }
}
