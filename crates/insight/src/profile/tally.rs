//! Sums by stack, added to while the program runs.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

type Sums = HashMap<Box<[usize]>, (f64, f64)>;

/// See the [module](self).
pub(crate) struct Tally(LazyLock<Mutex<Sums>>);

impl Tally {
    pub(crate) const fn new() -> Tally {
        Tally(LazyLock::new(Mutex::default))
    }

    /// One stack's: how often, how much. Takes a lock for a look-up; the holder never waits.
    pub(crate) fn add(&self, stack: &[usize], count: f64, amount: f64) {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match sums.get_mut(stack) {
            Some(sum) => *sum = (sum.0 + count, sum.1 + amount),
            None => drop(sums.insert(stack.into(), (count, amount))),
        }
    }

    /// Calls `f` with all that there is at this moment, holding nothing.
    pub(crate) fn each(&self, mut f: impl FnMut(&[usize], f64, f64)) {
        let copy: Vec<_> = {
            let sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            sums.iter()
                .map(|(stack, sum)| (stack.clone(), *sum))
                .collect()
        };
        copy.iter().for_each(|(stack, sum)| f(stack, sum.0, sum.1));
    }
}
