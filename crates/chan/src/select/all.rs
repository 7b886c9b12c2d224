//! A select that has found no case ready one by one: it takes all channels at once, in the order of
//! their addresses, looks again, and if none is ready queues a node at each and waits.

use super::case::{Case, Ended, Kind, Look, may_be_ready};
use super::order::{Candidates, Entry};
use super::run::unpark;
use crate::hchan::Core;
use crate::hchan::gate::Held;
use crate::hchan::recv::meet;
use crate::hchan::wait::NOW;
use crate::hchan::waiter::{Claim, Waiter};
use gompa_park::time::Nanos;
use gompa_park::waiter::Then;
use gompa_park::{Parker, WaitReason, Wake};
use std::mem::MaybeUninit;
use std::ptr;

/// How it went.
pub(super) enum Decision {
    /// This case, so.
    Won(usize, Ended),
    /// None, and the time is over.
    NoneReady,
    /// Nothing has happened, though a case was chosen: its other party turned back.
    StartOver,
}

/// The select.
pub(super) struct All<'r, 'a> {
    pub(super) cases: &'r [Case<'a>],
    /// Those that are not nil, by address.
    pub(super) lock: &'r [Entry],
    /// What it waits for, in Go's word.
    pub(super) reason: WaitReason,
}

impl All<'_, '_> {
    /// Does one case, or none by `deadline`.
    #[inline(never)]
    pub(super) fn decide(
        &self,
        poll: &mut [u32],
        nodes: &mut [MaybeUninit<Waiter>],
        deadline: Nanos,
    ) -> Decision {
        if let Some(decision) = self.hold_and_look(poll) {
            return decision;
        }
        if deadline == NOW {
            self.leave();
            return Decision::NoneReady;
        }
        if !self.cases.iter().any(is_timers) {
            return self.wait(nodes, deadline);
        }
        // Timers run while somebody waits; and they may have fired before the others see it.
        self.leave();
        let _armed = ArmedAll::new(self.cases);
        if let Some(decision) = self.hold_and_look(poll) {
            return decision;
        }
        self.wait(nodes, deadline)
    }

    /// Takes all channels. If a case is ready then, does one of those, and leaves; if none is, all
    /// stay held.
    #[inline(always)]
    fn hold_and_look(&self, poll: &mut [u32]) -> Option<Decision> {
        let mut candidates = Candidates::new(poll);
        let mut last = ptr::null();
        for entry in self.lock {
            let core = entry.core(self.cases);
            if !ptr::eq(core, last) {
                core.enter_raw();
                last = core;
            }
            candidates.add(entry.index, may_be_ready(entry.kind, core));
        }
        while let Some(i) = candidates.draw() {
            if let Some(decision) = self.look(i) {
                return Some(decision);
            }
        }
        None
    }

    /// Looks at one case while all are held; leaves them if it was ready.
    #[inline(never)]
    fn look(&self, i: usize) -> Option<Decision> {
        let case = &self.cases[i];
        let core = case.core()?;
        // SAFETY: 1. all are held, until `leave` below.
        let mut held = unsafe { Held::borrow(core) };
        match case.look(&mut held, core) {
            Look::NotReady => None,
            Look::Won(ended, wake) => {
                self.leave();
                unpark(wake);
                Some(Decision::Won(i, ended))
            }
            Look::Meet(sender) => {
                self.leave();
                // SAFETY: 1. claimed just now, and all locks are left. 2. the case's place.
                Some(if unsafe { meet(sender, case.place(), self.reason) } {
                    Decision::Won(i, Ended::Received)
                } else {
                    Decision::StartOver
                })
            }
        }
    }

    /// Queues all cases, leaves, and waits. All are held.
    fn wait(&self, nodes: &mut [MaybeUninit<Waiter>], deadline: Nanos) -> Decision {
        let parker = Parker::current();
        let claim = Claim::new();
        for (number, (entry, node)) in (0..).zip(self.lock.iter().zip(&mut *nodes)) {
            let place = self.cases[entry.index as usize].place();
            let unparker = parker.unparker();
            node.write(Waiter::of_case(unparker, place, &claim, number));
        }
        // From here on others know the nodes.
        let nodes = &*nodes;
        for (entry, node) in self.lock.iter().zip(nodes) {
            // SAFETY: written above.
            let node = unsafe { node.assume_init_ref() };
            // SAFETY: 1. all are held, until the wait below has begun.
            let mut held = unsafe { Held::borrow(entry.core(self.cases)) };
            // SAFETY: 1. made just now; the nodes stay where they are, and this frame with the
            // claim in it, until every node has been claimed and unparked, or withdrawn.
            unsafe {
                match entry.kind {
                    Kind::Recv => held.queue_receiver(node),
                    Kind::Send => held.queue_sender(node),
                }
            }
        }
        let then = Then {
            run: leave_all,
            data: ptr::from_ref(self).cast(),
        };
        // SAFETY: 1. leaving neither blocks nor panics. 2. the nodes are in the queues of channels
        // that are held until then.
        let wake = unsafe { parker.park_then_cuttable(self.reason, deadline, then) };
        if wake != Wake::Unparked {
            if claim.withdraw() {
                self.clean_up(nodes, None);
                if wake == Wake::Interrupted {
                    parker.abandon();
                }
                return Decision::NoneReady;
            }
            parker.park_claimed(self.reason);
        }
        let winner = claim.winner();
        self.clean_up(nodes, Some(winner));
        let index = self.lock[winner].index as usize;
        // SAFETY: written above, as all have been.
        let outcome = unsafe { nodes[winner].assume_init_ref() }.outcome();
        match self.cases[index].claimed(outcome) {
            Some(ended) => Decision::Won(index, ended),
            None => Decision::StartOver,
        }
    }

    /// Takes every node but the winner's (which its claimer has taken) out of its queue.
    fn clean_up(&self, nodes: &[MaybeUninit<Waiter>], winner: Option<usize>) {
        let mut held: Option<Held<'_>> = None;
        for (place, (entry, node)) in self.lock.iter().zip(nodes).enumerate() {
            if winner == Some(place) {
                continue;
            }
            let core = entry.core(self.cases);
            let held = match &mut held {
                Some(held) if ptr::eq(held.core, core) => held,
                other => {
                    *other = None;
                    other.insert(core.enter())
                }
            };
            // SAFETY: written when it was queued.
            let node = unsafe { node.assume_init_ref() };
            // SAFETY: 1. it was queued in this channel, as what it is.
            unsafe {
                match entry.kind {
                    Kind::Recv => held.withdraw_receiver(node),
                    Kind::Send => held.withdraw_sender(node),
                }
            };
        }
    }

    /// Gives all channels back, and looks at nothing of the select's once the last one is given:
    /// by then its owner may be gone. (Not before: it takes every channel once more, but for that
    /// of the case that has won.)
    #[inline]
    fn leave(&self) {
        let mut entries = self.lock.iter().map(|e| e.core(self.cases));
        let mut next = entries.next();
        while let Some(core) = next {
            next = entries.find(|other| !ptr::eq(*other, core));
            // SAFETY: 1. entered by `hold_and_look`, and each once.
            unsafe { core.leave_raw() };
        }
    }
}

/// Leaves all channels of the select at `all`.
///
/// # Safety
/// 1. They are held, and left nowhere else.
unsafe fn leave_all(all: *const ()) {
    // SAFETY: the select waits, and is not over before the last channel is left, which is the last
    // that `leave` does. It uses its parts by shared references only.
    unsafe { (*all.cast::<All<'_, '_>>()).leave() }
}

/// Whether it receives from a timer's channel.
fn is_timers(case: &Case<'_>) -> bool {
    case.kind == Kind::Recv && case.core().is_some_and(Core::is_timer)
}

/// The timers behind the receive cases, told that somebody waits.
struct ArmedAll<'r, 'a>(&'r [Case<'a>]);

impl<'r, 'a> ArmedAll<'r, 'a> {
    fn new(cases: &'r [Case<'a>]) -> Self {
        let all = ArmedAll(cases);
        all.cores().for_each(Core::arm_timer);
        all
    }

    fn cores(&self) -> impl Iterator<Item = &Core> {
        self.0
            .iter()
            .filter(|c| is_timers(c))
            .filter_map(Case::core)
    }
}

impl Drop for ArmedAll<'_, '_> {
    fn drop(&mut self) {
        self.cores().for_each(Core::disarm_timer);
    }
}

/// The channels that a select waits at, given the data of its wait.
///
/// # Safety
/// 1. The select waits, and goes on waiting meanwhile.
pub unsafe fn channels_of(wait: usize, mut f: impl FnMut(usize)) {
    // SAFETY: duty 1: the select's frame is there.
    let all = unsafe { &*std::ptr::with_exposed_provenance::<All<'_, '_>>(wait) };
    for entry in all.lock {
        f(ptr::from_ref(entry.core(all.cases)).expose_provenance());
    }
}
