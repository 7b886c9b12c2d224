//! The picture of one moment, as `/stats` serves it.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{Counters, Levels, Peaks};
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
#[allow(missing_docs)] // see Counters
pub struct Clients {
    /// TCP connections open now.
    pub connections: usize,
    /// WebSockets open now.
    pub sockets: usize,
    /// Rooms with somebody in them.
    pub rooms: usize,
    pub accepted: u64,
    pub accept_errors: u64,
    pub requests: u64,
    pub sockets_opened: u64,
    pub messages_in: u64,
    pub messages_out: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub slow_readers: u64,
    pub messages_dropped: u64,
    pub bad_frames: u64,
    pub timeouts: u64,
}

impl Snapshot {
    /// Takes the picture.
    pub fn take(
        uptime: Duration,
        draining: bool,
        (connections, sockets, rooms): (usize, usize, usize),
        counters: &Counters,
        peaks: &Arc<Peaks>,
    ) -> Snapshot {
        let stats = sched_stats();
        let peak = peaks.watch(&stats);
        Snapshot {
            uptime_ms: uptime.as_millis() as u64,
            draining,
            scheduler: Scheduler::new(&stats, &peak),
            clients: Clients {
                connections,
                sockets,
                rooms,
                accepted: Counters::get(&counters.accepted),
                accept_errors: Counters::get(&counters.accept_errors),
                requests: Counters::get(&counters.requests),
                sockets_opened: Counters::get(&counters.sockets),
                messages_in: Counters::get(&counters.messages_in),
                messages_out: Counters::get(&counters.messages_out),
                bytes_in: Counters::get(&counters.bytes_in),
                bytes_out: Counters::get(&counters.bytes_out),
                slow_readers: Counters::get(&counters.slow_readers),
                messages_dropped: Counters::get(&counters.messages_dropped),
                bad_frames: Counters::get(&counters.bad_frames),
                timeouts: Counters::get(&counters.timeouts),
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
