//! How a scheduler says "the code that runs here is mine".
//!
//! One thread-local holds the host of the running code. A goroutine owns its thread-locals, so the
//! scheduler sets it once, when the goroutine first runs. Where goroutines share their carrier's
//! thread-locals (the unsafe mode of the scheduler) it sets it at each switch; for that mode the
//! look-up is never inlined, so that no address of a thread-local is kept across a switch.

use crate::cut::Cutting;
use crate::reason::WaitReason;
use crate::time::Nanos;
use crate::timer::Timers;
use crate::waiter::{Then, Wake};
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::Arc;

/// What a host can do for its code. `data` is what [`enter`] was given.
#[derive(Debug)]
pub struct Vtable {
    /// Waits as [`Parker::park`](crate::Parker::park) says. Called by the code of `data` itself.
    pub park: unsafe fn(
        data: NonNull<()>,
        reason: WaitReason,
        deadline: Nanos,
        then: Option<Then>,
    ) -> Wake,
    /// Ends the wait of `data`, once. Called from anywhere.
    pub unpark: unsafe fn(data: NonNull<()>),
    /// Gives the others a chance to run, as `yield_now` does for a thread.
    pub yield_now: unsafe fn(data: NonNull<()>),
    /// The heap for timers started by this code, usually that of the P that runs it. `None`: the
    /// fallback thread's. Called by the code of `data` itself.
    pub timers: unsafe fn(data: NonNull<()>) -> Option<Arc<Timers>>,
    /// Runs the function soon, in code of its own that may block: a goroutine. Called by the code
    /// of `data` itself, and by timers' callbacks: so whoever runs a heap on a stack of its own
    /// enters a host there, too.
    pub spawn: unsafe fn(data: NonNull<()>, f: Box<dyn FnOnce() + Send>),
    /// How waits of its code are cut short; `None`: they are not.
    pub cutting: Option<&'static Cutting>,
}

/// Who runs here.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// The host's own name for the running code.
    pub data: NonNull<()>,
    /// What it can do for it.
    pub vtable: &'static Vtable,
}

thread_local! {
    static HOST: Cell<Option<Host>> = const { Cell::new(None) };
}

/// The host of the code that runs here; `None` on a plain thread.
#[inline(never)]
pub fn current() -> Option<Host> {
    HOST.get()
}

/// Installs `host` for the code that runs here (`None`: a plain thread again) and returns the one
/// before.
///
/// # Safety
/// 1. `host.data` stays valid for calls of the vtable as long as it is installed, and for `unpark`
///    as long as somebody holds an [`Unparker`](crate::Unparker) of a wait of it.
/// 2. The thread-local is one that belongs to that code: its own thread-locals, or the carrier's
///    while it runs there and nowhere else.
#[inline(never)]
pub unsafe fn enter(host: Option<Host>) -> Option<Host> {
    HOST.replace(host)
}

/// Runs `f` soon, in code of its own that may block: a goroutine where a scheduler runs this code,
/// else a plain thread.
///
/// # Panics
/// If it needs a thread and the system has none left.
pub fn spawn(f: Box<dyn FnOnce() + Send>) {
    match current() {
        // SAFETY: the host of the running code, looked up just now.
        Some(h) => unsafe { (h.vtable.spawn)(h.data, f) },
        None => {
            crate::sync::thread::spawn(f);
        }
    }
}
