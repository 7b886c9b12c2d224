//! The scheduler's metrics.

use super::seconds;
use super::text::{Kind, Page};
use crate::census::Census;
use gompa_sched::debug::{SchedStats, sched_stats};

pub(super) fn add(page: &mut Page) {
    let stats = sched_stats();
    goroutines(page, &stats);
    procs(page, &stats);
    threads(page, &stats);
    let buckets: Vec<(Option<f64>, u64)> = stats
        .latency
        .buckets
        .iter()
        .map(|(bound, n)| (bound.map(seconds), *n))
        .collect();
    page.histogram(
        "gompa_sched_latency_seconds",
        "From runnable to running, of a sample of goroutines.",
        &buckets,
        seconds(stats.latency.sum),
    );
    page.gauge(
        "gompa_netpoll_waiters",
        "Goroutines that wait for sockets, in the whole process.",
        stats.netpoll_waiters,
    );
}

fn goroutines(page: &mut Page, stats: &SchedStats) {
    let census = Census::take();
    let states = census.states.iter();
    page.metric(
        Kind::Gauge,
        "gompa_goroutines",
        "Goroutines by state.",
        states.map(|(state, n)| (vec![("state", (*state).to_owned())], *n)),
    );
    let reasons = census.reasons.iter();
    page.metric(
        Kind::Gauge,
        "gompa_goroutines_waiting",
        "Waiting goroutines by reason, in Go's words.",
        reasons.map(|(reason, n)| (vec![("reason", reason.text().to_owned())], *n)),
    );
    page.gauge(
        "gompa_goroutines_system",
        "Goroutines of the runtime's own.",
        stats.system_goroutines,
    );
    page.counter(
        "gompa_goroutines_created_total",
        "Goroutines started.",
        stats.spawned,
    );
}

fn procs(page: &mut Page, stats: &SchedStats) {
    page.gauge(
        "gompa_gomaxprocs",
        "Ps: goroutines that may run at a time.",
        stats.gomaxprocs,
    );
    page.gauge("gompa_procs_idle", "Ps nobody uses.", stats.idle_procs);
    let global = [(vec![("queue", "global".to_owned())], stats.global_queue)];
    let local = stats.procs.iter().enumerate().map(|(i, p)| {
        (
            vec![("queue", format!("p{i}"))],
            p.queue + usize::from(p.has_next),
        )
    });
    page.metric(
        Kind::Gauge,
        "gompa_run_queue_length",
        "Runnable goroutines, by queue.",
        global.into_iter().chain(local),
    );
    page.gauge(
        "gompa_timers",
        "Timers in the Ps' heaps.",
        stats.procs.iter().map(|p| p.timers).sum::<usize>(),
    );
    let sum =
        |of: fn(&gompa_sched::debug::ProcStats) -> u64| stats.procs.iter().map(of).sum::<u64>();
    page.counter(
        "gompa_timers_fired_total",
        "Timers that have fired.",
        sum(|p| p.timers_fired),
    );
    page.counter(
        "gompa_switches_total",
        "Goroutines switched to.",
        sum(|p| p.switches),
    );
    page.counter(
        "gompa_steals_total",
        "Times a P stole from another.",
        sum(|p| p.steals),
    );
    let asleep = stats.handoffs_blocked;
    page.metric(
        Kind::Counter,
        "gompa_handoffs_total",
        "Ps taken by the monitor, by why: their thread held them too long, or was asleep in the kernel.",
        [("held", stats.handoffs - asleep), ("asleep", asleep)]
            .map(|(why, n)| (vec![("cause", why.to_owned())], n)),
    );
}

fn threads(page: &mut Page, stats: &SchedStats) {
    let busy = stats.threads.saturating_sub(stats.idle_threads);
    page.metric(
        Kind::Gauge,
        "gompa_threads",
        "Threads of the scheduler, the monitor not counted.",
        [("busy", busy), ("idle", stats.idle_threads)]
            .map(|(state, n)| (vec![("state", state.to_owned())], n)),
    );
    page.gauge(
        "gompa_threads_spinning",
        "Threads that look for work.",
        stats.spinning_threads,
    );
}
