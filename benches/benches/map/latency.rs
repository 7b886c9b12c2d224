//! How long single operations take, and how much memory entries take, on the way to many of them.

use super::Setup;
use super::contender::Ints;
use super::workloads::{Random, keys, shuffle};
use std::fs;
use std::time::Instant;

/// Steps a doubling of the histogram: some nine per cent each.
pub const STEPS: f64 = 8.0;

/// How many operations took about so long: step `s` is `2^(s / STEPS)` nanoseconds.
struct Histogram {
    counts: Vec<u64>,
    longest: u64,
}

impl Histogram {
    fn new() -> Self {
        Histogram {
            counts: vec![0; 64 * STEPS as usize],
            longest: 0,
        }
    }

    fn count(&mut self, nanoseconds: u64) {
        let step = (nanoseconds.max(1) as f64).log2() * STEPS;
        self.counts[step as usize] += 1;
        self.longest = self.longest.max(nanoseconds);
    }

    fn print(&self, setup: &Setup, what: &str) {
        let counted = self.counts.iter().enumerate().filter(|(_, n)| **n > 0);
        for (step, n) in counted {
            println!("HIST {what} {} {step} {n}", setup.contender);
        }
        println!("LONGEST {what} {} {}", setup.contender, self.longest);
    }
}

/// One reading of the clock an operation: each figure is the whole step of the loop. What it takes to
/// note the figure is not in it.
fn each(mut step: impl FnMut() -> bool) -> Histogram {
    let mut histogram = Histogram::new();
    loop {
        let begun = Instant::now();
        let more = step();
        let took = begun.elapsed();
        if !more {
            return histogram;
        }
        histogram.count(took.as_nanos() as u64);
    }
}

/// Twice, so that the second time neither the allocator nor the machine below is new to it; the
/// second counts.
pub fn latency<M: Ints>(setup: &Setup, entries: usize) {
    let mut order = keys(entries, 1);
    shuffle(&mut order);
    for counts in [false, true] {
        let mut map = M::make();
        let mut random = Random(1);
        let mut n = 0;
        let inserted = each(|| {
            if n < entries as u64 {
                map.insert(random.draw(), n);
                n += 1;
                return true;
            }
            false
        });
        let mut rest = order.iter();
        let removed = each(|| rest.next().map(|key| map.remove(*key)).is_some());
        assert_eq!(map.len(), 0);
        if counts {
            inserted.print(setup, "insert");
            removed.print(setup, "delete");
        }
    }
}

/// Resident memory of the process, in bytes.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("a number of pages") * 4096
}

/// From a quarter of the entries on, often.
pub fn bytes<M: Ints>(setup: &Setup, entries: usize) {
    let before = resident();
    let mut map = M::make();
    let mut random = Random(1);
    let (mut least, mut most) = ((f64::MAX, 0), (0.0, 0));
    for n in 0..entries {
        map.insert(random.draw(), n as u64);
        if n > entries / 4 && n % 4096 == 0 {
            let each = resident().saturating_sub(before) as f64 / n as f64;
            least = if each < least.0 { (each, n) } else { least };
            most = if each > most.0 { (each, n) } else { most };
        }
    }
    for (what, (each, n)) in [("least", least), ("most", most)] {
        println!("RESULT bytes_{what} {} {each:.1} B", setup.contender);
        println!("# {what} at {n} entries");
    }
}
