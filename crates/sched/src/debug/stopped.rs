//! For who has stopped every other thread of the process, and searches its memory: where goroutines
//! and their stacks are. Takes no lock that a stopped thread may hold, and makes no memory.

use crate::deadlock;
use crate::goroutine::G;
use crate::runtime::Sched;
use crate::stack::{PAGE, each_region};
use gompa_park::WaitReason;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// The runtimes of the process and their goroutines' memory, as known before anybody was stopped.
pub struct World {
    blocks: Vec<(NonNull<G>, usize)>,
    runtimes: Vec<Arc<Sched>>,
}

/// A goroutine that waits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parked {
    /// Its number.
    pub id: u64,
    /// Why it waits.
    pub reason: WaitReason,
    /// What it waits for: the address that its wait was given, by which those who made the wait know
    /// the channel or lock; 0 if it was given none.
    pub waits_for: usize,
    /// As [`GoroutineInfo::may_time_out`](super::GoroutineInfo::may_time_out).
    pub may_time_out: bool,
    /// Its frames, and above them its thread-locals: others may borrow from both.
    pub memory: Range<usize>,
}

/// A stack.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StackInUse {
    /// The part that may be in use: all of it if its goroutine does not wait.
    pub used: Range<usize>,
}

impl World {
    /// As it is now.
    #[expect(
        clippy::new_without_default,
        reason = "it looks, and what it sees is of that moment"
    )]
    pub fn new() -> World {
        let runtimes = deadlock::runtimes();
        let blocks = runtimes.iter().flat_map(|s| s.slab.blocks()).collect();
        World { blocks, runtimes }
    }

    /// Places for goroutines, in use or not: there are no more.
    pub fn places(&self) -> usize {
        self.blocks.iter().map(|b| b.1).sum()
    }

    /// Memory of the scheduler's that holds addresses of stacks, or stale ones of what goroutines
    /// waited for, and nothing of users'.
    ///
    /// # Safety
    /// 1. Every other thread of the process is stopped.
    pub unsafe fn each_of_ours(&self, mut f: impl FnMut(Range<usize>)) {
        for (first, n) in &self.blocks {
            let at = first.addr().get();
            f(at..at + n * size_of::<G>());
        }
        for sched in &self.runtimes {
            sched.machines.try_for_each(|m| {
                let at = std::ptr::from_ref(&m.left).addr();
                f(at..at + size_of_val(&m.left));
            });
        }
    }

    /// Every goroutine that waits.
    ///
    /// # Safety
    /// As [`each_of_ours`](Self::each_of_ours).
    pub unsafe fn each_parked(&self, mut f: impl FnMut(Parked)) {
        for (first, n) in &self.blocks {
            // SAFETY: a slab's block, whose runtime we keep.
            let block = unsafe { std::slice::from_raw_parts(first.as_ptr(), *n) };
            block.iter().filter_map(parked).for_each(&mut f);
        }
    }

    /// All that is mapped for stacks, and every stack that is in use.
    ///
    /// # Safety
    /// As [`each_of_ours`](Self::each_of_ours).
    pub unsafe fn each_stack(
        &self,
        mut mapped: impl FnMut(Range<usize>),
        mut stack: impl FnMut(StackInUse),
    ) {
        // SAFETY: all are stopped.
        unsafe {
            each_region(|region| {
                mapped(region.mapping());
                for slot in 0..region.slots() {
                    let low = region.base() + slot as usize * region.stride();
                    let top = low + region.stride();
                    // Its goroutine's memory is never freed while the stack is in use.
                    let Some(owner) = region.owner(slot).load(Relaxed).as_ref() else {
                        continue;
                    };
                    let from = parked(owner).map_or(low + PAGE, |p| p.memory.start);
                    stack(StackInUse { used: from..top });
                }
            });
        }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("places", &self.places())
            .finish_non_exhaustive()
    }
}

fn parked(g: &G) -> Option<Parked> {
    if g.id() == 0 || !g.park.is_parked() {
        return None;
    }
    // SAFETY: it waits, and nobody runs who could resume it: nobody touches it.
    let top = unsafe { (*g.stack.get()).as_ref() }?.top();
    let (waits_for, may_time_out) = g.wait_object();
    Some(Parked {
        id: g.id(),
        reason: g.reason(),
        waits_for,
        may_time_out,
        // The saved registers lie lowest.
        memory: g.sp.load(Relaxed)..top,
    })
}
