//! Running a select: look at the cases one by one; if none is ready, [at all](super::all).

use super::all::{All, Decision};
use super::case::{Case, Ended, Kind, Look};
use super::order::{Candidates, Entry, by_address};
use crate::hchan::recv::meet;
use crate::hchan::wait::{NOW, wait_in_vain};
use crate::hchan::waiter::Waiter;
use gompa_park::time::Nanos;
use gompa_park::{Unparker, WaitReason};
use std::mem::MaybeUninit;

/// Room for a run, one place a case.
pub(crate) struct Scratch<'s> {
    /// For the cases that may be ready.
    pub(crate) poll: &'s mut [u32],
    /// For the order in which channels are taken.
    pub(crate) lock: &'s mut [MaybeUninit<Entry>],
    /// For what stands in the channels' queues.
    pub(crate) nodes: &'s mut [MaybeUninit<Waiter>],
}

/// [`Scratch`] for up to `N` cases, on the stack.
pub(crate) struct Room<const N: usize> {
    poll: [u32; N],
    lock: [MaybeUninit<Entry>; N],
    nodes: [MaybeUninit<Waiter>; N],
}

impl<const N: usize> Room<N> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Room {
            poll: [0; N],
            lock: [const { MaybeUninit::uninit() }; N],
            nodes: [const { MaybeUninit::uninit() }; N],
        }
    }

    /// For `n` cases.
    #[inline(always)]
    pub(crate) fn scratch(&mut self, n: usize) -> Scratch<'_> {
        Scratch {
            poll: &mut self.poll[..n],
            lock: &mut self.lock[..n],
            nodes: &mut self.nodes[..n],
        }
    }
}

/// Does exactly one of `cases`, or none by `deadline`. Returns which, and how it ended.
pub(crate) fn run(
    cases: &[Case<'_>],
    mut scratch: Scratch<'_>,
    deadline: Nanos,
) -> Option<(usize, Ended)> {
    loop {
        let mut candidates = Candidates::new(&mut *scratch.poll);
        for (i, case) in (0..).zip(cases) {
            if let Some(core) = case.core() {
                candidates.add(i, case.may_be_ready(core));
            }
        }
        while let Some(i) = candidates.draw() {
            if let Some(ended) = look_alone(&cases[i], cases) {
                return Some((i, ended));
            }
        }
        match hold(cases, &mut scratch, deadline) {
            Decision::Won(i, ended) => return Some((i, ended)),
            Decision::NoneReady => return None,
            Decision::StartOver => {}
        }
    }
}

/// Decides about all cases at once.
#[inline(never)]
fn hold(cases: &[Case<'_>], scratch: &mut Scratch<'_>, deadline: Nanos) -> Decision {
    let all = All {
        cases,
        lock: by_address(cases, scratch.lock),
        reason: reason(cases),
    };
    if all.lock.is_empty() {
        if deadline != NOW {
            wait_in_vain(all.reason, deadline);
        }
        return Decision::NoneReady;
    }
    all.decide(scratch.poll, scratch.nodes, deadline)
}

/// Go's word for what such a select waits for: one with a single case is that operation.
fn reason(cases: &[Case<'_>]) -> WaitReason {
    match cases {
        [] => WaitReason::SelectNoCases,
        [one] => match (one.kind, one.channel.is_some()) {
            (Kind::Recv, true) => WaitReason::ChanReceive,
            (Kind::Recv, false) => WaitReason::ChanReceiveNil,
            (Kind::Send, true) => WaitReason::ChanSend,
            (Kind::Send, false) => WaitReason::ChanSendNil,
        },
        _ => WaitReason::Select,
    }
}

/// Does one case if it is ready, with no other channel held.
#[inline(never)]
fn look_alone(case: &Case<'_>, cases: &[Case<'_>]) -> Option<Ended> {
    let core = case.core()?;
    // Again after a sender has turned back.
    while case.may_be_ready(core) {
        if case.look_in_lane(core) {
            return Some(Ended::Received);
        }
        let mut held = core.enter();
        let look = case.look(&mut held, core);
        drop(held);
        match look {
            Look::Won(ended, wake) => {
                unpark(wake);
                return Some(ended);
            }
            Look::NotReady => break,
            // SAFETY: 1. claimed just now, and the lock is left. 2. the case's place.
            Look::Meet(sender) => unsafe {
                if meet(sender, case.place(), reason(cases)) {
                    return Some(Ended::Received);
                }
            },
        }
    }
    None
}

/// Wakes whom a look has claimed. No channel is held.
pub(super) fn unpark(wake: Option<Unparker>) {
    if let Some(unparker) = wake {
        // SAFETY: 1. claimed by the look. 2. a claimed wait is not withdrawn.
        unsafe { unparker.unpark() }
    }
}
