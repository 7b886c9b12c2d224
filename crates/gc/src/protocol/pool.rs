//! Grey objects that any marker may take, in chunks; and who is marking.
//!
//! Markers work on stacks of their own and put here what is too much. One lock guards both the
//! chunks and the number of markers at work, so "nothing is grey" is one look: no chunk, and nobody
//! at work who could make one.

use gompa_park::Lock;

/// Objects in a chunk.
pub(crate) const CHUNK: usize = 256;

/// Chunks that should be there while anybody has more than enough.
const LOW: usize = 8;

pub(crate) struct Pool(Lock<Grey>);

struct Grey {
    chunks: Vec<Vec<usize>>,
    /// The cycle they are of.
    cycle: u64,
    /// Markers that hold something grey.
    active: usize,
}

impl Pool {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Pool {
        Pool(Lock::new(Grey {
            chunks: Vec::new(),
            cycle: 0,
            active: 0,
        }))
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Pool {
        Pool(Lock::new(Grey {
            chunks: Vec::new(),
            cycle: 0,
            active: 0,
        }))
    }

    /// The one who drives cycles: what comes is of this one.
    pub(crate) fn open(&self, cycle: u64) {
        let mut grey = self.0.lock();
        debug_assert!(grey.chunks.is_empty() && grey.active == 0);
        grey.cycle = cycle;
    }

    /// A chunk, if there is one, and its cycle: the caller is active from now on, until
    /// [`rest`](Self::rest), and the cycle does not end before.
    pub(crate) fn begin(&self) -> Option<(Vec<usize>, u64)> {
        let mut grey = self.0.lock();
        let chunk = grey.chunks.pop()?;
        grey.active += 1;
        Some((chunk, grey.cycle))
    }

    /// An active marker: another chunk.
    pub(crate) fn more(&self) -> Option<Vec<usize>> {
        self.0.lock().chunks.pop()
    }

    /// Whether others soon have nothing to take.
    pub(crate) fn is_low(&self) -> bool {
        self.0.lock().chunks.len() < LOW
    }

    /// Anybody who is active, or the one who drives the cycle: for others to mark.
    pub(crate) fn put(&self, chunk: Vec<usize>) {
        if !chunk.is_empty() {
            self.0.lock().chunks.push(chunk);
        }
    }

    /// The caller is active no more; what it has left is `chunk`.
    pub(crate) fn rest(&self, chunk: Vec<usize>) {
        let mut grey = self.0.lock();
        if !chunk.is_empty() {
            grey.chunks.push(chunk);
        }
        grey.active -= 1;
    }

    /// Whether nothing is grey here.
    pub(crate) fn is_quiet(&self) -> bool {
        let grey = self.0.lock();
        grey.chunks.is_empty() && grey.active == 0
    }
}
