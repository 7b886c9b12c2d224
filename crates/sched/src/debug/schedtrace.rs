//! `GODEBUG=schedtrace=N`: every N milliseconds a line on stderr, in Go's form; with `scheddetail=1`
//! many ([`scheddetail`](super::scheddetail)).

use super::SchedStats;
use super::scheddetail::Detail;
use crate::runtime::Sched;
use gompa_park::stderr;
use gompa_park::time::Nanos;
use std::fmt;

/// Prints the line when it is due. The monitor's.
pub(crate) struct Tracer {
    /// Nanoseconds between lines.
    every: Option<Nanos>,
    next: Nanos,
    in_detail: bool,
}

impl Tracer {
    /// As `GODEBUG` says.
    pub(crate) fn from_env(sched: &Sched) -> Tracer {
        let settings = std::env::var("GODEBUG").unwrap_or_default();
        let number = |name: &str| {
            let mut values = settings.split(',').filter_map(|s| {
                let value = s.trim().strip_prefix(name)?;
                value.strip_prefix('=')?.parse::<u64>().ok()
            });
            values.next_back().filter(|n| *n > 0)
        };
        Tracer {
            every: number("schedtrace").map(|ms| ms.saturating_mul(1_000_000)),
            next: sched.started,
            in_detail: number("scheddetail").is_some(),
        }
    }

    /// When the next line is due; `None`: never.
    pub(crate) fn next_due(&self) -> Option<Nanos> {
        self.every.map(|_| self.next)
    }

    pub(crate) fn line_if_due(&mut self, sched: &Sched, now: Nanos) {
        let Some(every) = self.every else { return };
        if now < self.next {
            return;
        }
        self.next = now.saturating_add(every);
        let ms = now.saturating_sub(sched.started) / 1_000_000;
        let stats = &SchedStats::of(sched);
        // Not by `eprintln`: a parked goroutine may have the lock of stderr.
        let head = Head { ms, stats };
        if self.in_detail {
            let detail = Detail::of(sched, stats);
            stderr::write(format!("{head}{}\n", detail.head()));
            detail.lines(sched, |lines| stderr::write(lines));
        } else {
            stderr::write(format!("{head}{}\n", Lists(stats)));
        }
    }
}

/// How each report begins.
struct Head<'a> {
    ms: u64,
    stats: &'a SchedStats,
}

impl fmt::Display for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.stats;
        write!(
            f,
            "SCHED {}ms: gomaxprocs={} idleprocs={} threads={} spinningthreads={} \
             needspinning={} idlethreads={} runqueue={}",
            self.ms,
            s.gomaxprocs,
            s.idle_procs,
            s.threads + 1, // the monitor is one of Go's Ms
            s.spinning_threads,
            u8::from(s.need_spinning),
            s.idle_threads,
            s.global_queue,
        )
    }
}

/// How the short form ends.
struct Lists<'a>(&'a SchedStats);

impl fmt::Display for Lists<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(" [")?;
        for n in &self.0.local_queues {
            write!(f, " {n}")?;
        }
        f.write_str(" ] schedticks=[")?;
        for p in &self.0.procs {
            write!(f, " {}", p.sched_ticks)?;
        }
        f.write_str(" ]")
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_gos() {
        let stats = crate::Builder::new()
            .procs(2)
            .run(crate::debug::sched_stats);
        let stats = SchedStats {
            idle_procs: 1,
            threads: 3,
            idle_threads: 1,
            local_queues: vec![0, 7],
            procs: vec![
                super::super::ProcStats {
                    sched_ticks: 2,
                    ..stats.procs[0].clone()
                },
                super::super::ProcStats {
                    sched_ticks: 3,
                    ..stats.procs[1].clone()
                },
            ],
            spinning_threads: 0,
            need_spinning: false,
            global_queue: 0,
            ..stats
        };
        let (ms, stats) = (20, &stats);
        assert_eq!(
            format!("{}{}", Head { ms, stats }, Lists(stats)),
            "SCHED 20ms: gomaxprocs=2 idleprocs=1 threads=4 spinningthreads=0 needspinning=0 \
             idlethreads=1 runqueue=0 [ 0 7 ] schedticks=[ 2 3 ]"
        );
    }
}
