//! The contexts that can end, as a tree.
//!
//! A context ends once: cancelled, or because its time is over. With it end all below it. Contexts
//! that cannot end by themselves (values, say) are not in the tree; they end with the nearest that
//! is, which their [`Ends`](crate::node::Ends) name. So the parent in this tree of a node is what its
//! parent context ends with.
//!
//! # Invariants
//! 1. *Who is listed.* A node that is live is in its parent's list of children from before anybody
//!    else knows of it, until it ends or its last reference goes. The list does not own it. So a
//!    short-lived child leaves nothing behind.
//! 2. *Who owns whom.* A node owns its parent context, hence all above it.
//! 3. *Locks.* Each node has one. It guards the node's list, its end and what has to be done then;
//!    and the links of those in the list. A thread that holds a node's lock takes no lock of a node
//!    but those below: **parent before child**. Below them come a done channel's lock, a timer's,
//!    and whatever a host takes to cut a wait; never a node's under one of these.
//! 4. *Under a lock nothing foreign runs*: no destructor, no callback, no waking that might have to
//!    wait. What has to be done is left in an [`Aftermath`](end::Aftermath).
//! 5. *Ending goes down under locks* ([`end`](NodeRef::end)): the node's lock is kept until all below
//!    it have ended. So when `end` returns, whoever called it, first or last, all below have ended.
//! 6. *Done before err.* The state says "ended" only when the done channel is closed; while that is
//!    being done it says [`ENDING`], and who sees that waits for the lock. Whoever finds the channel
//!    closed finds at least `ENDING`. So neither is ever seen without the other.
//! 7. *Leaving.* A node whose last reference goes takes its parent's lock if it is live, and its own
//!    if not. Whoever ends it from above holds the one from before it finds it until it is done with
//!    it, and the other from before it writes the end to its last touch.
//!
//! # States
//! ```text
//!   live ──────────────────────────────► ended: Canceled or DeadlineExceeded
//!     └──► ENDING (done is there, and not closed yet) ──►┘
//! ```

mod done;
pub(crate) mod end;
mod list;
mod stranger;
mod timer;

use done::Done;
pub(crate) use end::Ended;
pub(crate) use list::{Kind as LinkKind, Link, List};

use crate::context::Context;
use crate::error::{Cause, Error};
use crate::node::{self, Ends, Links, NodeRef, Of, Rest};
use crate::text;
use gompa_park::cut::{Entries, Entry, Source, Why};
use gompa_park::lock::RawLock;
use gompa_park::sync::UnsafeCell;
use gompa_park::sync::atomic::AtomicU8;
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed};
use std::fmt;
use std::mem::offset_of;
use std::time::Instant;
use timer::Alarm;

/// The bits of the state that say how it ended; 0: live.
const ERROR: u8 = 3;
const CANCELED: u8 = 1;
const EXCEEDED: u8 = 2;
/// It has ended, but done is not closed yet.
const ENDING: u8 = 4;
/// The done channel has been made.
const MADE: u8 = 8;

/// A context that can end.
pub(crate) type Node = Of<Tree>;

/// What a context that can end has.
pub(crate) struct Tree {
    /// Its place in the parent's list. The parent's lock.
    link: Link,
    lock: RawLock,
    /// ERROR, ENDING, MADE. Written under the lock.
    state: AtomicU8,
    /// Its text says WithDeadline.
    says_deadline: bool,
    /// It, or something above it, ends without anybody having a handle.
    pub(crate) ends_alone: bool,
    /// When it ends at the latest; its own deadline, or one above.
    pub(crate) deadline: Option<Instant>,
    /// Those below it, and functions to be called. Its lock, as all that follows.
    list: List,
    /// Whose waits it cuts.
    entries: Entries,
    /// Written once, before MADE; read by anybody after that.
    done: UnsafeCell<Option<Done>>,
    /// Written once, before the state says that it has ended; read by anybody after that.
    cause: UnsafeCell<Option<Cause>>,
    /// What few need.
    rare: Option<Box<UnsafeCell<Rare>>>,
}

/// What has to be told when it has ended, or is gone. Its lock.
#[derive(Default)]
struct Rare {
    /// Its own deadline's.
    alarm: Option<Alarm>,
    /// How it leaves its foreign parent.
    leave: Option<Box<dyn FnOnce() + Send>>,
}

// SAFETY: cells are used under the lock of the node or its parent, or written once before what
// their readers look at (see the fields); what they hold is Send and Sync.
unsafe impl Send for Tree {}
// SAFETY: as above.
unsafe impl Sync for Tree {}

/// A deadline of a context's own.
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    pub(crate) cause: Option<Cause>,
}

/// Makes a context below `parent` that can end.
pub(crate) fn child(parent: &Context, deadline: Option<Deadline>) -> NodeRef {
    let above = parent.ends();
    let (ends_alone, earliest) = match above {
        Ends::Never => (false, None),
        // SAFETY: at or above `parent`, which is there.
        Ends::With(tree) => unsafe { (tree.as_ref().rest.ends_alone, tree.as_ref().rest.deadline) },
        Ends::WithStranger(_) => (true, parent.deadline()),
    };
    // With an earlier deadline above, its own would never count.
    let deadline = deadline.filter(|d| earliest.is_none_or(|e| e >= d.at));
    let needs_rare = deadline.is_some() || matches!(above, Ends::WithStranger(_));
    let tree = Tree {
        link: Link::new(LinkKind::Child),
        lock: RawLock::new(),
        state: AtomicU8::new(0),
        says_deadline: deadline.is_some(),
        ends_alone: ends_alone || deadline.is_some(),
        deadline: deadline.as_ref().map(|d| d.at).or(earliest),
        list: List::new(),
        entries: Entries::new(),
        done: UnsafeCell::new(None),
        cause: UnsafeCell::new(None),
        rare: needs_rare.then(Box::default),
    };
    let node = node::make(parent.clone(), tree, |links, me| Links {
        ends: Ends::With(me),
        ..links
    });
    match above {
        Ends::Never => {}
        // SAFETY: as above.
        Ends::With(tree) => unsafe { tree.as_ref() }.adopt(&node),
        Ends::WithStranger(stranger) => stranger::join(&node, stranger),
    }
    if let Some(deadline) = deadline {
        timer::set(&node, deadline);
    }
    node
}

/// The tree part of a node made by [`child`].
pub(crate) fn of(node: &NodeRef) -> &Node {
    match node.ends {
        // SAFETY: such a node ends with itself.
        Ends::With(tree) => unsafe { tree.as_ref() },
        _ => unreachable!("a node of the tree"),
    }
}

impl Node {
    /// A new child, of which nobody knows yet.
    #[inline]
    fn adopt(&self, child: &NodeRef) {
        // SAFETY: inside the child's memory.
        let link = unsafe { child.as_ptr().byte_add(offset_of!(Node, rest.link)) };
        let adopted = self.rest.locked(|tree| {
            let live = !tree.has_ended();
            if live {
                // SAFETY: 1. the lock is held. 2. new, hence in no list; it leaves the list before
                // it goes (`retire`).
                unsafe { tree.list.push(link.cast()) };
            }
            live
        });
        if !adopted && let Some(error) = self.err() {
            // SAFETY: written before the state that `err` has seen, and not after.
            let cause = self.rest.cause.with(|c| unsafe { (*c).clone() });
            child.end(Ended { error, cause });
        }
    }

    /// Why it has ended.
    #[inline]
    pub(crate) fn err(&self) -> Option<Error> {
        let tree = &self.rest;
        let mut state = tree.state.load(Acquire);
        if state & ENDING != 0 {
            state = tree.settled();
        }
        error_of(state)
    }

    /// What was given as the reason.
    pub(crate) fn cause(&self) -> Option<Cause> {
        let error = self.err()?;
        // SAFETY: written before the state that `err` has seen, and not after.
        let given = self.rest.cause.with(|c| unsafe { (*c).clone() });
        Some(given.unwrap_or_else(|| error.as_cause()))
    }
}

impl Tree {
    /// Runs `f` under the lock. It calls nothing foreign, and does not unwind.
    #[inline(always)]
    pub(crate) fn locked<R>(&self, f: impl FnOnce(&Tree) -> R) -> R {
        self.lock.lock();
        let result = f(self);
        // SAFETY: taken above.
        unsafe { self.lock.unlock() };
        result
    }

    /// For those who hold the lock: whether it has ended, or is about to.
    #[inline]
    pub(crate) fn has_ended(&self) -> bool {
        self.state.load(Relaxed) & ERROR != 0
    }

    /// For those who hold the lock: what hangs on it.
    pub(crate) fn list(&self) -> &List {
        &self.list
    }

    /// The state once it says no longer ENDING.
    #[cold]
    fn settled(&self) -> u8 {
        self.locked(|tree| tree.state.load(Relaxed))
    }

    /// What few have.
    ///
    /// # Safety
    /// 1. The caller holds the lock, or has the node to itself, for as long as it uses this.
    #[expect(clippy::mut_from_ref, reason = "under the lock")]
    unsafe fn rare(&self) -> Option<&mut Rare> {
        let rare = self.rare.as_deref()?;
        // SAFETY: duty 1.
        Some(rare.with_mut(|r| unsafe { &mut *r }))
    }
}

fn error_of(state: u8) -> Option<Error> {
    match state & ERROR {
        CANCELED => Some(Error::Canceled),
        EXCEEDED => Some(Error::DeadlineExceeded),
        _ => None,
    }
}

impl Rest for Tree {
    /// See invariant 7.
    fn retire(this: &Node) {
        let tree = &this.rest;
        if error_of(tree.state.load(Acquire)).is_none() {
            this.leave_parent();
        } else {
            tree.locked(|_| ());
        }
        // Ours alone now. Functions that nobody can cause to be called any more; children there are
        // none, as each has a reference to us.
        // SAFETY: as just said.
        unsafe { end::forget_functions(&tree.list) };
        // SAFETY: as above.
        if let Some(rare) = unsafe { tree.rare() } {
            if let Some(alarm) = &rare.alarm {
                alarm.stop();
            }
            if let Some(leave) = rare.leave.take() {
                leave();
            }
        }
    }

    fn describe(this: &Node, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match this.rest.deadline.filter(|_| this.rest.says_deadline) {
            Some(at) => write!(f, ".WithDeadline({})", text::Deadline(at)),
            None => f.write_str(".WithCancel"),
        }
    }
}

// SAFETY: 1. kept in `entries`, and removed only there. 2. `end` cuts all under the lock that
// `unlist` takes.
unsafe impl Source for Node {
    fn list(&self, entry: &Entry) -> bool {
        self.rest.locked(|tree| {
            let live = !tree.has_ended();
            if live {
                // SAFETY: 1. the lock is held. 2. it is what `list` was given.
                unsafe { tree.entries.add(entry) };
            }
            live
        })
    }

    fn unlist(&self, entry: &Entry) {
        self.rest.locked(|tree| {
            if !tree.has_ended() {
                // SAFETY: 1. the lock is held. 2. `list` added it, and it has not been cut.
                unsafe { tree.entries.remove(entry) };
            }
        });
    }

    fn why(&self) -> Option<Why> {
        self.err().map(Why::from)
    }
}
