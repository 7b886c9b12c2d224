//! The OS thread under a goroutine, as the goroutine's thread-locals know it.
//!
//! One thread-local, `CARRIER`, tells whose thread-locals these are: null in an OS thread's own,
//! else the [`Carrier`] of the thread that runs the goroutine now. Whoever resumes a goroutine sees
//! to it with [`arrived`].
//!
//! What must use the OS thread's own thread-locals (an allocator with caches per thread, libc's
//! malloc) runs by [`on_carrier`]: same stack, other FS base. There `CARRIER` is null.

use super::context::{call_with_fs, fs_base};
use super::layout::Layout;
use super::unsupported::Unsupported;
use crate::alloc::Front;
use std::cell::Cell;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::null;

thread_local! {
    /// Written by [`arrived`] only; read by everything that differs on a goroutine.
    static CARRIER: Cell<*const Carrier> = const { Cell::new(null()) };
}

/// What a goroutine's thread-locals must know of the OS thread that carries it. Its thread owns it;
/// the goroutine that runs there uses it.
#[derive(Debug)]
pub(crate) struct Carrier {
    /// The OS thread's own FS base.
    fs: usize,
    /// Free small blocks for the goroutines it runs.
    front: Front,
    /// How often goroutines have called malloc here.
    mallocs: Cell<u64>,
}

impl Carrier {
    /// The FS base of the OS thread's own thread-locals.
    #[inline]
    pub(crate) fn fs(&self) -> usize {
        self.fs
    }

    /// The carrier of the OS thread that runs this, on its own thread-locals.
    pub(crate) fn new_for_this_thread() -> Carrier {
        debug_assert!(current().is_null(), "a carrier is made by its own thread");
        Carrier {
            fs: fs_base(),
            front: Front::new(),
            mallocs: Cell::new(0),
        }
    }

    /// Gives the free blocks kept for goroutines back. For a thread that will not run one for a
    /// while, on its own thread-locals; dropping a carrier does it as well.
    pub(crate) fn flush(&self) {
        debug_assert!(
            current().is_null(),
            "a carrier is flushed by its own thread"
        );
        self.front.flush();
    }

    /// The cache of small blocks.
    #[inline]
    pub(crate) fn front(&self) -> &Front {
        &self.front
    }

    /// How often goroutines have called malloc here.
    pub(crate) fn mallocs(&self) -> u64 {
        self.mallocs.get()
    }

    /// Counts a call of malloc.
    pub(super) fn count_malloc(&self) {
        self.mallocs.set(self.mallocs.get() + 1);
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.flush();
    }
}

/// The carrier of the goroutine that runs here; null on an OS thread's own thread-locals.
#[inline]
pub(crate) fn current() -> *const Carrier {
    CARRIER.get()
}

/// Says, on a goroutine's own thread-locals and right after each resume, who carries it now.
///
/// # Safety
/// 1. `carrier` is of the OS thread that runs this, and lives until the goroutine is resumed
///    elsewhere or has ended.
/// 2. The running code is on a goroutine's block.
#[inline]
pub(crate) unsafe fn arrived(carrier: *const Carrier) {
    CARRIER.set(carrier);
}

/// Runs `f` on this OS thread as if it were a goroutine that `carrier` carries.
pub(crate) fn posing(carrier: &Carrier, f: impl FnOnce()) {
    /// Undoes it, also when `f` panics.
    struct Undo;
    impl Drop for Undo {
        fn drop(&mut self) {
            CARRIER.set(null());
        }
    }
    assert_eq!(carrier.fs, fs_base(), "a thread poses with its own carrier");
    let _undo = Undo;
    CARRIER.set(carrier);
    f();
}

/// Runs `f` on the thread-locals of the OS thread; a plain call where they are in use already.
///
/// `f` must not park, and a panic in it ends the process: the OS thread's panic count would be out
/// of step.
#[inline]
pub(crate) fn on_carrier<R>(f: impl FnOnce() -> R) -> R {
    let carrier = current();
    if carrier.is_null() {
        return f();
    }
    let mut call = Call {
        f: ManuallyDrop::new(f),
        result: MaybeUninit::uninit(),
    };
    let run = run::<R, _>(&mut call);
    // SAFETY: the carrier lives (`arrived`, 1) and is of this OS thread; `run` fits `call` and
    // neither parks nor unwinds; goroutines have blocks only where FSGSBASE is enabled.
    unsafe { call_with_fs((*carrier).fs, (&raw mut call).cast(), run) };
    // SAFETY: `run` has written it.
    unsafe { call.result.assume_init() }
}

/// A call on other thread-locals: the function on the way there, its result on the way back.
struct Call<R, F> {
    f: ManuallyDrop<F>,
    result: MaybeUninit<R>,
}

/// The code that makes such a call; `call` only names the types.
fn run<R, F: FnOnce() -> R>(_call: &mut Call<R, F>) -> unsafe extern "C" fn(*mut ()) {
    /// # Safety
    /// 1. `call` is a valid `Call<R, F>` whose function has not been taken.
    unsafe extern "C" fn run<R, F: FnOnce() -> R>(call: *mut ()) {
        // SAFETY: (1), and nobody else has the call now.
        let call = unsafe { &mut *call.cast::<Call<R, F>>() };
        // SAFETY: (1) taken once.
        let f = unsafe { ManuallyDrop::take(&mut call.f) };
        call.result.write(f());
    }
    run::<R, F>
}

/// Does `CARRIER` lie in a goroutine's block?
pub(super) fn check(layout: &Layout) -> Result<(), Unsupported> {
    let distance = CARRIER.with(|cell| fs_base().wrapping_sub(std::ptr::from_ref(cell).addr()));
    if (1..=layout.below()).contains(&distance) {
        return Ok(());
    }
    Err(Unsupported::Layout {
        oddity: "the scheduler's own thread-locals are made when first used".into(),
        report: layout.report().to_string(),
    })
}
