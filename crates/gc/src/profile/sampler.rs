//! Which allocations of a worker are looked at.
//!
//! ```text
//!   run of cells       |....|....|....|..x.|....|....|      x: the byte that was drawn
//!   handed out as      |....|....|....|                     then, by the next refill:
//!                                     |....|                sampled: its caller is at hand
//! ```
//! The distance from one chosen byte to the next is drawn from an exponential distribution, so no
//! pattern of allocations goes unseen. In stress mode runs are cut at every n-th cell, too.

use std::cell::Cell;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicUsize};

/// One byte in so many is chosen; 0: none.
pub(crate) static RATE: AtomicUsize = AtomicUsize::new(512 << 10);

/// A thread runs a cycle at every n-th of its allocations; 0: it does not.
pub(crate) static STRESS: AtomicU32 = AtomicU32::new(0);

/// Whether cycles are to come as often as they can.
pub(crate) fn is_stressed() -> bool {
    STRESS.load(Relaxed) > 0
}

/// A worker's.
pub(crate) struct Sampler {
    /// The rate `left` was drawn by.
    rate: Cell<usize>,
    /// Bytes before the chosen one.
    left: Cell<usize>,
    /// Cells until the next cycle, in stress mode.
    cells: Cell<usize>,
    random: Cell<u64>,
}

/// What becomes of a run.
pub(crate) struct Plan {
    /// Its end.
    pub(crate) to: usize,
    /// Its first cell is sampled.
    pub(crate) sampled: bool,
}

impl Sampler {
    pub(crate) const fn new() -> Sampler {
        Sampler {
            rate: Cell::new(0),
            left: Cell::new(0),
            cells: Cell::new(0),
            random: Cell::new(0),
        }
    }

    /// How much of a run of cells is handed out at once.
    pub(crate) fn plan(&self, from: usize, to: usize, cell: usize) -> Plan {
        let sampled = self.is_chosen(cell);
        let skipped = if sampled { cell } else { 0 };
        let mut end = to;
        if self.rate.get() > 0 {
            let cells = skipped / cell + self.left.get() / cell;
            end = to.min(from.saturating_add(cells.saturating_mul(cell)));
        }
        let n = STRESS.load(Relaxed) as usize;
        if n > 0 {
            let before = match self.cells.get() {
                0 => n,
                left => left.min(n),
            };
            end = end.min(from + before * cell);
            self.cells.set(before - (end - from) / cell);
        }
        let handed_out = end - from - skipped;
        self.left.set(self.left.get().saturating_sub(handed_out));
        Plan { to: end, sampled }
    }

    /// Whether a cycle is to be run before the next run is handed out: in stress mode.
    pub(crate) fn is_cycle_due(&self) -> bool {
        is_stressed() && self.cells.get() == 0
    }

    /// Whether an object of that size, now allocated, is sampled. If so the next byte is drawn.
    fn is_chosen(&self, bytes: usize) -> bool {
        let rate = RATE.load(Relaxed);
        if rate != self.rate.get() {
            self.rate.set(rate);
            self.draw();
        }
        let chosen = rate > 0 && self.left.get() < bytes;
        if chosen {
            self.draw();
        }
        chosen
    }

    /// As [`plan`](Self::plan), for one object alone.
    pub(crate) fn one(&self, bytes: usize) -> bool {
        let chosen = self.is_chosen(bytes);
        if !chosen {
            self.left.set(self.left.get().saturating_sub(bytes));
        }
        chosen
    }

    fn draw(&self) {
        let mut x = self.random.get();
        if x == 0 {
            x = std::ptr::from_ref(self).addr() as u64 | 1;
        }
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.set(x);
        // Above 0, at most 1.
        let uniform = ((x >> 11) + 1) as f64 / (1u64 << 53) as f64;
        self.left.set(match self.rate.get() {
            // All: no byte is left out.
            0 | 1 => 0,
            rate => (-uniform.ln() * rate as f64) as usize,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of any length, objects of all sizes: as many are chosen as there should be, and the cell
    /// that is chosen is the first of its run.
    #[test]
    fn one_in_so_many_bytes() {
        let sampler = Sampler::new();
        sampler.random.set(42);
        let rate = RATE.load(Relaxed);
        let (mut bytes, mut chosen) = (0, 0.0);
        for i in 0..400_000 {
            let cell = 16 * (1 + i % 40);
            let (from, to) = (1 << 20, (1 << 20) + cell * (1 + i % 25));
            let plan = sampler.plan(from, to, cell);
            assert!(from < plan.to && plan.to <= to && (plan.to - from).is_multiple_of(cell));
            if plan.sampled {
                chosen += 1.0 / -(-(cell as f64) / rate as f64).exp_m1() * cell as f64;
            }
            bytes += plan.to - from;
        }
        let ratio = chosen / bytes as f64;
        assert!((0.9..1.1).contains(&ratio), "{ratio}");
    }
}
