//! Functions that are called when a context is done.

use crate::context::Context;
use crate::node::{Ends, NodeRef};
use crate::tree::{self, Link, LinkKind};
use gompa_park::host;
use gompa_park::sync::{Cell, UnsafeCell};
use std::fmt;
use std::mem::offset_of;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex};

type Call = Box<dyn FnOnce() + Send>;

/// A registered function. The list it is in owns one reference, its [`Stop`] the other.
#[repr(C)]
pub(crate) struct Func {
    /// The lock of the context it is registered with, as all of this; whoever has taken it out of
    /// that list has it to itself.
    link: Link,
    call: UnsafeCell<Option<Call>>,
    /// The context, where it may end though nobody has a handle to it any more: then the function
    /// keeps it there.
    keeps: UnsafeCell<Option<NodeRef>>,
    /// The next in a list of functions that are due.
    next: Cell<*const Func>,
}

// SAFETY: under the context's lock, or used by whoever has taken it out of its list; the function is
// Send, and only taken, never called through a shared reference.
unsafe impl Send for Func {}
// SAFETY: as above.
unsafe impl Sync for Func {}

/// What it has captured is only ever moved out and called, or dropped.
impl UnwindSafe for Func {}
impl RefUnwindSafe for Func {}

impl Func {
    /// The function that a link is part of.
    ///
    /// # Safety
    /// 1. It is a function's, with the right to all of it.
    pub(crate) unsafe fn of_link(link: NonNull<Link>) -> *const Func {
        // SAFETY: duty 1.
        unsafe { link.byte_sub(offset_of!(Func, link)) }
            .cast::<Func>()
            .as_ptr()
    }

    /// For whoever has taken it out of its list.
    pub(crate) fn due_before(&self, next: *const Func) {
        self.next.set(next);
    }

    /// As above.
    pub(crate) fn next_due(&self) -> *const Func {
        self.next.get()
    }

    /// Calls it, elsewhere. It has been taken out of its list.
    pub(crate) fn start(this: Arc<Func>) {
        // SAFETY: taken out of its list: ours alone.
        let call = this.call.with_mut(|c| unsafe { (*c).take() });
        // SAFETY: as above.
        let keeps = this.keeps.with_mut(|k| unsafe { (*k).take() });
        drop(this);
        if let Some(call) = call {
            host::spawn(Box::new(move || {
                let _context = keeps;
                call();
            }));
        }
    }
}

/// Calls a function off that [`after_func`] has registered. Dropping it does not.
pub struct Stop(Registration);

enum Registration {
    /// Listed with that context, or taken out already.
    With(NodeRef, Arc<Func>),
    /// The context never ends.
    Never(Mutex<Option<Call>>),
    /// It had ended before.
    Started,
}

/// Has `f` called once `ctx` is done, in a goroutine of its own (on a plain thread of its own where
/// no scheduler runs the code that ends the context); at once if it is done. Nobody waits for it.
///
/// ```
/// use gompa_context as context;
///
/// let (ctx, cancel) = context::with_cancel(&context::background());
/// let stop = context::after_func(&ctx, || unreachable!("called off"));
/// assert!(stop.stop());
/// cancel.cancel();
/// assert!(!stop.stop());
/// ```
///
/// # Panics
/// The end of the context, if it needs a thread to call `f` and the system has none left.
pub fn after_func<F>(ctx: &Context, f: F) -> Stop
where
    F: FnOnce() + Send + 'static,
{
    let node = match ctx.ends() {
        Ends::Never => return Stop(Registration::Never(Mutex::new(Some(Box::new(f))))),
        // SAFETY: at or above `ctx`, hence whole.
        Ends::With(tree) => unsafe { NodeRef::retain(tree.cast()) },
        // A context of ours that ends with it.
        Ends::WithStranger(_) => tree::child(ctx, None),
    };
    let func = Arc::new(Func {
        link: Link::new(LinkKind::Func),
        call: UnsafeCell::new(Some(Box::new(f))),
        keeps: UnsafeCell::new(None),
        next: Cell::new(ptr::null()),
    });
    if tree::of(&node).register(&node, &func) {
        Stop(Registration::With(node, func))
    } else {
        Func::start(func);
        Stop(Registration::Started)
    }
}

impl tree::Node {
    /// Lists the function; false if the context has ended.
    fn register(&self, node: &NodeRef, func: &Arc<Func>) -> bool {
        self.rest.locked(|tree| {
            if tree.has_ended() {
                return false;
            }
            if tree.ends_alone {
                // SAFETY: the lock is held; nobody else knows of it.
                func.keeps.with_mut(|k| unsafe { *k = Some(node.clone()) });
            }
            let raw = Arc::into_raw(func.clone());
            // SAFETY: of an Arc, with the right to all of it.
            let link = unsafe { NonNull::new_unchecked(raw.cast_mut()) }.cast::<Link>();
            // SAFETY: 1. the lock is held. 2. new; the list has the reference.
            unsafe { tree.list().push(link) };
            true
        })
    }

    /// Takes the function out again; false if it is in the list no more.
    fn unregister(&self, func: &Func) -> bool {
        // SAFETY: 1. the lock is held. 2. it was put into this list.
        self.rest
            .locked(|tree| unsafe { tree.list().remove(&func.link) })
    }
}

impl Stop {
    /// Calls the function off. Returns whether that was in time: false if the function has been
    /// started or called off before. What the function has captured is dropped before this returns.
    /// Does not wait for a function that runs.
    pub fn stop(&self) -> bool {
        match &self.0 {
            Registration::Started => false,
            Registration::Never(call) => {
                let mut call = call.lock().unwrap_or_else(|e| e.into_inner());
                let call = std::mem::take(&mut *call);
                call.is_some()
            }
            Registration::With(node, func) => {
                if !tree::of(node).unregister(func) {
                    return false;
                }
                // SAFETY: the reference the list had; `func` keeps it from being the last.
                drop(unsafe { Arc::from_raw(Arc::as_ptr(func)) });
                // SAFETY: taken out of its list: ours alone.
                let call = func.call.with_mut(|c| unsafe { (*c).take() });
                // SAFETY: as above.
                let keeps = func.keeps.with_mut(|k| unsafe { (*k).take() });
                drop(call);
                drop(keeps);
                true
            }
        }
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").finish_non_exhaustive()
    }
}
