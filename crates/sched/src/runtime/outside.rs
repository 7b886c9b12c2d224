//! Work that comes from where no P is held: plain threads, other runtimes, Ms that have lost theirs.

use super::Sched;
use crate::goroutine::task::Task;
use crate::goroutine::{G, id};
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
    ) -> u64 {
        let g = self.slab.take(None, NonNull::from(self));
        let id = id::take(1);
        // SAFETY: free, hence ours.
        unsafe { g.as_ref() }.born(id, creator, at, task);
        self.outside_spawned.fetch_add(1, SeqCst);
        self.push_from_outside(g);
        id
    }

    /// Queues a runnable goroutine.
    #[cold]
    pub(crate) fn push_from_outside(&self, g: NonNull<G>) {
        self.global.push(g);
        self.wake_p();
    }
}
