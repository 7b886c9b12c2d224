//! The picture of one moment, as `/stats` serves it.

use std::ops::Deref;
use std::sync::Arc;

use serde::Serialize;

use super::{Counts, Levels, Peaks};
use crate::common::Common;
use crate::rt::debug::{ProcStats, SchedStats, sched_stats};

/// Everything the live panel shows. Rates are the reader's to compute, from two pictures.
#[derive(Debug, Serialize)]
pub struct Snapshot {
    /// Milliseconds since the hub began.
    pub uptime_ms: u64,
    /// Whether the hub is ending.
    pub draining: bool,
    /// The runtime.
    pub scheduler: Scheduler,
    /// Who is here, and what was said.
    pub clients: Clients,
}

/// The runtime's Gs, Ps and Ms.
#[derive(Debug, Serialize)]
pub struct Scheduler {
    /// Goroutines that have not ended.
    pub goroutines: usize,
    /// How many Ps there are.
    pub gomaxprocs: usize,
    /// Ps without work.
    pub idle_procs: usize,
    /// Ms: threads of the runtime.
    pub threads: usize,
    /// Ms that look for work.
    pub spinning_threads: usize,
    /// Ms that sleep.
    pub idle_threads: usize,
    /// Runnable goroutines in the global queue.
    pub global_queue: usize,
    /// The most there were lately.
    pub global_peak: usize,
    /// Goroutines started since the beginning.
    pub spawned: u64,
    /// Ps taken from goroutines that kept them.
    pub handoffs: u64,
    /// Goroutines that wait for sockets.
    pub netpoll_waiters: usize,
    /// Each P.
    pub procs: Vec<Proc>,
}

/// A P.
#[derive(Debug, Serialize)]
pub struct Proc {
    /// No M uses it.
    pub idle: bool,
    /// Runnable goroutines in its local queue, of 256.
    pub queue: usize,
    /// Whether `runnext` holds one more.
    pub has_next: bool,
    /// The most there were lately, in both.
    pub peak: usize,
    /// Goroutines it has switched to.
    pub switches: u64,
    /// Times it has stolen from another.
    pub steals: u64,
}

/// Connections, rooms and messages.
#[derive(Debug, Serialize)]
pub struct Clients {
    /// TCP connections open now.
    pub connections: usize,
    /// WebSockets open now.
    pub sockets: usize,
    /// Rooms there are.
    pub rooms: usize,
    /// What has been counted.
    #[serde(flatten)]
    pub counts: Counts,
}

impl Deref for Clients {
    type Target = Counts;

    fn deref(&self) -> &Counts {
        &self.counts
    }
}

impl Snapshot {
    /// Takes the picture.
    pub fn take(
        common: &Common,
        draining: bool,
        (connections, sockets, rooms): (usize, usize, usize),
        peaks: &Arc<Peaks>,
    ) -> Snapshot {
        let stats = sched_stats();
        let peak = peaks.watch(&stats);
        Snapshot {
            uptime_ms: common.uptime().as_millis() as u64,
            draining,
            scheduler: Scheduler::new(&stats, &peak),
            clients: Clients {
                connections,
                sockets,
                rooms,
                counts: common.counters.read(),
            },
        }
    }

    /// As JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers and lists always become JSON")
    }
}

impl Scheduler {
    fn new(stats: &SchedStats, peak: &Levels) -> Scheduler {
        let proc = |(stats, peak): (&ProcStats, &usize)| Proc {
            idle: stats.idle,
            queue: stats.queue,
            has_next: stats.has_next,
            peak: *peak,
            switches: stats.switches,
            steals: stats.steals,
        };
        Scheduler {
            goroutines: stats.goroutines,
            gomaxprocs: stats.gomaxprocs,
            idle_procs: stats.idle_procs,
            threads: stats.threads,
            spinning_threads: stats.spinning_threads,
            idle_threads: stats.idle_threads,
            global_queue: stats.global_queue,
            global_peak: peak.global,
            spawned: stats.spawned,
            handoffs: stats.handoffs,
            netpoll_waiters: stats.netpoll_waiters,
            procs: stats.procs.iter().zip(&peak.local).map(proc).collect(),
        }
    }
}
