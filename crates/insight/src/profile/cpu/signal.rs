//! The signal: each thread has a timer on its own processor time, which sends it `SIGPROF`; the
//! handler writes a record of what it has interrupted to the thread's ring.
//!
//! The handler runs on a stack of its own, makes no memory, takes no lock that it could wait for,
//! and touches no thread-local but errno: it knows its thread by the word the timer sends along, and
//! the goroutine by the stack that was interrupted. A goroutine's stack is walked by the unwind
//! tables (frame pointers are not needed). On other stacks (the scheduler's own, plain threads'),
//! whose bounds nobody knows, only the place is recorded; so the small signal stacks of plain threads
//! are enough.

use super::ring::Ring;
use gompa_sched::debug::{Interrupted, MOST_FRAMES, interrupted};
use gompa_unwind::{Registers, Unwinder};
use std::io;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::Once;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32};

/// What a thread's handler has. Never freed: a signal may be on its way.
pub(super) struct Slot {
    pub(super) ring: Ring,
    /// The thread it is for: a signal may come late, when another has it.
    thread: AtomicU32,
    /// A handler is writing: another that comes late stays away.
    busy: AtomicBool,
}

impl Slot {
    pub(super) fn new() -> Slot {
        Slot {
            ring: Ring::new(),
            thread: AtomicU32::new(0),
            busy: AtomicBool::new(false),
        }
    }
}

/// Words of a record before its frames.
pub(super) const HEAD: usize = 3;

/// The tables the handler walks by. Never freed, for a handler may be using them: a word each time
/// profiling begins, and the tables once for each time a library was loaded before that.
static UNWINDER: AtomicPtr<Unwinder> = AtomicPtr::new(null_mut());

/// Makes ready for timers.
pub(super) fn install() {
    let fresh = Box::into_raw(Box::new(Unwinder::current()));
    UNWINDER.swap(fresh, AcqRel);
    install_handler();
}

/// Installs the handler, for good: the signal's own action would end the process.
pub(super) fn install_handler() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: zero is a valid sigaction; the handler has the type SA_SIGINFO wants and does what
        // a handler may.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_tick as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
            libc::sigaction(libc::SIGPROF, &action, null_mut());
        }
    });
}

/// A thread's timer, while this lives.
pub(super) struct Timer(libc::timer_t);

// SAFETY: a number of the process's.
unsafe impl Send for Timer {}

impl Timer {
    /// Sends the thread `tid` of this process a signal each `period` nanoseconds of its processor
    /// time, for `slot`.
    pub(super) fn new(tid: u32, slot: &'static Slot, period: u64) -> io::Result<Timer> {
        // The kernel's clock of a thread's processor time: CPUCLOCK_SCHED, of one thread.
        let clock = (!(tid as i32) << 3) | 2 | 4;
        // SAFETY: zero is a valid sigevent; all that matters is set.
        let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = libc::SIGPROF;
        event.sigev_notify_thread_id = tid as i32;
        event.sigev_value.sival_ptr = std::ptr::from_ref(slot).cast_mut().cast();
        let mut timer = MaybeUninit::uninit();
        // SAFETY: both are valid.
        if unsafe { libc::timer_create(clock, &mut event, timer.as_mut_ptr()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: made.
        let timer = Timer(unsafe { timer.assume_init() });
        let spec = |ns: u64| libc::timespec {
            tv_sec: (ns / 1_000_000_000) as i64,
            tv_nsec: (ns % 1_000_000_000) as i64,
        };
        slot.thread.store(tid, Relaxed);
        let times = libc::itimerspec {
            it_interval: spec(period),
            // Not all threads at once.
            it_value: spec(1 + crate::profile::random::below(period)),
        };
        // SAFETY: our timer.
        if unsafe { libc::timer_settime(timer.0, 0, &times, null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(timer)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: ours.
        unsafe { libc::timer_delete(self.0) };
    }
}

extern "C" fn on_tick(_: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the thread's own.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: likewise.
    let before = unsafe { *errno };
    ticked(info, context);
    // SAFETY: likewise. The code that was interrupted may have yet to look at it.
    unsafe { *errno = before };
}

#[inline(always)]
fn ticked(info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel's.
    match unsafe { (*info).si_code } {
        libc::SI_TIMER => {}
        libc::SI_TKILL => return crate::leak::reach::stand_still(),
        _ => return, // somebody's kill, say
    }
    // SAFETY: of a timer: the word is ours, for nobody else has timers with this signal here.
    let slot = unsafe { (*info).si_value().sival_ptr }.cast::<Slot>();
    // SAFETY: slots are never freed.
    let Some(slot) = (unsafe { slot.as_ref() }) else {
        return;
    };
    // SAFETY: a system call without arguments.
    if slot.thread.load(Relaxed) != unsafe { libc::gettid() } as u32 {
        return; // it came late
    }
    if slot.busy.swap(true, Acquire) {
        return slot.ring.lose();
    }
    // SAFETY: with SA_SIGINFO it is one.
    let registers = unsafe { Registers::of_signal(context.cast()) };
    // SAFETY: 1. SA_ONSTACK, and Ms have such stacks. 2. used here only.
    match unsafe { interrupted(&registers) } {
        Some(found) => record(slot, registers, &found),
        None => slot.ring.push(&[1, 0, 0], &[registers.ip]),
    }
    slot.busy.store(false, Release);
}

/// Not inlined, for its array: see the [module](self).
#[inline(never)]
fn record(slot: &Slot, registers: Registers, found: &Interrupted) {
    // SAFETY: set before any timer was, and never freed.
    let Some(unwinder) = (unsafe { UNWINDER.load(Acquire).as_ref() }) else {
        return;
    };
    let mut frames = [0; MOST_FRAMES];
    let n = unwinder.walk(registers, &found.memory, &mut frames);
    let head: [u64; HEAD] = [
        1,
        found.id.as_u64().get(),
        std::ptr::from_ref(found.created_at).expose_provenance() as u64,
    ];
    slot.ring.push(&head, &frames[..n]);
}
