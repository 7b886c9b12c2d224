//! Every goroutine with its stack, one after the other.

use super::stack::{frames_of, own_frames};
use super::{GoroutineInfo, stack};
use crate::deadlock;
use crate::goroutine::{G, Status};
use crate::handle::current_sched;
use crate::host;
use crate::runtime::Sched;
use gompa_unwind::Unwinder;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Whose goroutines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The runtime of the code that runs here; on a plain thread: the process-wide one.
    Mine,
    /// Every runtime of the process.
    All,
}

/// What to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look {
    /// Whose goroutines.
    pub of: Of,
    /// If there are more, only about so many, taken evenly.
    pub most: usize,
    /// With their stacks.
    pub stacks: bool,
}

impl Look {
    /// All goroutines of `of`, with their stacks.
    pub fn at(of: Of) -> Look {
        Look {
            of,
            most: usize::MAX,
            stacks: true,
        }
    }

    /// About `n` at the most.
    pub fn most(mut self, n: usize) -> Look {
        self.most = n;
        self
    }

    /// Without stacks: some tens of nanoseconds each.
    pub fn without_stacks(mut self) -> Look {
        self.stacks = false;
        self
    }
}

/// A goroutine and its stack, as they were at some instant.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GoroutineStack {
    /// What is known of it.
    pub info: GoroutineInfo,
    /// The addresses of its frames, innermost first: where it goes on, then return addresses.
    /// `None`: it runs, or has not begun, or somebody else looked at it; or nobody asked.
    pub frames: Option<Vec<usize>>,
    /// How many goroutines it stands for: more than one where only a part was looked at.
    pub stands_for: usize,
}

/// Shows `f` every goroutine, the calling one first, until it breaks. Nobody is stopped but the one
/// that is looked at, which waits anyway: about a microsecond each.
pub fn each_stack(look: Look, mut f: impl FnMut(&GoroutineStack) -> ControlFlow<()>) {
    let me = host::goroutine();
    if let Some(info) = me.and_then(GoroutineInfo::of) {
        let first = GoroutineStack {
            info,
            frames: look.stacks.then(own_frames),
            stands_for: 1,
        };
        if f(&first).is_break() {
            return;
        }
    }
    let me = me.map(std::ptr::from_ref);
    match look.of {
        Of::Mine => {
            let _ = each_of(current_sched(), look, me, &mut f);
        }
        Of::All => {
            let all: Vec<Arc<Sched>> = deadlock::runtimes();
            let _ = all.iter().try_for_each(|s| each_of(s, look, me, &mut f));
        }
    }
}

/// All goroutines of `sched` but `me`.
pub(super) fn each_of(
    sched: &Sched,
    look: Look,
    me: Option<*const G>,
    f: &mut dyn FnMut(&GoroutineStack) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let there_are = sched.user_goroutines() as usize;
    let every = there_are.div_ceil(look.most.max(1)).max(1);
    let unwinder = look.stacks.then(Unwinder::current);
    let mut seen = 0;
    sched.slab.try_for_each(|g| {
        if me == Some(std::ptr::from_ref(g)) {
            return ControlFlow::Continue(());
        }
        let Some(info) = GoroutineInfo::of(g) else {
            return ControlFlow::Continue(());
        };
        seen += 1;
        if seen % every != 0 {
            return ControlFlow::Continue(());
        }
        let frames: Option<stack::Frames> = match (&unwinder, info.status) {
            (Some(unwinder), Status::Waiting) => frames_of(g, unwinder),
            _ => None,
        };
        if g.id() != info.id.as_u64().get() {
            // It has ended meanwhile, and the frames may be another's.
            return ControlFlow::Continue(());
        }
        f(&GoroutineStack {
            info,
            frames,
            stands_for: every,
        })
    })
}
