//! Breadth-first search through all states, so that a counter-example is as short as can be.

use crate::config::Config;
use crate::state::{MUTATORS, Packed, State, Violation};
use crate::{collector, mutator};
use std::collections::HashSet;
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
pub fn search(c: &Config, limit: usize) -> Outcome {
    const NO_PARENT: u32 = u32::MAX;
    let first = State::first(c);
    let mut seen: HashSet<Packed, BuildHasherDefault<Mix>> = HashSet::default();
    seen.insert(first.pack());
    let mut queue: Vec<(State, u32)> = vec![(first, NO_PARENT)];
    let mut next = Vec::new();
    let mut at = 0;
    while at < queue.len() {
        if queue.len() > limit {
            return Outcome::Unfinished { states: limit };
        }
        let s = queue[at].0;
        if let Err(violation) = successors(c, &s, &mut next) {
            let mut path = Vec::new();
            let mut i = at as u32;
            while i != NO_PARENT {
                let (state, parent) = queue[i as usize];
                path.push(state);
                i = parent;
            }
            path.reverse();
            return Outcome::Broken { violation, path };
        }
        for t in next.drain(..) {
            // Under store buffers slots have identities: their stores are pending.
            let t = if c.tso == 0 { t.canonical(c) } else { t };
            if seen.insert(t.pack()) {
                queue.push((t, at as u32));
            }
        }
        at += 1;
    }
    Outcome::Holds { states: at }
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

    fn write_u128(&mut self, x: u128) {
        self.write_u64(x as u64);
        self.write_u64((x >> 64) as u64);
    }
}
