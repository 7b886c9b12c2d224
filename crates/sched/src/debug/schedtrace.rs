//! `GODEBUG=schedtrace=N`: every N milliseconds a line on stderr, in Go's form.

use super::SchedStats;
use crate::fatal;
use crate::runtime::Sched;
use gompa_park::time::Nanos;
use std::fmt;

/// Prints the line when it is due. The monitor's.
pub(crate) struct Tracer {
    /// Nanoseconds between lines.
    every: Option<Nanos>,
    next: Nanos,
}

impl Tracer {
    /// As `GODEBUG` says.
    pub(crate) fn from_env(sched: &Sched) -> Tracer {
        let settings = std::env::var("GODEBUG").unwrap_or_default();
        let every = settings
            .split(',')
            .filter_map(|s| s.trim().strip_prefix("schedtrace="))
            .filter_map(|ms| ms.parse::<u64>().ok())
            .next_back()
            .filter(|ms| *ms > 0)
            .map(|ms| ms.saturating_mul(1_000_000));
        Tracer {
            every,
            next: sched.started,
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
        fatal::print(format!("{}\n", Line { ms, stats }).as_bytes());
    }
}

struct Line<'a> {
    ms: u64,
    stats: &'a SchedStats,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.stats;
        write!(
            f,
            "SCHED {}ms: gomaxprocs={} idleprocs={} threads={} spinningthreads={} \
             needspinning={} idlethreads={} runqueue={} [",
            self.ms,
            s.gomaxprocs,
            s.idle_procs,
            s.threads + 1, // the monitor is one of Go's Ms
            s.spinning_threads,
            u8::from(s.need_spinning),
            s.idle_threads,
            s.global_queue,
        )?;
        for n in &s.local_queues {
            write!(f, " {n}")?;
        }
        f.write_str(" ] schedticks=[")?;
        for p in &s.procs {
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
        assert_eq!(
            Line {
                ms: 20,
                stats: &stats
            }
            .to_string(),
            "SCHED 20ms: gomaxprocs=2 idleprocs=1 threads=4 spinningthreads=0 needspinning=0 \
             idlethreads=1 runqueue=0 [ 0 7 ] schedticks=[ 2 3 ]"
        );
    }
}
