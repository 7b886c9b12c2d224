//! How long a cycle took: Go's line for `GODEBUG=gctrace=1`, and what `stats` sums up.
//!
//! ```text
//! gc 3 @0.049s 0%: 0.099+0.37+0.002 ms clock, 0.19+0.041/0.23/0+0.005 ms cpu, 7->11->9 MB, 8 MB goal, 0 MB stacks, 0 MB globals, 2 P
//! ```
//! Go's first and last of the three times are stops of the world. Here nothing stops: they are the
//! handshakes before marking and the verdict after it, while which mutators run. As in Go, a cycle for
//! an idle heap is announced by `GC forced`, and it is `collect` that the line calls `(forced)`.

use super::driver::since;
use super::pacer;
use crate::mutator::registry;
use gompa_park::lock::real::Lock;
use gompa_park::note::{Note, note};
use gompa_park::stderr;
use gompa_park::time::{self, ms};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// `GODEBUG` asks for the lines.
pub(crate) static ON: AtomicBool = AtomicBool::new(false);

/// Sums over all cycles, in nanoseconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sums {
    pub(crate) cycles: u64,
    pub(crate) forced: u64,
    /// The collector's thread, from start to verdict.
    pub(crate) marking: u64,
    /// When the last cycle ended, by the clock on the wall.
    pub(crate) last_end: u64,
    /// When the collector began.
    pub(crate) birth: u64,
}

static SUMS: Lock<Sums> = Lock::new(Sums {
    cycles: 0,
    forced: 0,
    marking: 0,
    last_end: 0,
    birth: 0,
});

pub(crate) fn sums() -> Sums {
    *SUMS.lock()
}

/// When the steps of a cycle were done.
pub(super) struct Timing {
    forced: bool,
    began: u64,
    swept: u64,
    scanned: u64,
    marked: u64,
    ended: u64,
    assist: u64,
    live_began: u64,
    live_marked: u64,
    goal: u64,
}

fn assists() -> u64 {
    let workers = registry::workers();
    workers.iter().map(|w| w.counts.assist.load(Relaxed)).sum()
}

impl Timing {
    pub(super) fn begin(forced: bool) -> Timing {
        let now = time::now();
        note(Note::GcBegin, pacer::goal());
        let mut sums = SUMS.lock();
        if sums.birth == 0 {
            sums.birth = now;
        }
        Timing {
            forced,
            began: now,
            swept: now,
            scanned: now,
            marked: now,
            ended: now,
            assist: assists(),
            live_began: 0,
            live_marked: 0,
            goal: pacer::goal(),
        }
    }

    pub(super) fn swept(&mut self) {
        self.swept = time::now();
        self.live_began = pacer::began();
        note(Note::GcScan, self.live_began);
    }

    pub(super) fn scanned(&mut self) {
        self.scanned = time::now();
        note(Note::GcMark, 0);
    }

    pub(super) fn marked(&mut self) {
        self.marked = time::now();
        self.live_marked = pacer::live();
        note(Note::GcVerdict, self.live_marked);
    }

    pub(super) fn ended(&mut self) {
        self.ended = time::now();
        self.assist = assists() - self.assist;
        note(Note::GcSweep, 0);
    }

    pub(super) fn record(&self) {
        note(Note::GcDone, pacer::live());
        let mut sums = SUMS.lock();
        sums.cycles += 1;
        sums.forced += u64::from(self.forced);
        sums.marking += self.ended - self.swept;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        sums.last_end = now.map_or(0, |d| d.as_nanos() as u64);
    }
}

/// Go's line in front of a cycle that an idle heap gets, if lines were asked for.
pub(super) fn print_forced() {
    if ON.load(Relaxed) {
        stderr::write("GC forced\n");
    }
}

/// Prints the line, if it was asked for.
pub(super) fn print(t: &Timing, cycle: u64) {
    if !ON.load(Relaxed) {
        return;
    }
    let sums = sums();
    let procs = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let age = since(sums.birth).max(1);
    let spent = sums.marking + (t.ended - t.swept);
    let (first, mark, last) = (
        t.scanned - t.swept,
        t.marked - t.scanned,
        t.ended - t.marked,
    );
    let mb = |bytes: u64| bytes >> 20;
    stderr::write(format!(
        "gc {} @{:.3}s {}%: {}+{}+{} ms clock, {}+{}/{}/0+{} ms cpu, {}->{}->{} MB, {} MB goal, \
         0 MB stacks, 0 MB globals, {procs} P{}\n",
        cycle - 1,
        (t.began - sums.birth) as f64 / 1e9,
        spent * 100 / (age * procs),
        ms(first),
        ms(mark),
        ms(last),
        ms(first),
        ms(t.assist),
        ms(mark),
        ms(last),
        mb(t.live_began),
        mb(t.live_marked),
        mb(pacer::live()),
        mb(t.goal),
        if t.forced { " (forced)" } else { "" },
    ));
}
