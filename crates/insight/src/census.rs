//! All goroutines, counted: by state, and those that wait by why.

use gompa_park::WaitReason;
use gompa_sched::Status;
use gompa_sched::debug::{GoroutineInfo, goroutines};
use std::collections::BTreeMap;

/// A count.
#[derive(Debug)]
pub(crate) struct Census {
    pub(crate) states: [(&'static str, usize); 4],
    /// By number; only those there are.
    pub(crate) reasons: Vec<(WaitReason, usize)>,
}

impl Census {
    /// Of the runtime of the code that runs here.
    pub(crate) fn take() -> Census {
        Census::of(&goroutines())
    }

    pub(crate) fn of(all: &[GoroutineInfo]) -> Census {
        let states = [
            Status::Running,
            Status::Runnable,
            Status::Waiting,
            Status::Syscall,
        ];
        let mut states = states.map(|s| (s, 0));
        let mut reasons = BTreeMap::<u8, usize>::new();
        for g in all {
            if let Some(state) = states.iter_mut().find(|s| s.0 == g.status) {
                state.1 += 1;
            }
            if g.status == Status::Waiting {
                *reasons.entry(g.wait_reason as u8).or_default() += 1;
            }
        }
        let mut reasons: Vec<(WaitReason, usize)> = reasons
            .into_iter()
            .map(|(reason, n)| (WaitReason::from_u8(reason), n))
            .collect();
        reasons.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        Census {
            states: states.map(|(s, n)| (s.text(), n)),
            reasons,
        }
    }
}
