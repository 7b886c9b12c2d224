//! Work that comes from where no P is held: plain threads, other runtimes, Ms that have lost theirs.

use super::Sched;
use crate::goroutine::task::Task;
use crate::goroutine::{G, id};
use crate::trace::{self, Kind};
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::SeqCst;

impl Sched {
    /// Makes a goroutine and puts it into the global queue; returns its id.
    #[cold]
    pub(crate) fn spawn_from_outside(
        &self,
        creator: u64,
        task: Task,
        at: &'static Location<'static>,
        system: bool,
    ) -> u64 {
        let g = self.slab.take(None, NonNull::from(self));
        let id = id::take(1);
        // SAFETY: free, hence ours.
        unsafe { g.as_ref() }.born(id, creator, at, task);
        if system {
            // SAFETY: as above.
            unsafe { g.as_ref() }.set_system();
        }
        trace::create_outside(id, at);
        self.outside_spawned.fetch_add(1, SeqCst);
        self.global.push(g);
        self.wake_p();
        id
    }

    /// Queues a goroutine that was woken.
    #[cold]
    pub(crate) fn push_from_outside(&self, g: NonNull<G>) {
        // SAFETY: type-stable memory; whoever wakes it has it.
        trace::outside::add(Kind::Wake, 0, unsafe { g.as_ref() }.id());
        self.global.push(g);
        self.wake_p();
    }
}
