//! Starting goroutines and waiting for them.
//!
//! - [`go`]: start one; [`JoinHandle`]: wait for it.
//! - [`scope`](scope::scope): goroutines that borrow.
//! - [`thread_lock`]: a goroutine that stays on its thread.

pub(crate) mod scope;
pub(crate) mod thread_lock;

use crate::goroutine::G;
use crate::goroutine::id::GoroutineId;
use crate::goroutine::task::{self, Outcome, Promise};
use crate::host;
use crate::runtime::{Sched, default_runtime};
use gompa_park::waiter::{Abandoned, Goexit};
use std::any::Any;
use std::panic::Location;

/// Starts a goroutine that runs `f`, in the runtime of the goroutine that calls this, or, from a
/// plain thread, in the process-wide one, which starts at first use.
///
/// A panic in `f` is that goroutine's: [`JoinHandle::join`] returns it. Dropping the handle lets the
/// goroutine go on.
///
/// The goroutine has thread-locals of its own, fresh at its start, destroyed at its end; to `f` and
/// whatever it calls it is a thread.
///
/// # Panics
/// If there is no memory for it; from a plain thread, if no runtime can be started here.
///
/// ```
/// let handle = gompa_sched::go(|| 6 * 7);
/// assert_eq!(handle.join().unwrap(), 42);
/// ```
#[track_caller]
#[inline]
pub fn go<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    go_on(current_sched(), f)
}

/// The runtime of the code that runs here.
#[inline]
#[track_caller]
pub(crate) fn current_sched<'a>() -> &'a Sched {
    match host::goroutine() {
        // SAFETY: a runtime outlives its goroutines; the caller uses it while its goroutine runs.
        Some(g) => unsafe { g.rt.as_ref() },
        None => default_runtime(),
    }
}

#[track_caller]
#[inline]
pub(crate) fn go_on<F, T>(sched: &Sched, f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    // SAFETY: both are 'static.
    let (task, promise) = unsafe { task::new(f) };
    let id = host::spawn_on(sched, task, Location::caller());
    JoinHandle { promise, id }
}

/// A goroutine that can be waited for. Dropping it detaches the goroutine.
pub struct JoinHandle<T> {
    promise: Promise<T>,
    id: u64,
}

impl<T> JoinHandle<T> {
    /// Waits for the goroutine's end and returns its result: `Err` with what it panicked with, or
    /// with a [`Goexit`] if it called [`goexit`](crate::goexit). Thread-local destructors have run.
    ///
    /// # Panics
    /// If a goroutine joins itself.
    pub fn join(self) -> Result<T, Box<dyn Any + Send>> {
        if let Some(g) = host::goroutine() {
            assert!(
                g.id() != self.id,
                "a goroutine cannot join itself: it would wait for ever"
            );
        }
        joined(self.promise.join())
    }

    /// Whether the goroutine has ended. Never waits.
    pub fn is_finished(&self) -> bool {
        self.promise.is_done()
    }

    /// The goroutine's number.
    pub fn id(&self) -> GoroutineId {
        GoroutineId::new(self.id).expect("ids begin at 1")
    }
}

/// What a join gives. Where the runtime of both ends, the wait of the one that joins has ended, too:
/// that the other's end came first is nothing to tell it about.
pub(crate) fn joined<T>(outcome: Outcome<T>) -> Outcome<T> {
    let abandoned = matches!(&outcome, Err(payload) if payload.is::<Abandoned>());
    if abandoned && let Some(g) = host::goroutine() {
        // SAFETY: a runtime outlives its goroutines.
        if host::ends_waits(g, unsafe { g.rt.as_ref() }) {
            gompa_park::Parker::current().abandon();
        }
    }
    outcome
}

impl<T> std::fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinHandle")
            .field("id", &self.id)
            .field("finished", &self.is_finished())
            .finish()
    }
}

/// Ends the calling goroutine: its destructors run, nobody else notices but who joins it. In the
/// main goroutine of [`run`](crate::run) the others go on, and when none is left the process ends
/// with Go's "no goroutines (main called runtime.Goexit) - deadlock!" and exit status 2.
///
/// It unwinds, so a `catch_unwind` on the way stops it; what is caught is a [`Goexit`].
///
/// # Panics
/// On a plain thread, which is no goroutine.
#[track_caller]
pub fn goexit() -> ! {
    assert!(host::goroutine().is_some(), "goexit outside of a goroutine");
    std::panic::resume_unwind(Box::new(Goexit))
}

/// Gives the memory of the calling goroutine's stack that is not in use back to the system: whole
/// pages below the frame of this call. For goroutines that wait for long after deep calls, or on a
/// stack that another has left: idle, they hold what their frames need and no more. One system call;
/// pages that are needed again come back empty. On a plain thread this does nothing.
#[inline(never)]
pub fn release_stack() {
    /// More than the frames of this function and of those it calls, in any build.
    const OURS: usize = 512;
    let Some(g) = host::goroutine() else { return };
    let here = 0_u8;
    let used = (&raw const here as usize).saturating_sub(OURS);
    // SAFETY: a goroutine that runs has its stack, and nobody else changes that meanwhile.
    if let Some(stack) = unsafe { &*g.stack.get() } {
        // SAFETY: what is alive on this stack are the frames of those that called this, which are
        // above `here`, and those of this call and of what it calls (a system call's wrapper), which
        // are smaller than `OURS`. Signal handlers run while none of this does, or after it.
        unsafe { stack.trim_below(used) };
    }
}

/// Lets others run: the calling goroutine goes to the end of the global queue. On a plain thread
/// this is `std::thread::yield_now`.
///
/// As a wait does, it unwinds the goroutine if its runtime ends.
#[inline]
pub fn gosched() {
    let Some(g) = host::goroutine() else {
        return std::thread::yield_now();
    };
    // SAFETY: a runtime outlives its goroutines.
    let ends = host::ends_waits(g, unsafe { g.rt.as_ref() });
    if ends || !gompa_park::seat::may_wait() {
        gompa_park::Parker::current().abandon();
    }
    yield_now(g);
}

/// Lets others run and comes back, whatever happens.
#[inline]
pub(crate) fn yield_now(g: &G) {
    let m = host::enter(g);
    // SAFETY: `g` runs here, inside.
    unsafe {
        let commit = crate::machine::Commit::Yield(std::ptr::NonNull::from(g));
        crate::machine::switching::switch_away(g, m, commit);
    }
    host::machine(g).tenure.leave();
}

/// The number of the goroutine that runs here; `None` on a plain thread.
pub fn current() -> Option<GoroutineId> {
    GoroutineId::new(host::goroutine()?.id())
}

/// How many goroutines there are in the runtime of the code that runs here, waiting ones included.
/// On a plain thread: in the process-wide runtime.
pub fn num_goroutine() -> usize {
    current_sched().user_goroutines() as usize
}

/// Sets how many goroutines may run at the same time, clamped to 1024, and returns the number before.
/// 0 only asks. While it runs, a goroutine on a P that goes away keeps running until its next
/// scheduling point.
pub fn gomaxprocs(n: usize) -> usize {
    let sched = current_sched();
    match n {
        0 => sched.procs.count(),
        n => sched.strong().set_procs(n),
    }
}
