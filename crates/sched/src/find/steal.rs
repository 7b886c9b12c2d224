//! Stealing: half of another P's queue; last its `runnext`; its timers.

use super::Found;
use crate::goroutine::G;
use crate::machine::M;
use crate::processor::P;
use crate::runtime::Sched;
use crate::trace::Kind;
use gompa_park::time;
use std::ptr::NonNull;
use std::time::Duration;

/// Rounds over all Ps. In the last one `runnext` and timers count too.
const ROUNDS: u32 = 4;

/// Goroutines that wake each other on another P leave nothing to steal, and want a thread woken each
/// time. If so many switches have happened there while we looked, we stay for a while instead, napping:
/// nobody needs to wake us then.
const LIVELY: u64 = 4;
const LINGERS: u32 = 20;
/// In truth some 55 us: the system's timer slack.
const NAP: Duration = Duration::from_micros(3);

/// How a round of stealing ended.
pub(super) enum Stolen {
    Work(Found),
    /// Timers ran, or the runtime wants attention: begin anew.
    LookAgain,
    Nothing,
}

/// Looks at the other Ps, in a random order.
pub(super) fn steal_work(m: &M, p: &P) -> Stolen {
    let sched = m.sched();
    let n = sched.procs.count() as u32;
    let mut ran_timers = false;
    let before = switches_elsewhere(sched, p);
    for round in 0..ROUNDS {
        let last = round == ROUNDS - 1;
        // Start anywhere and step by a number coprime with n: visits each once.
        let mut at = p.random_below(n);
        let step = coprime(p.random_below(n) + 1, n);
        for _ in 0..n {
            if sched.is_stopped() {
                return Stolen::LookAgain;
            }
            let victim = sched.procs.get(at as usize);
            at = (at + step) % n;
            if std::ptr::eq(victim, p) {
                continue;
            }
            if last && victim.timers.next() != time::NEVER {
                let fired = victim.timers.run(time::now());
                if fired > 0 {
                    p.counts.timers_fired.add(fired as u64);
                    p.trace.add_exact(Kind::Timers, 0, fired as u64);
                    ran_timers = true;
                    // What fired was queued here.
                    if let Some(found) = p.queue.take() {
                        return Stolen::Work(found);
                    }
                }
            }
            if victim.idle.load(std::sync::atomic::Ordering::Relaxed) {
                continue;
            }
            if let Some(g) = steal_from(sched, victim, p, last) {
                p.counts.steals.add(1);
                p.trace.add_exact(Kind::Steal, 0, u64::from(victim.index));
                return Stolen::Work((g, false));
            }
        }
    }
    if ran_timers {
        return Stolen::LookAgain;
    }
    // Less than before, if there are fewer Ps now.
    let lively = switches_elsewhere(sched, p).saturating_sub(before) >= LIVELY;
    if lively && m.lingers.get() < LINGERS {
        m.lingers.set(m.lingers.get() + 1);
        std::thread::sleep(NAP);
        return Stolen::LookAgain;
    }
    m.lingers.set(0);
    Stolen::Nothing
}

/// Goroutines switched to on other Ps so far.
fn switches_elsewhere(sched: &Sched, p: &P) -> u64 {
    let others = sched.procs.iter().filter(|other| !std::ptr::eq(*other, p));
    others.map(|other| other.counts.switches.get()).sum()
}

fn steal_from(sched: &Sched, victim: &P, p: &P, last: bool) -> Option<NonNull<G>> {
    let stolen = victim.queue.steal_into(&p.queue);
    if let Some(g) = stolen.or_else(|| victim.yielded.steal_into(&p.queue)) {
        return Some(g);
    }
    if last {
        steal_next(sched, victim)
    } else {
        None
    }
}

/// Takes `runnext`, if the victim does not get to it: two goroutines that wake each other are best
/// left alone. So this waits a little and takes it only if it is the same one still, and no other
/// slice has begun meanwhile.
///
/// The slot has one owner, who uses it without atomic operations; so a thief asks the victim's M to
/// stay in user code for a moment.
fn steal_next(sched: &Sched, victim: &P) -> Option<NonNull<G>> {
    if victim.queue.peek_next().is_null() {
        return None;
    }
    let switches = victim.counts.switches.get();
    std::thread::sleep(NAP);
    if victim.counts.switches.get() != switches {
        return None;
    }
    sched.machines.with_holder(victim, |m| {
        m.tenure
            .borrow(NonNull::from(victim), || victim.queue.steal_next())
            .flatten()
    })
}

/// The first number from `from` on that has no divisor in common with `n`.
fn coprime(from: u32, n: u32) -> u32 {
    let gcd = |mut a: u32, mut b: u32| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    (from..)
        .find(|k| gcd(*k, n) == 1)
        .expect("n + 1 is one at the latest")
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::coprime;

    #[test]
    fn the_walk_visits_each_once() {
        for n in 1..=64u32 {
            for from in 1..=n {
                let step = coprime(from, n);
                let mut seen = vec![false; n as usize];
                let mut at = from % n;
                for _ in 0..n {
                    assert!(!std::mem::replace(&mut seen[at as usize], true));
                    at = (at + step) % n;
                }
            }
        }
    }
}
