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

/// How often the map is filled and emptied.
const PASSES: usize = 3;

/// The operations of one kind: the last pass, and of each operation the shortest of all passes. What
/// the map does to one takes long each time; what the machine does, another program or the system
/// below, hits another one each time.
struct Timed {
    last: Histogram,
    shortest: Vec<u32>,
}

impl Timed {
    fn new(entries: usize) -> Self {
        Timed {
            last: Histogram::new(),
            shortest: vec![u32::MAX; entries],
        }
    }

    /// One reading of the clock before and after: each figure is the whole step of the loop. What it
    /// takes to note the figure is not in it.
    fn pass(&mut self, mut step: impl FnMut(usize)) {
        self.last = Histogram::new();
        for (n, shortest) in self.shortest.iter_mut().enumerate() {
            let begun = Instant::now();
            step(n);
            let took = begun.elapsed().as_nanos() as u64;
            self.last.count(took);
            *shortest = (*shortest).min(u32::try_from(took).unwrap_or(u32::MAX));
        }
    }

    fn print(&self, setup: &Setup, what: &str) {
        self.last.print(setup, what);
        let mut each = Histogram::new();
        self.shortest
            .iter()
            .for_each(|took| each.count(u64::from(*took)));
        each.print(setup, &format!("{what}_each"));
    }
}

/// Inserts so many and removes all, several times.
pub fn latency<M: Ints>(setup: &Setup, entries: usize) {
    let mut order = keys(entries, 1);
    shuffle(&mut order);
    let (mut inserted, mut removed) = (Timed::new(entries), Timed::new(entries));
    for _ in 0..PASSES {
        let mut map = M::make();
        let mut random = Random(1);
        inserted.pass(|n| map.insert(random.draw(), n as u64));
        assert_eq!(map.len(), entries);
        removed.pass(|n| map.remove(order[n]));
        assert_eq!(map.len(), 0);
    }
    inserted.print(setup, "insert");
    removed.print(setup, "delete");
}

/// What the machine does to a program that asks for nothing: each step waits for a quarter of a
/// microsecond.
pub fn nothing(setup: &Setup, steps: usize) {
    let mut waited = Timed::new(steps);
    for _ in 0..PASSES {
        waited.pass(|_| {
            let begun = Instant::now();
            while begun.elapsed().as_nanos() < 250 {}
        });
    }
    waited.print(setup, "insert");
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
