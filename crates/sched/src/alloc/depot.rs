//! Chains of free blocks that no carrier needs now and another will soon.
//!
//! Goroutines are made in one place and end in another, or many are made before the first ends. Then
//! one front cache runs dry while another overflows. Whole chains change hands here, in a few
//! instructions for all their blocks; the inner allocator is asked only when the depot is empty, and
//! gets back what is too much ([`LIMIT`]) or was not needed for a while ([`Depot::scavenge`]).
//!
//! ```text
//!   front cache                      depot: a stack of chains a class
//!     active  ▓▓▓░░                   ▓▓▓▓▓
//!     spare   ▓▓▓▓▓  ── give, take ── ▓▓▓▓▓
//!                                     ▓▓▓▓▓ ── too many, or unused ──> inner allocator
//! ```

use super::chain::Chain;
use super::class::{CLASSES, Class};
use super::try_lock::TryLock;
use crossbeam_utils::CachePadded;
use gompa_park::time::Nanos;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};

/// Bytes it keeps at most.
const LIMIT: usize = 32 << 20;

/// How long a chain lies unused, at the least, before it goes back to the inner allocator.
const UNUSED_FOR: Nanos = 1_000_000_000;

/// Bytes that go back at a time, about, and chains for which a lock is held.
pub(super) const SCAVENGE_BYTES: usize = 8 << 20;
const SCAVENGE_CHAINS: u32 = 32;

/// The process's.
pub(super) static DEPOT: Depot = Depot::new(LIMIT);

/// The chains of one class.
#[derive(Debug)]
struct Shelf {
    /// The last one given, linked to the one before.
    top: Option<Chain>,
    chains: u32,
    /// The least there were since the last look: so many were not needed.
    unused: u32,
}

/// Chains of all classes.
#[derive(Debug)]
pub(super) struct Depot {
    shelves: [CachePadded<TryLock<Shelf>>; CLASSES],
    /// Bytes of all chains here; for a moment also of one that will be refused.
    held: AtomicUsize,
    limit: usize,
    /// When the unused ones were last looked for.
    looked: AtomicU64,
}

impl Depot {
    pub(super) const fn new(limit: usize) -> Depot {
        Depot {
            shelves: [const { CachePadded::new(TryLock::new(Shelf::EMPTY)) }; CLASSES],
            held: AtomicUsize::new(0),
            limit,
            looked: AtomicU64::new(0),
        }
    }

    /// A chain of the class, if there is one to be had at once.
    #[inline]
    pub(super) fn take(&self, class: Class) -> Option<Chain> {
        let chain = self.shelf(class).with(Shelf::pop)??;
        self.held.fetch_sub(class.chain_bytes(), Relaxed);
        Some(chain)
    }

    /// Keeps a chain of the class, or hands it back: there are enough.
    #[inline]
    pub(super) fn give(&self, class: Class, chain: Chain) -> Result<(), Chain> {
        let bytes = class.chain_bytes();
        let mut refused = Some(chain);
        if self.held.fetch_add(bytes, Relaxed) + bytes <= self.limit {
            self.shelf(class).with(|shelf| {
                if let Some(chain) = refused.take() {
                    shelf.push(chain);
                }
            });
        }
        match refused {
            None => Ok(()),
            Some(chain) => {
                self.held.fetch_sub(bytes, Relaxed);
                Err(chain)
            }
        }
    }

    /// Is there anything to [`scavenge`](Self::scavenge), now or later?
    pub(super) fn is_empty(&self) -> bool {
        self.held.load(Relaxed) == 0
    }

    /// Takes out chains that nobody has needed since this was last done, if that is long enough ago;
    /// `release` gives their blocks back. Returns how many bytes.
    pub(super) fn scavenge(&self, now: Nanos, mut release: impl FnMut(Class, Chain)) -> usize {
        let last = self.looked.load(Relaxed);
        if now.saturating_sub(last) < UNUSED_FOR {
            return 0;
        }
        let looks = self.looked.compare_exchange(last, now, Relaxed, Relaxed);
        if looks.is_err() {
            return 0; // another runtime's monitor does
        }
        let mut released = 0;
        for class in Class::all() {
            released += self.scavenge_class(class, SCAVENGE_BYTES - released, &mut release);
            if released >= SCAVENGE_BYTES {
                break;
            }
        }
        released
    }

    fn scavenge_class(
        &self,
        class: Class,
        bytes: usize,
        release: &mut impl FnMut(Class, Chain),
    ) -> usize {
        let mut left = bytes.div_ceil(class.chain_bytes()) as u32;
        let mut released = 0;
        loop {
            // Some at a time, so that nobody finds the lock taken for long.
            let at_once = left.min(SCAVENGE_CHAINS);
            let Some((mut chains, n)) = self.shelf(class).with(|s| s.take_unused(at_once)) else {
                return released;
            };
            while let Some(mut chain) = chains {
                // SAFETY: `take_unused` has linked them.
                chains = unsafe { chain.unlink() };
                self.held.fetch_sub(class.chain_bytes(), Relaxed);
                release(class, chain);
                released += class.chain_bytes();
            }
            left -= n;
            if n < SCAVENGE_CHAINS {
                self.shelf(class).with(|shelf| shelf.unused = shelf.chains);
                return released;
            }
        }
    }

    #[inline]
    fn shelf(&self, class: Class) -> &TryLock<Shelf> {
        &self.shelves[class.index()]
    }
}

impl Shelf {
    const EMPTY: Shelf = Shelf {
        top: None,
        chains: 0,
        unused: 0,
    };

    #[inline]
    fn push(&mut self, mut chain: Chain) {
        chain.link(self.top.take());
        self.top = Some(chain);
        self.chains += 1;
    }

    #[inline]
    fn pop(&mut self) -> Option<Chain> {
        let mut chain = self.top.take()?;
        // SAFETY: `push` has linked it.
        self.top = unsafe { chain.unlink() };
        self.chains -= 1;
        self.unused = self.unused.min(self.chains);
        Some(chain)
    }

    /// Up to `most` of the unused chains, linked, and how many.
    fn take_unused(&mut self, most: u32) -> (Option<Chain>, u32) {
        let n = self.unused.min(most);
        let left_unused = self.unused - n;
        let mut taken = None;
        for _ in 0..n {
            let Some(mut chain) = self.pop() else { break };
            chain.link(taken.take());
            taken = Some(chain);
        }
        self.unused = left_unused;
        (taken, n)
    }
}
