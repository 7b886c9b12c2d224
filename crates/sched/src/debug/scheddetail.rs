//! `GODEBUG=schedtrace=N,scheddetail=1`: after the head a line for each P, M and G, in Go's form.
//!
//! The number of an M is its thread's in the kernel, as `top -H` shows it. What this scheduler has
//! not (a lock count, a reason not to preempt, a world that stops) is printed as Go prints it when it
//! is nothing. The free list of a P (`gfreecnt`) is its holder's, and left out, and so are goroutines
//! of the runtime's own.

use super::{GoroutineInfo, SchedStats};
use crate::goroutine::id::GoroutineId;
use crate::runtime::Sched;
use std::collections::HashMap;
use std::fmt::{self, Display, Write};
use std::sync::atomic::Ordering::Acquire;

/// An M at an instant.
struct Thread {
    tid: u32,
    address: usize,
    proc: Option<u32>,
    /// It carries a goroutine, whose number is [`runs`](Self::runs) unless it is the runtime's own.
    busy: bool,
    runs: Option<GoroutineId>,
    /// The goroutine locked to it.
    locked: Option<GoroutineId>,
}

/// What the lines are made of, looked at one after the other.
pub(super) struct Detail<'a> {
    stats: &'a SchedStats,
    threads: Vec<Thread>,
}

impl<'a> Detail<'a> {
    pub(super) fn of(sched: &Sched, stats: &'a SchedStats) -> Self {
        let mut threads = Vec::new();
        sched.machines.for_each(|m| {
            // SAFETY: null, or a P, which lives as long as its runtime.
            let proc = unsafe { m.tenure.peek().as_ref() }.map(|p| p.index);
            // SAFETY: null, or a goroutine in type-stable memory.
            let g = unsafe { m.running.load(Acquire).as_ref() };
            threads.push(Thread {
                tid: m.tid,
                address: std::ptr::from_ref(m).addr(),
                proc,
                busy: g.is_some(),
                runs: g.and_then(GoroutineInfo::of).map(|info| info.id),
                locked: None,
            });
        });
        let by_address: HashMap<usize, usize> = (0..threads.len())
            .map(|i| (threads[i].address, i))
            .collect();
        sched.slab.for_each(|g| {
            let to = g.locked_to().addr();
            if to != 0
                && let Some(i) = by_address.get(&to)
            {
                threads[*i].locked = GoroutineId::new(g.id());
            }
        });
        Detail { stats, threads }
    }

    /// What the head ends with in place of the lists.
    pub(super) fn head(&self) -> impl Display {
        let is_idle = |t: &&Thread| t.locked.is_some() && !t.busy;
        let idle_locked = self.threads.iter().filter(is_idle).count();
        fmt::from_fn(move |f| {
            write!(
                f,
                " gcwaiting=false nmidlelocked={idle_locked} stopwait=0 sysmonwait=false"
            )
        })
    }

    /// The lines, in pieces to `print`: there may be a million.
    pub(super) fn lines(&self, sched: &Sched, mut print: impl FnMut(&str)) {
        let mut text = String::new();
        self.procs_and_threads(&mut text);
        sched.slab.for_each(|g| {
            if let Some(info) = GoroutineInfo::of(g) {
                self.goroutine(&info, &mut text);
            }
            if text.len() > 1 << 16 {
                print(&text);
                text.clear();
            }
        });
        print(&text);
    }

    fn procs_and_threads(&self, text: &mut String) {
        for (i, p) in self.stats.procs.iter().enumerate() {
            let holder = self.threads.iter().find(|t| t.proc == Some(i as u32));
            // Writing to memory does not fail.
            let _ = writeln!(
                text,
                "  P{i}: status={} schedtick={} syscalltick={} m={} runqsize={} timerslen={}",
                u8::from(!p.idle),
                p.sched_ticks,
                p.blocking_calls,
                or_nil(holder.map(|t| t.tid)),
                p.queue,
                p.timers,
            );
        }
        for t in &self.threads {
            let _ = writeln!(
                text,
                "  M{}: p={} curg={} mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning={} \
                 blocked={} lockedg={}",
                t.tid,
                or_nil(t.proc),
                or_nil(t.runs),
                t.proc.is_some() && !t.busy,
                t.proc.is_none() && !t.busy,
                or_nil(t.locked),
            );
        }
    }

    fn goroutine(&self, info: &GoroutineInfo, text: &mut String) {
        let on = self.threads.iter().find(|t| t.runs == Some(info.id));
        let locked = self.threads.iter().find(|t| t.locked == Some(info.id));
        let _ = writeln!(
            text,
            "  G{}: status={}({}) m={} lockedm={}",
            info.id,
            info.status as u8,
            info.wait_reason.text(),
            or_nil(on.map(|t| t.tid)),
            or_nil(locked.map(|t| t.tid)),
        );
    }
}

/// Go's word where there is none.
fn or_nil(n: Option<impl Display>) -> impl Display {
    fmt::from_fn(move |f| match &n {
        Some(n) => write!(f, "{n}"),
        None => f.write_str("nil"),
    })
}
