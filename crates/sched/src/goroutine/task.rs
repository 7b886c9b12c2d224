//! What a goroutine was given to do, and where its result goes: one allocation shared by the
//! goroutine and its [`JoinHandle`](crate::JoinHandle).
//!
//! ```text
//!   +-------------------------+
//!   | state   HANDLE|DONE|JOIN|   who is left, and how far it is
//!   | joiner  Unparker        |   valid while JOIN is set and DONE is not
//!   | id, vtable              |
//!   | closure, then result    |
//!   +-------------------------+
//! ```
//! - The goroutine runs the closure, writes the result over it, and sets DONE. If HANDLE was gone
//!   by then it drops the result and frees the packet; if JOIN was set it wakes the joiner.
//! - The handle clears HANDLE when dropped; if DONE was set by then it frees the packet.
//! - `join` leaves its `Unparker` and sets JOIN; with DONE it takes the result and frees the packet.
//!   Giving up (the joiner's own runtime ends) clears JOIN, unless DONE has claimed the wait.

use gompa_park::sync::UnsafeCell;
use gompa_park::sync::atomic::AtomicU32;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire};
use gompa_park::time::NEVER;
use gompa_park::{Parker, Unparker, WaitReason, Wake};
use std::any::Any;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::AssertUnwindSafe;
use std::ptr::NonNull;

/// What a goroutine left behind: its value, or what it panicked with.
pub(crate) type Outcome<T> = Result<T, Box<dyn Any + Send>>;

const HANDLE: u32 = 1;
const DONE: u32 = 2;
const JOIN: u32 = 4;

/// The part of a packet that does not depend on the closure.
struct Header {
    /// Bits HANDLE, DONE, JOIN.
    state: AtomicU32,
    /// Written by the joiner before it sets JOIN; read by the goroutine if it finds JOIN. Zero before:
    /// see [`WIPED`].
    joiner: UnsafeCell<MaybeUninit<Unparker>>,
    vtable: &'static Vtable,
}

struct Vtable {
    /// Runs the closure and stores the result in its place.
    run: unsafe fn(NonNull<Header>),
    /// Stores `Err(payload)` in place of the closure, which is dropped without having run.
    cancel: unsafe fn(NonNull<Header>, Box<dyn Any + Send>),
    /// Moves the stored result to the address, which is one of an `Outcome<T>`.
    take: unsafe fn(NonNull<Header>, *mut ()),
    /// Drops the stored result.
    drop_outcome: unsafe fn(NonNull<Header>),
    /// Frees the memory; nothing is stored any more.
    free: unsafe fn(NonNull<Header>),
}

/// Slots up to so many bytes hold nothing once the closure has been moved out: what is left there
/// looks like something still in use to those who search memory for it (leaks). That is a store or
/// two.
const WIPED: usize = 64;

union Slot<F, T> {
    closure: ManuallyDrop<F>,
    outcome: ManuallyDrop<Outcome<T>>,
}

#[repr(C)]
struct Packet<F, T> {
    header: Header,
    slot: UnsafeCell<Slot<F, T>>,
}

/// The goroutine's end. Must be [`run`](Task::run) or [`cancel`](Task::cancel)led, and then
/// [`finish`](Done::finish)ed.
pub(crate) struct Task(NonNull<Header>);

/// The handle's end.
pub(crate) struct Promise<T> {
    header: NonNull<Header>,
    _result: std::marker::PhantomData<T>,
}

// SAFETY: closure and result are Send (bounds of `new`); the protocol hands them over.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Promise<T> {}
// SAFETY: through a shared reference only the atomic state is read.
unsafe impl<T: Send> Sync for Promise<T> {}

/// A task that runs `f`, and the promise of its result.
///
/// # Safety
/// Whatever `f` and `T` borrow outlives the run of the task and the drop of the result.
pub(crate) unsafe fn new<F, T>(f: F) -> (Task, Promise<T>)
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    struct Of<F, T>(F, T);
    impl<F: FnOnce() -> T, T> Of<F, T> {
        const VTABLE: Vtable = Vtable {
            run: run::<F, T>,
            cancel: cancel::<F, T>,
            take: take::<F, T>,
            drop_outcome: drop_outcome::<F, T>,
            free: free::<F, T>,
        };
    }
    let packet = Box::new(Packet::<F, T> {
        header: Header {
            state: AtomicU32::new(HANDLE),
            joiner: UnsafeCell::new(MaybeUninit::zeroed()),
            vtable: const { &Of::<F, T>::VTABLE },
        },
        slot: UnsafeCell::new(Slot {
            closure: ManuallyDrop::new(f),
        }),
    });
    let header = NonNull::from(Box::leak(packet)).cast::<Header>();
    (
        Task(header),
        Promise {
            header,
            _result: std::marker::PhantomData,
        },
    )
}

unsafe fn run<F: FnOnce() -> T, T>(header: NonNull<Header>) {
    let packet = header.cast::<Packet<F, T>>();
    // SAFETY: called once, first: the closure is there; nobody else looks at the slot before DONE.
    unsafe {
        let slot = &packet.as_ref().slot;
        let closure = slot.with_mut(|s| {
            let closure = ManuallyDrop::take(&mut (*s).closure);
            if const { size_of::<Slot<F, T>>() <= WIPED } {
                s.write_bytes(0, 1);
            }
            closure
        });
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(closure));
        slot.with_mut(|s| (*s).outcome = ManuallyDrop::new(outcome));
    }
}

unsafe fn cancel<F: FnOnce() -> T, T>(header: NonNull<Header>, why: Box<dyn Any + Send>) {
    let packet = header.cast::<Packet<F, T>>();
    // SAFETY: as in `run`.
    unsafe {
        let slot = &packet.as_ref().slot;
        let closure = slot.with_mut(|s| ManuallyDrop::take(&mut (*s).closure));
        let dropped = std::panic::catch_unwind(AssertUnwindSafe(move || drop(closure)));
        let outcome = ManuallyDrop::new(Err(dropped.err().unwrap_or(why)));
        slot.with_mut(|s| (*s).outcome = outcome);
    }
}

unsafe fn take<F, T>(header: NonNull<Header>, out: *mut ()) {
    let packet = header.cast::<Packet<F, T>>();
    // SAFETY: called once, after DONE, by the last owner: the outcome is there; `out` is its place.
    unsafe {
        let slot = &packet.as_ref().slot;
        let outcome = slot.with_mut(|s| ManuallyDrop::take(&mut (*s).outcome));
        out.cast::<Outcome<T>>().write(outcome);
    }
}

unsafe fn drop_outcome<F, T>(header: NonNull<Header>) {
    let packet = header.cast::<Packet<F, T>>();
    // SAFETY: called once, after DONE, by the last owner: the outcome is there.
    unsafe {
        let slot = &packet.as_ref().slot;
        slot.with_mut(|s| ManuallyDrop::drop(&mut (*s).outcome));
    }
}

unsafe fn free<F, T>(header: NonNull<Header>) {
    // SAFETY: made by `Box::leak` in `new`; the last owner calls this once. The slot's content is
    // ManuallyDrop and has been taken or dropped.
    drop(unsafe { Box::from_raw(header.cast::<Packet<F, T>>().as_ptr()) });
}

impl Task {
    /// Runs the closure.
    pub(crate) fn run(self) -> Done {
        // SAFETY: the packet lives until `finish`; `run` consumes the task.
        unsafe { (self.0.as_ref().vtable.run)(self.0) };
        Done::of(self.0)
    }

    /// Drops the closure without running it; `why` is what `join` gives.
    pub(crate) fn cancel(self, why: Box<dyn Any + Send>) -> Done {
        // SAFETY: as in `run`.
        unsafe { (self.0.as_ref().vtable.cancel)(self.0, why) };
        Done::of(self.0)
    }
}

/// A task that has run and not yet said so. Must be [`finish`](Done::finish)ed.
#[must_use]
pub(crate) struct Done {
    header: NonNull<Header>,
    /// Whether the result is still there.
    stored: bool,
}

impl Done {
    fn of(header: NonNull<Header>) -> Done {
        Done {
            header,
            stored: true,
        }
    }

    /// Drops the result if nobody can want it any more: while the goroutine still has its
    /// thread-locals, which the drop may use.
    #[inline]
    pub(crate) fn drop_unwanted(&mut self) {
        // SAFETY: alive until DONE is set.
        let header = unsafe { self.header.as_ref() };
        if header.state.load(Acquire) & HANDLE == 0 {
            self.drop_outcome();
        }
    }

    fn drop_outcome(&mut self) {
        if !std::mem::replace(&mut self.stored, false) {
            return;
        }
        let header = self.header;
        // A destructor that panics must not take the thread with it: the hook has spoken.
        let dropped = std::panic::catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: the handle is gone, so this is the last owner; the result is there, once.
            unsafe { (header.as_ref().vtable.drop_outcome)(header) }
        }));
        std::mem::forget(dropped);
    }

    /// Hands over the result. True: nobody wanted it after all, so it was dropped here.
    pub(crate) fn finish(mut self) -> bool {
        // SAFETY: alive until DONE is set, and after it only what the state found allows.
        let header = unsafe { self.header.as_ref() };
        // Without a handle there is nobody to tell.
        let before = match header.state.load(Acquire) {
            state if state & HANDLE == 0 => state,
            _ => header.state.fetch_or(DONE, AcqRel),
        };
        if before & HANDLE == 0 {
            let late = self.stored;
            self.drop_outcome();
            // SAFETY: the handle is gone, so this is the last owner; nothing is stored any more.
            unsafe { (header.vtable.free)(self.header) };
            return late;
        }
        if before & JOIN != 0 {
            // SAFETY: the joiner wrote it before JOIN and waits for this call; setting DONE while
            // JOIN was set is the claim.
            unsafe {
                let unparker = header.joiner.with(|j| (*j).assume_init());
                unparker.unpark();
            }
        }
        false
    }
}

impl<T> Promise<T> {
    fn header(&self) -> &Header {
        // SAFETY: alive as long as HANDLE is set, which is ours.
        unsafe { self.header.as_ref() }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.header().state.load(Acquire) & DONE != 0
    }

    /// Waits until done. The result stays.
    pub(crate) fn wait(&self) {
        if self.is_done() {
            return;
        }
        let header = self.header();
        let parker = Parker::current();
        // SAFETY: JOIN is not set, so nobody else looks at the slot. (Only the handle's owner waits,
        // one wait at a time: `&self` methods that wait are called by `join` alone.)
        header
            .joiner
            .with_mut(|j| unsafe { (*j).write(parker.unparker()) });
        if header.state.fetch_or(JOIN, AcqRel) & DONE != 0 {
            return;
        }
        if parker.park(WaitReason::Join, NEVER) != Wake::Unparked {
            if header.state.fetch_and(!JOIN, AcqRel) & DONE == 0 {
                parker.abandon();
            }
            parker.park_claimed(WaitReason::Join);
        }
        debug_assert!(self.is_done());
    }

    /// Waits, then takes the result.
    pub(crate) fn join(self) -> Outcome<T> {
        self.wait();
        let vtable = self.header().vtable;
        let header = self.header;
        std::mem::forget(self);
        let mut out = std::mem::MaybeUninit::<Outcome<T>>::uninit();
        // SAFETY: DONE: the goroutine has let go, we are the last owner, and forgetting `self` keeps
        // its drop from freeing twice. `take` initializes `out`.
        unsafe {
            (vtable.take)(header, out.as_mut_ptr().cast());
            (vtable.free)(header);
            out.assume_init()
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        let header = self.header();
        let vtable = header.vtable;
        if header.state.fetch_and(!HANDLE, AcqRel) & DONE != 0 {
            // SAFETY: DONE: the goroutine has let go; this is the last owner.
            unsafe {
                (vtable.drop_outcome)(self.header);
                (vtable.free)(self.header);
            }
        }
    }
}
