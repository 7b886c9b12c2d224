//! Which figures make a row of the table, and what each is meant to reach.

/// One row.
pub struct Row {
    /// The workload.
    pub workload: &'static str,
    /// The metric, with the number of Ps.
    pub metric: &'static str,
    /// Who of us: `gompa`, or `gompa-carrier-tls`.
    pub contender: &'static str,
    /// What is meant to be reached; all of it. Empty: the row is only for the record.
    pub reach: &'static [Reach],
}

/// A bar, set before measuring.
#[derive(Clone, Copy)]
pub enum Reach {
    /// At most this share of Go's figure.
    OfGo(f64),
    /// At least this many times Go's figure, where more is better.
    TimesGo(f64),
    /// No more than the best peer whose name contains this.
    NoMoreThan(&'static str),
    /// At most this, in the metric's unit.
    AtMost(f64),
}

use Reach::{AtMost, NoMoreThan, OfGo, TimesGo};

const OURS: &str = "gompa";
const CARRIER: &str = "gompa-carrier-tls";

/// One page of stack, and what the runtime keeps beside it.
const PAGE_AND_600: f64 = 4096.0 + 600.0;

const fn row(
    workload: &'static str,
    metric: &'static str,
    contender: &'static str,
    reach: &'static [Reach],
) -> Row {
    Row {
        workload,
        metric,
        contender,
        reach,
    }
}

/// All rows, in the order of the table.
pub const ROWS: &[Row] = &[
    row("spawn", "ns_per_task@P1", OURS, &[OfGo(0.35)]),
    row("spawn", "ns_per_task@P2", OURS, &[OfGo(0.35)]),
    row("spawn", "ns_per_task@P1", CARRIER, &[]),
    row("spawn", "ns_per_task@P2", CARRIER, &[]),
    row("yield", "ns_per_yield@P1", OURS, &[OfGo(0.55)]),
    row("yield", "ns_per_yield@P2", OURS, &[OfGo(0.55)]),
    row("yield", "ns_per_yield@P1", CARRIER, &[OfGo(0.25)]),
    row("yield", "ns_per_yield@P2", CARRIER, &[OfGo(0.25)]),
    row(
        "pingpong",
        "ns_per_roundtrip@P1",
        OURS,
        &[OfGo(0.35), NoMoreThan("may")],
    ),
    row(
        "pingpong",
        "ns_per_roundtrip@P2",
        OURS,
        &[OfGo(0.35), NoMoreThan("may")],
    ),
    row("pingpong", "ns_per_roundtrip@P1", CARRIER, &[]),
    row("pingpong", "ns_per_roundtrip@P2", CARRIER, &[]),
    row(
        "spsc",
        "ns_per_msg@P1",
        OURS,
        &[OfGo(0.4), NoMoreThan("kanal")],
    ),
    row(
        "spsc",
        "ns_per_msg@P2",
        OURS,
        &[OfGo(0.4), NoMoreThan("kanal")],
    ),
    row(
        "mpmc",
        "ns_per_msg@P2",
        OURS,
        &[OfGo(0.4), NoMoreThan("kanal")],
    ),
    row("mpsc1k", "ns_per_msg@P2", OURS, &[OfGo(0.3)]),
    row("select4", "ns_per_msg@P2", OURS, &[OfGo(0.35)]),
    row("skynet", "ms@P2", OURS, &[OfGo(0.5)]),
    row("skynet", "ms_warm@P2", OURS, &[]),
    row("skynet", "peak_rss@P2", OURS, &[]),
    row(
        "parked",
        "rss_per_task_100k@P2",
        OURS,
        &[AtMost(PAGE_AND_600)],
    ),
    row(
        "parked",
        "rss_per_task_1M@P2",
        OURS,
        &[AtMost(PAGE_AND_600)],
    ),
    row("timers", "cpu_s@P2", OURS, &[OfGo(0.5)]),
    row("timers", "ms_beyond_1000@P2", OURS, &[]),
    row("fairness", "p99_us@P2", OURS, &[AtMost(11_000.0)]),
    row("fairness", "max_us@P2", OURS, &[]),
    row("blockers", "wall_ms@P2", OURS, &[AtMost(215.0)]),
    row("blockers", "ticker_p99_us@P2", OURS, &[]),
    row(
        "ctx_cancel",
        "create_ns_per_descendant@P2",
        OURS,
        &[OfGo(0.6)],
    ),
    row(
        "ctx_cancel",
        "cancel_ns_per_descendant@P2",
        OURS,
        &[OfGo(0.6)],
    ),
    row(
        "ctx_cancel",
        "cancel_ns_per_descendant_with_done_channels@P2",
        OURS,
        &[OfGo(0.6)],
    ),
    row("ctx_cancel", "drop_ns_per_descendant@P2", OURS, &[]),
    row("ctx_value", "ns_per_lookup@P2", OURS, &[OfGo(0.6)]),
    row("echo", "requests_per_s@P2", OURS, &[TimesGo(1.15)]),
    row("echo", "p99_us@P2", OURS, &[]),
];
