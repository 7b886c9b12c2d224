//! The threads of the scheduler, and what each does.

use super::GoroutineInfo;
use crate::handle::current_sched;
use std::sync::atomic::Ordering::Acquire;

/// A thread of the scheduler, at some instant during the call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MachineInfo {
    /// The kernel's thread id.
    pub thread: u32,
    /// The number of the P it holds.
    pub proc: Option<u32>,
    /// Whether it carries a goroutine.
    pub busy: bool,
    /// That goroutine; `None` too if it is one of the runtime's own. With it and without a P, the
    /// thread is in a blocking call, or its P was taken.
    pub goroutine: Option<GoroutineInfo>,
}

/// The threads of the runtime of the code that runs here (on a plain thread: of the process-wide one),
/// the monitor not among them. None is stopped.
pub fn machines() -> Vec<MachineInfo> {
    let mut all = Vec::new();
    current_sched().machines.for_each(|m| {
        // SAFETY: null, or a P, which lives as long as its runtime.
        let proc = unsafe { m.tenure.peek().as_ref() }.map(|p| p.index);
        // SAFETY: null, or a goroutine in type-stable memory.
        let g = unsafe { m.running.load(Acquire).as_ref() };
        all.push(MachineInfo {
            thread: m.tid,
            proc,
            busy: g.is_some(),
            goroutine: g.and_then(GoroutineInfo::of),
        });
    });
    all
}
