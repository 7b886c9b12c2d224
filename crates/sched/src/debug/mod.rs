//! A look inside: every goroutine, its stack, the scheduler's counters. Nothing is stopped for it.
//!
//! - [`goroutines`]: id, state, wait reason and since when, where it was created.
//! - [`each_stack`]: each with its stack; [`stack_dump`]: Go's text of that.
//! - [`dump_on_quit`]: the same at `SIGQUIT`.
//! - [`go_system`]: goroutines that are none of the program's, and not shown.
//! - [`machines`]: the threads, and what each runs.
//! - [`on_blocked`]: told of every wait that has ended: what a block profile is made of.
//! - [`stalls`]: who held their thread too long.
//! - [`sched_stats`]: the counters behind Go's `schedtrace` line ([`schedtrace`],
//!   [`scheddetail`]).

pub(crate) mod blocked;
mod interrupted;
mod machines;
mod quit;
mod scheddetail;
pub(crate) mod schedtrace;
mod stack;
mod stacks;
pub(crate) mod stalls;
mod stats;
pub mod stopped;
pub(crate) mod system;
mod text;
mod traceback;

pub use blocked::{Blocked, on_blocked};
pub use gompa_unwind::MOST_FRAMES;
pub use interrupted::{Interrupted, interrupted};
pub use machines::{MachineInfo, machines};
pub use quit::dump_on_quit;
pub use stack::own_stack;
pub use stacks::{GoroutineStack, Look, Of, each_stack};
pub use stalls::{Stall, stalls, wait_for_stall};
pub use stats::{ProcStats, SchedStats, Threads, sched_stats, threads};
pub use system::go_system;
pub use text::{Text, is_ours, stack_dump};
pub(crate) use text::{dump_for_fatal, dump_of_caller};
pub(crate) use traceback::Level;

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
    /// Its wait is for nothing in particular: it was given no channel or lock.
    pub waits_for_nothing: bool,
    /// Its wait may end by itself: it has a deadline, or a context may cut it.
    pub may_time_out: bool,
    /// Where it was started.
    pub created_at: &'static Location<'static>,
    /// The goroutine that started it; `None`: a plain thread did.
    pub created_by: Option<GoroutineId>,
    /// Wired to its thread.
    pub locked_to_thread: bool,
}

impl GoroutineInfo {
    /// What it does, in Go's word: why it waits, else its status.
    pub fn state(&self) -> &'static str {
        match self.status {
            Status::Waiting => self.wait_reason.text(),
            other => other.text(),
        }
    }

    fn of(g: &G) -> Option<GoroutineInfo> {
        let id = GoroutineId::new(g.id())?;
        if g.is_system() {
            return None;
        }
        let status = g.status();
        let waiting = status == Status::Waiting;
        let (object, may_time_out) = g.wait_object();
        let info = GoroutineInfo {
            id,
            status,
            wait_reason: if waiting {
                g.reason()
            } else {
                WaitReason::None
            },
            waiting_since: waiting.then(|| time::to_instant(g.since())),
            waits_for_nothing: waiting && object == 0,
            may_time_out: waiting && may_time_out,
            created_at: g.created_at()?,
            created_by: GoroutineId::new(g.creator()),
            locked_to_thread: g.is_locked(),
        };
        // The memory may have become another goroutine's meanwhile.
        (g.id() == id.as_u64().get() && status != Status::Dead).then_some(info)
    }
}

/// Every goroutine of the runtime of the code that runs here (on a plain thread: of the process-wide
/// one) but [its own](go_system), in no order. Some tens of nanoseconds each; none is stopped.
pub fn goroutines() -> Vec<GoroutineInfo> {
    infos(current_sched())
}

/// How many goroutines there are, the [runtime's own](go_system) left out.
pub fn count(of: Of) -> usize {
    match of {
        Of::Mine => current_sched().user_goroutines() as usize,
        Of::All => {
            let all = crate::deadlock::runtimes();
            all.iter().map(|s| s.user_goroutines() as usize).sum()
        }
    }
}

fn infos(sched: &Sched) -> Vec<GoroutineInfo> {
    let mut all = Vec::new();
    sched.slab.for_each(|g| all.extend(GoroutineInfo::of(g)));
    all
}
