//! A look inside: every goroutine, its stack, the scheduler's counters. Nothing is stopped for it.
//!
//! - [`goroutines`]: id, state, wait reason and since when, where it was created.
//! - [`stack_dump`]: Go's text of all of them, with the real stacks of those that wait.
//! - [`sched_stats`]: the counters behind Go's `schedtrace` line ([`schedtrace`]).

pub(crate) mod schedtrace;
pub(crate) mod stack;
mod stats;
mod text;

pub(crate) use stack::DumpSlot;
pub use stats::{ProcStats, SchedStats, sched_stats};
pub(crate) use text::dump_for_fatal;
pub use text::stack_dump;

use crate::goroutine::id::GoroutineId;
use crate::goroutine::{G, Status};
use crate::handle::current_sched;
use crate::runtime::Sched;
use gompa_park::WaitReason;
use gompa_park::time;
use std::panic::Location;
use std::time::Instant;

/// A goroutine, as it was at some instant during the call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GoroutineInfo {
    /// Its number.
    pub id: GoroutineId,
    /// What it does.
    pub status: Status,
    /// Why it waits; [`WaitReason::None`] if it does not.
    pub wait_reason: WaitReason,
    /// Since when it waits, to some 10 ms; `None` if it does not.
    pub waiting_since: Option<Instant>,
    /// Where it was started.
    pub created_at: &'static Location<'static>,
    /// The goroutine that started it; `None`: a plain thread did.
    pub created_by: Option<GoroutineId>,
    /// Wired to its thread.
    pub locked_to_thread: bool,
}

impl GoroutineInfo {
    fn of(g: &G) -> Option<GoroutineInfo> {
        let id = GoroutineId::new(g.id())?;
        let status = g.status();
        let waiting = status == Status::Waiting;
        let info = GoroutineInfo {
            id,
            status,
            wait_reason: if waiting {
                g.reason()
            } else {
                WaitReason::None
            },
            waiting_since: waiting.then(|| time::to_instant(g.since())),
            created_at: g.created_at()?,
            created_by: GoroutineId::new(g.creator()),
            locked_to_thread: g.is_locked(),
        };
        // The memory may have become another goroutine's meanwhile.
        (g.id() == id.as_u64().get() && status != Status::Dead).then_some(info)
    }
}

/// Every goroutine of the runtime of the code that runs here (on a plain thread: of the process-wide
/// one), in no order. Some tens of nanoseconds each; none is stopped.
pub fn goroutines() -> Vec<GoroutineInfo> {
    infos(current_sched())
}

fn infos(sched: &Sched) -> Vec<GoroutineInfo> {
    let mut all = Vec::new();
    sched.slab.for_each(|g| all.extend(GoroutineInfo::of(g)));
    all
}
