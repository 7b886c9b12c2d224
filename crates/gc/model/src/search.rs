//! Breadth-first search through all states, so that a counter-example is as short as can be.

use crate::config::Config;
use crate::state::{MUTATORS, Packed, State, Violation};
use crate::{collector, mutator};
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// What a search found.
#[derive(Debug)]
pub enum Outcome {
    /// Every state was looked at.
    Holds {
        /// How many there are.
        states: usize,
    },
    /// The states that lead to a violation, first to last.
    Broken {
        /// What went wrong.
        violation: Violation,
        /// How it came to that.
        path: Vec<State>,
    },
    /// Nothing wrong so far, and too many states.
    Unfinished {
        /// How many were allowed.
        states: usize,
    },
}

/// Looks at every state that can be reached, at most `limit` of them.
///
/// Only what waits to be looked at is kept whole; of the others the table has their bits. How it came to
/// a violation is found by looking once more, which is short: violations are near to the beginning.
pub fn search(c: &Config, limit: usize) -> Outcome {
    match explore(c, limit, |_, _| ()) {
        Ok(outcome) => outcome,
        Err((violation, at)) => {
            let mut steps = Vec::new();
            let again = explore(c, limit, |state, parent| steps.push((state, parent)));
            assert!(again.is_err_and(|(_, i)| i == at), "one order of steps");
            let mut path = Vec::new();
            let mut i = at;
            while i != NO_PARENT {
                let (state, parent) = steps[i];
                path.push(state);
                i = parent;
            }
            path.reverse();
            Outcome::Broken { violation, path }
        }
    }
}

const NO_PARENT: usize = usize::MAX;

/// Tells `found` of each state, with the number of the one it follows. A violation comes with the number
/// of the state in which it was met.
fn explore(
    c: &Config,
    limit: usize,
    mut found: impl FnMut(State, usize),
) -> Result<Outcome, (Violation, usize)> {
    let first = State::first(c);
    let mut seen: HashSet<[u64; 3], BuildHasherDefault<Mix>> = HashSet::default();
    seen.insert(key(first.pack()));
    found(first, NO_PARENT);
    let mut queue = VecDeque::from([first]);
    let mut next = Vec::new();
    let mut at = 0;
    while let Some(s) = queue.pop_front() {
        if seen.len() > limit {
            return Ok(Outcome::Unfinished { states: limit });
        }
        successors(c, &s, &mut next).map_err(|violation| (violation, at))?;
        for t in next.drain(..) {
            // Under store buffers slots have identities: their stores are pending.
            let t = if c.tso == 0 { t.canonical(c) } else { t };
            if seen.insert(key(t.pack())) {
                found(t, at);
                queue.push_back(t);
            }
        }
        at += 1;
    }
    Ok(Outcome::Holds { states: at })
}

/// Without the gap that a `u128` would leave in each place of the table.
fn key((low, high): Packed) -> [u64; 3] {
    [low as u64, (low >> 64) as u64, high]
}

fn successors(c: &Config, s: &State, out: &mut Vec<State>) -> Result<(), Violation> {
    for i in 0..MUTATORS {
        if c.tso == 0 {
            mutator::coarse_steps(c, s, i, out);
        } else {
            mutator::steps(c, s, i, out);
        }
    }
    collector::steps(c, s, out)?;
    collector::marker_steps(c, s, out)
}

/// A quick hash for packed states.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, x: u64) {
        self.0 = (self.0.rotate_left(5) ^ x).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}
