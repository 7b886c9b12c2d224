//! A goroutine: its states, its park word, the memory it lives in, the work it was given.
//!
//! # States
//! ```text
//!            go              picked               park            commit
//!   DEAD ---------> RUNNABLE ------> RUNNING --------------> ... -------> WAITING
//!    ^  free list     ^   ^            |  |  gosched / lost its P           |
//!    |                |   +------------|--+                                 |
//!    |                +----------------|--------- unpark, deadline ---------+
//!    +---------------------------------+  its function ended
//! ```
//! [`Status`] is what a dump shows. What decides is the [park word](park_word) (is it parked, has
//! it been woken) and who holds the pointer: a run queue, a machine, or nobody but its waker.
//!
//! # Memory
//! A goroutine is a [`G`], some 200 bytes in type-stable memory (see [`slab`]): never freed while
//! its runtime lives, used again by later goroutines. So a stale timer entry or a dump may always
//! look at one. Stack and thread-locals come when it first runs.

pub(crate) mod id;
pub(crate) mod park_word;
#[cfg(test)]
mod park_word_tests;
pub(crate) mod slab;
pub(crate) mod task;
#[cfg(test)]
mod task_tests;

use crate::machine::M;
use crate::runtime::Sched;
use crate::stack::Stack;
use gompa_park::WaitReason;
use gompa_park::cut::Entry;
use gompa_park::timer::WaitTimer;
use park_word::ParkWord;
use std::cell::{Cell, UnsafeCell};
use std::panic::Location;
use std::ptr::{NonNull, null, null_mut};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize};
use task::Task;

pub use id::GoroutineId;

/// What a dump shows of a goroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Status {
    /// On a free list.
    Dead = 0,
    /// In a run queue, or about to be.
    Runnable = 1,
    /// On a thread.
    Running = 2,
    /// In a declared blocking call: on a thread, without a P.
    Syscall = 3,
    /// Parked; somebody else will wake it.
    Waiting = 4,
}

impl Status {
    /// Go's word.
    pub fn text(self) -> &'static str {
        match self {
            Status::Dead => "dead",
            Status::Runnable => "runnable",
            Status::Running => "running",
            Status::Syscall => "syscall",
            Status::Waiting => "waiting",
        }
    }

    fn from_u8(n: u8) -> Status {
        match n {
            1 => Status::Runnable,
            2 => Status::Running,
            3 => Status::Syscall,
            4 => Status::Waiting,
            _ => Status::Dead,
        }
    }
}

/// A goroutine.
///
/// "Its machine" below means the thread that carries it now, or, while it is in no thread's hands,
/// whoever holds the only pointer to it (a run queue's taker, its waker).
///
/// ```text
///   line 0   what spawning, waking and picking touch
///   line 1   what running touches: registers, stack, thread-locals
///   line 2   its timer; what a dump shows
/// ```
#[repr(C, align(64))]
pub(crate) struct G {
    /// Parked or not, woken or not, and which wait it is.
    pub(crate) park: ParkWord,
    /// What it has to do; taken when it first runs, so it is fresh while this is there.
    pub(crate) task: Cell<Option<Task>>,
    /// Next in the global queue's list; written under its lock.
    pub(crate) link: Cell<*mut G>,
    /// The machine that carries it. Written before each resume.
    pub(crate) m: Cell<*const M>,
    /// The runtime it belongs to. Set when its memory was made.
    pub(crate) rt: NonNull<Sched>,
    /// The machine it is locked to, or null. Written by the goroutine itself.
    pub(crate) locked_to: Cell<*const M>,
    // What anybody may look at, at any time: this and the atomics below. Written relaxed by its
    // machine.
    id: AtomicU64,
    status: AtomicU8,
    reason: AtomicU8,
    /// The end of the runtime does not end its waits: see [`G::keep_waiting`].
    keeps_waiting: AtomicBool,
    /// [`TRACKED`], [`SYSTEM`]. Written by whoever has it.
    marks: AtomicU8,
    /// Guards that keep it locked. The goroutine's own.
    pub(crate) locks: Cell<u32>,

    /// Stack pointer while switched out. Written and read by its machine; others may look, to fetch
    /// what lies there.
    pub(crate) sp: AtomicUsize,
    /// FS base of its thread-locals; 0 where it uses its carrier's. As `sp`.
    pub(crate) fs: AtomicUsize,
    /// Its stack, from its first run to its end.
    pub(crate) stack: UnsafeCell<Option<Stack>>,
    /// Its thread-local block, at the top of that stack; `None` where it uses its carrier's.
    pub(crate) block: Cell<Option<crate::switch::Block>>,
    /// The innermost source whose end cuts its waits, or null. The goroutine's own; null again when
    /// it ends.
    pub(crate) reach: Cell<*const Entry>,

    /// The entry of its deadlines in a heap.
    pub(crate) timer: WaitTimer,
    creator: AtomicU64,
    created_at: AtomicPtr<Location<'static>>,
    /// When its present state began, by the monitor's clock (see [`crate::monitor`]).
    since: AtomicU64,
    /// What its present or last wait is for: see [`G::wait_object`]. Bit 0: the wait has no deadline
    /// and cannot be cut.
    wait_object: AtomicUsize,
}

/// Its time in the queue is being measured: `since` is when it became runnable.
const TRACKED: u8 = 1;
/// The runtime's own: not counted, and no reason to think that the program lives.
const SYSTEM: u8 = 2;

const _: () = assert!(size_of::<G>() == 192);

// SAFETY: the cells are used by its machine alone (see the type); handing over the pointer goes
// through queues and park words that synchronize. The rest is atomic.
unsafe impl Sync for G {}
// SAFETY: as above.
unsafe impl Send for G {}

impl G {
    pub(crate) fn new(rt: NonNull<Sched>) -> G {
        G {
            park: ParkWord::new(),
            sp: AtomicUsize::new(0),
            fs: AtomicUsize::new(0),
            m: Cell::new(null()),
            task: Cell::new(None),
            link: Cell::new(null_mut()),
            rt,
            stack: UnsafeCell::new(None),
            block: Cell::new(None),
            reach: Cell::new(null()),
            timer: crate::timer::wait_timer(),
            locked_to: Cell::new(null()),
            id: AtomicU64::new(0),
            creator: AtomicU64::new(0),
            created_at: AtomicPtr::new(null_mut()),
            since: AtomicU64::new(0),
            status: AtomicU8::new(Status::Dead as u8),
            reason: AtomicU8::new(0),
            keeps_waiting: AtomicBool::new(false),
            marks: AtomicU8::new(0),
            locks: Cell::new(0),
            wait_object: AtomicUsize::new(0),
        }
    }

    /// A free G becomes a goroutine.
    #[inline]
    pub(crate) fn born(&self, id: u64, creator: u64, at: &'static Location<'static>, task: Task) {
        self.task.set(Some(task));
        self.creator.store(creator, Relaxed);
        self.created_at
            .store(std::ptr::from_ref(at).cast_mut(), Relaxed);
        self.reason.store(WaitReason::None as u8, Relaxed);
        self.status.store(Status::Runnable as u8, Relaxed);
        // Last: a reader that sees the id sees the rest.
        self.id.store(id, Release);
    }

    /// Its function has ended; the memory goes to a free list.
    #[inline]
    pub(crate) fn died(&self) {
        self.status.store(Status::Dead as u8, Relaxed);
        self.keeps_waiting.store(false, Relaxed);
        self.marks.store(0, Relaxed);
        self.id.store(0, Release);
    }

    /// Its number; 0 while dead.
    #[inline]
    pub(crate) fn id(&self) -> u64 {
        self.id.load(Acquire)
    }

    pub(crate) fn creator(&self) -> u64 {
        self.creator.load(Relaxed)
    }

    pub(crate) fn created_at(&self) -> Option<&'static Location<'static>> {
        // SAFETY: null or a `&'static Location` stored by `born`.
        unsafe { self.created_at.load(Relaxed).as_ref() }
    }

    pub(crate) fn status(&self) -> Status {
        Status::from_u8(self.status.load(Relaxed))
    }

    #[inline]
    pub(crate) fn set_status(&self, status: Status) {
        self.status.store(status as u8, Relaxed);
    }

    pub(crate) fn reason(&self) -> WaitReason {
        WaitReason::from_u8(self.reason_word())
    }

    /// The reason's number.
    #[inline]
    pub(crate) fn reason_word(&self) -> u8 {
        self.reason.load(Relaxed)
    }

    pub(crate) fn since(&self) -> u64 {
        self.since.load(Relaxed)
    }

    /// Wired to its thread. For those who look.
    pub(crate) fn is_locked(&self) -> bool {
        !self.locked_to().is_null()
    }

    /// The machine it is wired to, or was; or null. For those who look.
    pub(crate) fn locked_to(&self) -> *const M {
        // SAFETY: a word that only its goroutine writes; a torn look cannot be on this platform, and
        // an old one is what looking means.
        unsafe { self.locked_to.as_ptr().read_volatile() }
    }

    /// Whoever has it: whether it has not run yet, hence has a task and no stack.
    #[inline]
    pub(crate) fn is_fresh(&self) -> bool {
        // SAFETY: the task is used by whoever has the goroutine.
        unsafe { (*self.task.as_ptr()).is_some() }
    }

    /// Somebody is going to run it soon: begins to fetch what its resumption touches. A look from
    /// outside: what is read may be stale, and is only prefetched.
    #[inline]
    pub(crate) fn prefetch_registers(&self) {
        let sp = self.sp.load(Relaxed);
        prefetch(sp);
        prefetch(sp + 64);
        // The thread-locals that every arrival writes and every call of the runtime reads.
        prefetch(self.fs.load(Relaxed).wrapping_sub(64));
    }

    /// As above, for the goroutine itself.
    #[inline]
    pub(crate) fn prefetch(g: *const G) {
        prefetch(g.addr());
        prefetch(g.addr() + 64);
    }

    /// Whether the end of the runtime leaves its waits alone.
    #[inline]
    pub(crate) fn keeps_waiting(&self) -> bool {
        self.keeps_waiting.load(Relaxed)
    }

    /// The goroutine itself, where it must not unwind out of a wait: in the destructors of its
    /// thread-locals, while others borrow from its stack, while it unwinds already. Returns what was.
    #[inline]
    pub(crate) fn keep_waiting(&self, keep: bool) -> bool {
        let before = self.keeps_waiting();
        self.keeps_waiting.store(keep, Relaxed);
        before
    }

    /// Whoever has it: it became runnable at `since`, and that will be measured.
    pub(crate) fn track(&self, since: u64) {
        self.since.store(since, Relaxed);
        self.marks
            .store(self.marks.load(Relaxed) | TRACKED, Relaxed);
    }

    #[inline(always)]
    pub(crate) fn is_tracked(&self) -> bool {
        self.marks.load(Relaxed) & TRACKED != 0
    }

    /// It runs: when it became runnable.
    pub(crate) fn untrack(&self) -> u64 {
        self.marks
            .store(self.marks.load(Relaxed) & !TRACKED, Relaxed);
        self.since.load(Relaxed)
    }

    /// Whoever has it: it is one of the runtime's own from here on.
    pub(crate) fn set_system(&self) {
        self.marks.store(self.marks.load(Relaxed) | SYSTEM, Relaxed);
    }

    /// Whether it is one of the runtime's own.
    #[inline]
    pub(crate) fn is_system(&self) -> bool {
        self.marks.load(Relaxed) & SYSTEM != 0
    }

    /// What its wait gave as the data of its [`Then`](gompa_park::waiter::Then): the address of the
    /// channel, the lock's queue, the select; 0 if it gave none. And whether the wait can end by
    /// nobody's doing: by a deadline, or cut.
    pub(crate) fn wait_object(&self) -> (usize, bool) {
        let word = self.wait_object.load(Relaxed);
        (word & !1, word & 1 == 0)
    }

    /// It is about to wait.
    #[inline]
    pub(crate) fn set_waiting(
        &self,
        reason: WaitReason,
        since: u64,
        object: *const (),
        for_ever: bool,
    ) {
        self.reason.store(reason as u8, Relaxed);
        self.wait_object
            .store(object.addr() & !1 | usize::from(for_ever), Relaxed);
        self.since.store(since, Relaxed);
        self.set_status(Status::Waiting);
    }
}

/// Begins to fetch what will be wanted soon. The address is not looked at.
#[inline(always)]
pub(crate) fn prefetch(address: usize) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a hint; it never faults.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::without_provenance(address)) }
}
