//! M: an OS thread that runs goroutines.
//!
//! An M has a stack of its own, the thread's, where the scheduler runs when there is something to
//! look for; goroutines that find the next one in the local queue switch to it directly.
//!
//! # States
//! ```text
//!   new thread --> SEARCHING (find, maybe spinning) --> RUNNING a goroutine, with a P
//!                    ^    |                               |          | monitor takes the P,
//!                    |    v                               |          | or a blocking call
//!                    |  STOPPED (idle list, note)  <------+          v
//!                    |  ASLEEP in the poller             RUNNING without a P
//!                    +-----------------------------------------------+ next scheduling point
//! ```
//!
//! # After a switch
//! What must happen to a goroutine once its registers are saved (publish that it is parked, queue
//! it, free its stack) is left in [`M::left`]; whoever runs next on this M does it first.
//! See [`switching`].

mod commit;
pub(crate) mod entry;
mod life;
mod note;
pub(crate) mod switching;

pub(crate) use commit::Commit;
pub(crate) use life::Machines;

use crate::blocking::tenure::Tenure;
use crate::goroutine::G;
use crate::processor::P;
use crate::runtime::Sched;
use crate::switch;
use crate::trace::Kind;
use commit::Left;
use note::Note;
use std::cell::Cell;
use std::ptr::{NonNull, null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr};

/// See the [module](self). "Its thread" below: the code that runs on it, inside the runtime.
#[repr(align(128))]
pub(crate) struct M {
    /// What goroutines' thread-locals know of this thread.
    pub(crate) carrier: switch::Carrier,
    /// What libraries keep for this thread. For the goroutines it carries.
    pub(crate) seat: gompa_park::seat::Seat,
    /// The P it holds, and who may use it.
    pub(crate) tenure: Tenure<P>,
    /// See [`Commit`]. Its thread's.
    pub(crate) left: Left,
    /// Stack pointer of the scheduler while a goroutine runs. Its thread's.
    pub(crate) home_sp: Cell<usize>,
    /// A goroutine that a goroutine picked but could not switch to itself. Its thread's.
    pub(crate) picked: Cell<Option<NonNull<G>>>,
    /// Looking for work, counted in `Wakes`. Its thread's, or its waker's.
    pub(crate) spinning: Cell<bool>,
    /// How often it has napped since it last found work or gave up. Its thread's.
    pub(crate) lingers: Cell<u32>,
    /// The goroutine locked to it, or null. Its thread's.
    pub(crate) locked: Cell<*const G>,
    /// The P a waker hands over, before it rings the note.
    pub(crate) next_p: AtomicPtr<P>,
    /// The goroutine that runs now, for those who look. Written by its thread.
    pub(crate) running: AtomicPtr<G>,
    /// Where it sleeps.
    pub(crate) note: Note,
    /// Its thread ends at its next look for work.
    pub(crate) ending: AtomicBool,
    /// The kernel's thread id.
    pub(crate) tid: u32,
    /// What the monitor remembers between two looks. The monitor's.
    pub(crate) seen: Seen,
    pub(crate) rt: NonNull<Sched>,
    /// Keeps the runtime's memory.
    pub(crate) _keep: Arc<Sched>,
}

/// The monitor's memory of an M.
#[derive(Default)]
pub(crate) struct Seen {
    /// The P's index plus one, and how many switches it had seen, at the last look.
    pub(crate) p: Cell<u32>,
    pub(crate) switches: Cell<u64>,
    /// The time slice then, and when it was first seen.
    pub(crate) slice: Cell<u32>,
    pub(crate) since: Cell<u64>,
    /// Since when this goroutine has been seen with this P; 0: the M had none at the last look.
    pub(crate) held: Cell<u64>,
    /// The thread's CPU time at the last look.
    pub(crate) cpu: Cell<u64>,
}

// SAFETY: cells belong to its thread, to its waker before the note rings, or to the monitor, as
// said at each; the rest is Sync.
unsafe impl Sync for M {}
// SAFETY: as above.
unsafe impl Send for M {}

impl M {
    fn new(sched: Arc<Sched>) -> M {
        M {
            carrier: switch::Carrier::new_for_this_thread(),
            seat: gompa_park::seat::Seat::new(),
            tenure: Tenure::new(),
            left: Left::new(),
            home_sp: Cell::new(0),
            picked: Cell::new(None),
            spinning: Cell::new(false),
            lingers: Cell::new(0),
            locked: Cell::new(null()),
            next_p: AtomicPtr::new(null_mut()),
            running: AtomicPtr::new(null_mut()),
            note: Note::new(),
            ending: AtomicBool::new(false),
            // SAFETY: no arguments.
            tid: unsafe { libc::gettid() } as u32,
            seen: Seen::default(),
            rt: NonNull::from(&*sched),
            _keep: sched,
        }
    }

    #[inline(always)]
    pub(crate) fn sched(&self) -> &Sched {
        // SAFETY: `_keep` keeps it.
        unsafe { self.rt.as_ref() }
    }

    /// Its thread, inside: holds `p` from now on. It held none.
    pub(crate) fn take_p(&self, p: NonNull<P>) {
        let before = self.tenure.hold(Some(p));
        debug_assert!(before.is_none());
        // SAFETY: Ps live as long as their runtime.
        let p = unsafe { p.as_ref() };
        p.trace.add_exact(Kind::Start, 0, u64::from(self.tid));
    }

    /// Its thread, inside: the P it holds.
    #[inline(always)]
    pub(crate) fn p(&self) -> Option<&P> {
        // SAFETY: Ps live as long as their runtime.
        self.tenure.held().map(|p| unsafe { p.as_ref() })
    }
}
