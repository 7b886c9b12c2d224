//! Running a select: look, hold, queue, wake, as the [parent](super) tells it.

use super::case::{Case, Ended, Kind, Look};
use super::order::{Shuffle, by_address};
use crate::hchan::Core;
use crate::hchan::gate::Held;
use crate::hchan::recv::meet;
use crate::hchan::wait::{NOW, wait_in_vain};
use crate::hchan::waiter::Claim;
use gompa_park::time::Nanos;
use gompa_park::waiter::Then;
use gompa_park::{Parker, Unparker, WaitReason, Wake};
use std::ptr;

/// Does exactly one of `cases`, or none by `deadline`. Returns which, and how it ended.
///
/// `poll` and `lock` are scratch space, one place a case.
pub(crate) fn run(
    cases: &[Case<'_>],
    poll: &mut [u32],
    lock: &mut [u32],
    deadline: Nanos,
) -> Option<(usize, Ended)> {
    let reason = reason(cases);
    loop {
        fire_timers(cases);
        let mut shuffle = Shuffle::new(&mut *poll);
        for i in &mut shuffle {
            match look_alone(&cases[i], reason) {
                Alone::Won(ended) => return Some((i, ended)),
                Alone::NotReady => {}
            }
        }
        let all = All {
            cases,
            poll: shuffle.order(),
            lock: by_address(cases, &mut *lock),
        };
        if all.lock.is_empty() {
            if deadline != NOW {
                wait_in_vain(reason, deadline);
            }
            return None;
        }
        match all.decide(reason, deadline) {
            Decision::Won(i, ended) => return Some((i, ended)),
            Decision::NoneReady => return None,
            Decision::StartOver => {}
        }
    }
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

/// What came of one look at one case, with no other channel held.
enum Alone {
    Won(Ended),
    NotReady,
}

/// Looks at one case.
#[inline]
fn look_alone(case: &Case<'_>, reason: WaitReason) -> Alone {
    let Some(core) = case.core() else {
        return Alone::NotReady;
    };
    // Again after a sender has turned back.
    while case.may_be_ready(core) {
        if case.look_in_lane(core) {
            return Alone::Won(Ended::Received);
        }
        let mut held = core.enter();
        let look = case.look(&mut held, core);
        drop(held);
        match look {
            Look::Won(ended, wake) => {
                unpark(wake);
                return Alone::Won(ended);
            }
            Look::NotReady => break,
            // SAFETY: 1. claimed just now, and the lock is left. 2. the case's place.
            Look::Meet(sender) => unsafe {
                if meet(sender, case.place(), reason) {
                    return Alone::Won(Ended::Received);
                }
            },
        }
    }
    Alone::NotReady
}

/// Wakes whom a look has claimed. No channel is held.
fn unpark(wake: Option<Unparker>) {
    if let Some(unparker) = wake {
        // SAFETY: 1. claimed by the look. 2. a claimed wait is not withdrawn.
        unsafe { unparker.unpark() }
    }
}

/// How holding all channels went.
enum Decision {
    Won(usize, Ended),
    NoneReady,
    /// Nothing has happened, though a case was chosen: its other party turned back.
    StartOver,
}

/// A select whose cases were not ready one by one.
struct All<'r, 'a> {
    cases: &'r [Case<'a>],
    /// A random order of all.
    poll: &'r [u32],
    /// Those that are not nil, by address.
    lock: &'r [u32],
}

impl All<'_, '_> {
    fn decide(&self, reason: WaitReason, deadline: Nanos) -> Decision {
        self.hold();
        if let Some(decision) = self.look(reason) {
            return decision;
        }
        if deadline == NOW {
            self.leave();
            return Decision::NoneReady;
        }
        if !self.cases.iter().any(is_timers) {
            return self.wait(reason, deadline);
        }
        // Timers run while somebody waits; and they may have fired before the others see it.
        self.leave();
        let _armed = ArmedAll::new(self.cases);
        self.hold();
        if let Some(decision) = self.look(reason) {
            return decision;
        }
        self.wait(reason, deadline)
    }

    /// Looks at all cases in random order while all are held; leaves them if that decides.
    fn look(&self, reason: WaitReason) -> Option<Decision> {
        for &i in self.poll {
            let case = &self.cases[i as usize];
            let Some(core) = case.core() else { continue };
            // SAFETY: 1. all are held, until `leave` below.
            let mut held = unsafe { Held::borrow(core) };
            match case.look(&mut held, core) {
                Look::NotReady => {}
                Look::Won(ended, wake) => {
                    self.leave();
                    unpark(wake);
                    return Some(Decision::Won(i as usize, ended));
                }
                Look::Meet(sender) => {
                    self.leave();
                    // SAFETY: 1. claimed just now, and all locks are left. 2. the case's place.
                    return Some(if unsafe { meet(sender, case.place(), reason) } {
                        Decision::Won(i as usize, Ended::Received)
                    } else {
                        Decision::StartOver
                    });
                }
            }
        }
        None
    }

    /// Queues all cases, leaves, and waits. All are held.
    fn wait(&self, reason: WaitReason, deadline: Nanos) -> Decision {
        let parker = Parker::current();
        let claim = Claim::new();
        for &i in self.lock {
            let case = &self.cases[i as usize];
            let Some(core) = case.core() else { continue };
            case.node.arm_case(parker.unparker(), &claim, i);
            // SAFETY: 1. all are held, until the wait below has begun.
            let mut held = unsafe { Held::borrow(core) };
            // SAFETY: 1. armed just now; the cases stay where they are, and this frame with the
            // claim in it, until every node has been claimed and unparked, or withdrawn.
            unsafe {
                match case.kind {
                    Kind::Recv => held.queue_receiver(&case.node),
                    Kind::Send => held.queue_sender(&case.node),
                }
            }
        }
        let then = Then {
            run: leave_all,
            data: ptr::from_ref(self).cast(),
        };
        // SAFETY: 1. leaving neither blocks nor panics. 2. the nodes are in the queues of channels
        // that are held until then.
        let wake = unsafe { parker.park_then(reason, deadline, then) };
        if wake != Wake::Unparked {
            if claim.withdraw() {
                self.clean_up(None);
                if wake == Wake::Interrupted {
                    parker.abandon();
                }
                return Decision::NoneReady;
            }
            parker.park_claimed(reason);
        }
        let winner = claim.winner();
        self.clean_up(Some(winner));
        match self.cases[winner].claimed() {
            Some(ended) => Decision::Won(winner, ended),
            None => Decision::StartOver,
        }
    }

    /// Takes every node but the winner's (which its claimer has taken) out of its queue.
    fn clean_up(&self, winner: Option<usize>) {
        let loses = |i: u32| winner != Some(i as usize);
        for group in self.groups() {
            let Some(&first) = group.iter().find(|i| loses(**i)) else {
                continue;
            };
            let Some(core) = self.cases[first as usize].core() else {
                continue;
            };
            let mut held = core.enter();
            for &i in group.iter().filter(|i| loses(**i)) {
                let case = &self.cases[i as usize];
                // SAFETY: 1. it was queued in this channel, as what it is.
                unsafe {
                    match case.kind {
                        Kind::Recv => held.withdraw_receiver(&case.node),
                        Kind::Send => held.withdraw_sender(&case.node),
                    }
                };
            }
        }
    }

    /// The cases by channel, in the order of addresses.
    fn groups(&self) -> impl Iterator<Item = &[u32]> {
        let channel = |i: u32| self.cases[i as usize].channel;
        self.lock.chunk_by(move |a, b| channel(*a) == channel(*b))
    }

    /// The channels, each once, in the order of addresses.
    fn channels(&self) -> impl Iterator<Item = &Core> {
        self.groups()
            .filter_map(|group| self.cases[group[0] as usize].core())
    }

    /// Takes all channels.
    fn hold(&self) {
        self.channels().for_each(Core::enter_raw);
    }

    /// Gives all channels back.
    fn leave(&self) {
        for core in self.channels() {
            // SAFETY: 1. entered by `hold`, and each once.
            unsafe { core.leave_raw() };
        }
    }
}

/// Leaves all channels of the select at `all`.
///
/// # Safety
/// 1. They are held, and left nowhere else.
unsafe fn leave_all(all: *const ()) {
    // SAFETY: the select waits, so it is live, and uses its parts by shared references only.
    unsafe { (*all.cast::<All<'_, '_>>()).leave() }
}

/// Whether it receives from a timer's channel.
fn is_timers(case: &Case<'_>) -> bool {
    case.kind == Kind::Recv && case.core().is_some_and(Core::is_timer)
}

fn fire_timers(cases: &[Case<'_>]) {
    for case in cases {
        if let Some(core) = case.core() {
            core.fire_if_due();
        }
    }
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
