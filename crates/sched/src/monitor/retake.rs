//! Taking Ps back: from goroutines that keep theirs too long, and from Ms asleep in the kernel.

use super::SLICE;
use super::stalls::Stalls;
use super::thread_state::Threads;
use crate::machine::M;
use crate::processor::P;
use crate::runtime::Sched;
use crate::trace::{self, Kind};
use gompa_park::time::Nanos;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;

/// Looks at every M once; returns how many Ps were taken.
pub(super) fn retake(sched: &Sched, threads: &mut Threads, stalls: &mut Stalls, now: Nanos) -> u32 {
    let mut taken = Vec::new();
    sched.machines.for_each(|m| {
        if let Some(p) = look_at(sched, m, threads, stalls, now) {
            taken.push(p);
        }
    });
    // After the list's lock: handing a P off may start an M, which enters itself there.
    let n = taken.len() as u32;
    for p in taken {
        sched.hand_off(p);
    }
    n
}

/// One M: takes its P if that is due.
fn look_at(
    sched: &Sched,
    m: &M,
    threads: &mut Threads,
    stalls: &mut Stalls,
    now: Nanos,
) -> Option<NonNull<P>> {
    let Some(p) = NonNull::new(m.tenure.peek()) else {
        m.seen.held.set(0);
        return None;
    };
    // SAFETY: Ps live as long as their runtime.
    let this = unsafe { p.as_ref() };
    let (slice, switches) = (this.tick(), this.counts.switches.get());
    let seen = &m.seen;
    if seen.p.get() != this.index + 1 || seen.slice.get() != slice {
        seen.p.set(this.index + 1);
        seen.slice.set(slice);
        seen.since.set(now);
        seen.held.set(now);
    }
    if seen.held.get() == 0 {
        seen.held.set(now);
    }
    let long = now.saturating_sub(seen.since.get()) >= SLICE;
    if seen.switches.replace(switches) != switches {
        // Goroutines change, but in one time slice: they keep waking each other.
        if long {
            this.slice_over.store(true, Relaxed);
        }
        seen.held.set(now);
        seen.cpu.set(threads.cpu_time(m));
        return None;
    }
    // A thread whose CPU clock stands still sleeps, or waits for a processor; only the kernel knows.
    let cpu = threads.cpu_time(m);
    let asleep = cpu == seen.cpu.replace(cpu) && threads.is_asleep(m);
    let due = asleep || (long && somebody_waits(sched, this, now));
    if !due {
        return None;
    }
    if !m
        .tenure
        .revoke(p, || this.counts.switches.get() == switches)
    {
        return None;
    }
    stalls.taken(m, seen.held.get(), asleep);
    trace::outside::add(Kind::Taken, u8::from(asleep), u64::from(this.index));
    sched.monitor.taken.fetch_add(1, Relaxed);
    if asleep {
        sched.monitor.taken_blocked.fetch_add(1, Relaxed);
    }
    Some(p)
}

/// Whether taking the P helps anybody: work that nobody idle or looking would come for.
fn somebody_waits(sched: &Sched, p: &P, now: Nanos) -> bool {
    let global = &sched.global;
    if global.len() != 0 {
        return true;
    }
    if p.has_no_work() && p.timers.next() > now {
        return false;
    }
    global.wakes.idle() == 0 && global.wakes.spinning() == 0
}
