//! Grey objects that any marker may take, in chunks; and who is marking.
//!
//! Markers work on stacks of their own and put here what is too much. One lock guards both the
//! chunks and the number of markers at work, so "nothing is grey" is one look: no chunk, and nobody
//! at work who could make one.

use gompa_park::Lock;
use gompa_park::sync::atomic::AtomicUsize;
use gompa_park::sync::atomic::Ordering::Relaxed;

/// Objects in a chunk.
pub(crate) const CHUNK: usize = 256;

/// Chunks that should be there while anybody has more than enough.
const LOW: usize = 8;

pub(crate) struct Pool {
    grey: Lock<Grey>,
    /// How many chunks there are, for who only wants to know whether it is worth a look.
    len: AtomicUsize,
}

struct Grey {
    chunks: Vec<Vec<usize>>,
    /// The cycle they are of.
    cycle: u64,
    /// Markers that hold something grey.
    active: usize,
}

impl Grey {
    const fn new() -> Grey {
        Grey {
            chunks: Vec::new(),
            cycle: 0,
            active: 0,
        }
    }

    /// Not more than a chunk at a time, so that no marker takes all there is.
    fn put(&mut self, mut chunk: Vec<usize>) {
        while chunk.len() > 2 * CHUNK {
            self.chunks.push(chunk.split_off(chunk.len() - CHUNK));
        }
        if !chunk.is_empty() {
            self.chunks.push(chunk);
        }
    }
}

impl Pool {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Pool {
        Pool {
            grey: Lock::new(Grey::new()),
            len: AtomicUsize::new(0),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Pool {
        Pool {
            grey: Lock::new(Grey::new()),
            len: AtomicUsize::new(0),
        }
    }

    fn with<R>(&self, f: impl FnOnce(&mut Grey) -> R) -> R {
        let mut grey = self.grey.lock();
        let result = f(&mut grey);
        self.len.store(grey.chunks.len(), Relaxed);
        result
    }

    /// The one who drives cycles: what comes is of this one.
    pub(crate) fn open(&self, cycle: u64) {
        self.with(|grey| {
            debug_assert!(grey.chunks.is_empty() && grey.active == 0);
            grey.cycle = cycle;
        });
    }

    /// A chunk, if there is one, and its cycle: the caller is active from now on, until
    /// [`rest`](Self::rest), and the cycle does not end before.
    pub(crate) fn begin(&self) -> Option<(Vec<usize>, u64)> {
        self.with(|grey| {
            let chunk = grey.chunks.pop()?;
            grey.active += 1;
            Some((chunk, grey.cycle))
        })
    }

    /// An active marker: another chunk.
    pub(crate) fn more(&self) -> Option<Vec<usize>> {
        self.with(|grey| grey.chunks.pop())
    }

    /// Whether somebody with a stack of `len` should put some of it here: others have nothing to
    /// take, or will soon and it has plenty. A guess.
    pub(crate) fn wants(&self, len: usize) -> bool {
        match self.len.load(Relaxed) {
            0 => true,
            chunks => chunks < LOW && len > 2 * CHUNK,
        }
    }

    /// Whether others soon have nothing to take. A guess.
    pub(crate) fn is_low(&self) -> bool {
        self.len.load(Relaxed) < LOW
    }

    /// Anybody who is active, or the one who drives the cycle: for others to mark.
    pub(crate) fn put(&self, chunk: Vec<usize>) {
        self.with(|grey| grey.put(chunk));
    }

    /// The caller is active no more; what it has left is `chunk`.
    pub(crate) fn rest(&self, chunk: Vec<usize>) {
        self.with(|grey| {
            grey.put(chunk);
            grey.active -= 1;
        });
    }

    /// Whether nothing is grey here.
    pub(crate) fn is_quiet(&self) -> bool {
        self.with(|grey| grey.chunks.is_empty() && grey.active == 0)
    }
}
