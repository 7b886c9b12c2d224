//! Marking: a stack, with a short queue in front of it that gives memory time to arrive.
//!
//! What goes through the queue are pointers found, marked or not. When one is taken off the stack its
//! mark word and its first line are asked for; some pointers later it is looked at. An object is
//! marked and traced in one go, so a marked object is grey only while its pointers are on a stack.
//! A large array is traced in pieces; the rest of it stays on the stack, where others may get it.
//!
//! ```text
//!   what is on a stack:   63 ...................... 1   0
//!                         address of an object (even)   0
//!                         63 .......... 37   36 ..... 1   0
//!                         number of a piece  granule      1    a piece of an array that is marked
//! ```

use crate::heap::GRANULE;
use crate::heap::region::{Region, region};
use crate::protocol::pool::{CHUNK, Pool};
use crate::trace::Visitor;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::atomic::{AtomicU64, AtomicUsize};

/// Pointers on their way.
const AHEAD: usize = 8;
/// Objects between two looks at whether others need work.
const LOOK: u32 = 64;
/// Objects that are not worth sharing.
const FEW: usize = 16;
/// Where a piece's number begins. The region has 2^36 granules at most.
const NUMBER: u32 = 37;

/// What is grey in this process.
pub(crate) static POOL: Pool = Pool::new();
/// Bytes marked in this cycle, by all who are done.
pub(crate) static MARKED: AtomicU64 = AtomicU64::new(0);

/// Whether `object` is marked in `cycle`.
#[inline]
pub(crate) fn is_marked(cycle: u64, object: usize) -> bool {
    let region = region();
    region.marks(cycle).get(region.granule(object))
}

/// Somebody who marks. It holds grey objects only while it is active in the [`POOL`].
pub(crate) struct Marker {
    region: &'static Region,
    cycle: u64,
    stack: Vec<usize>,
    ahead: [usize; AHEAD],
    at: usize,
    /// Bytes it has marked and not yet counted in [`MARKED`].
    bytes: u64,
}

impl Marker {
    pub(crate) fn new(cycle: u64) -> Marker {
        Marker {
            region: region(),
            cycle,
            stack: Vec::new(),
            ahead: [0; AHEAD],
            at: 0,
            bytes: 0,
        }
    }

    /// Active, with `chunk`: marks until nothing grey is left here or in the pool, or `budget` bytes
    /// are marked. Then it is active no more. Returns the bytes.
    pub(crate) fn drain(&mut self, chunk: Vec<usize>, budget: u64) -> u64 {
        self.stack = chunk;
        let mut countdown = LOOK;
        let mut idle = 0;
        loop {
            let next = match self.stack.pop() {
                Some(entry) => {
                    // It is looked at after as many steps as the queue is long.
                    self.fetch(entry);
                    idle = 0;
                    entry
                }
                None if idle <= AHEAD => 0,
                None => match POOL.more() {
                    Some(chunk) => {
                        self.stack = chunk;
                        continue;
                    }
                    None => break,
                },
            };
            let entry = std::mem::replace(&mut self.ahead[self.at], next);
            self.at = (self.at + 1) % AHEAD;
            if entry == 0 {
                idle += 1;
                continue;
            }
            self.look_at(entry);
            countdown -= 1;
            if countdown == 0 {
                countdown = LOOK;
                if self.bytes >= budget {
                    break;
                }
                let len = self.stack.len();
                if len >= FEW && POOL.wants(len) {
                    // The bottom of the stack: what is there leads to most.
                    POOL.put(self.stack.drain(..CHUNK.min(len / 2)).collect());
                }
            }
        }
        let mut rest = std::mem::take(&mut self.stack);
        rest.extend(self.ahead.iter().filter(|entry| **entry != 0));
        self.ahead = [0; AHEAD];
        // Counted before it is active no more: whoever sees that marking is over sees the sum.
        let bytes = std::mem::take(&mut self.bytes);
        MARKED.fetch_add(bytes, Relaxed);
        POOL.rest(rest);
        bytes
    }

    /// What an object points to, in the order in which its type reports it (a large array: in no
    /// order). Nothing is marked.
    pub(super) fn children(object: usize) -> Vec<usize> {
        let mut marker = Marker::new(0);
        if let Some(trace) = marker.region.span_of(object).desc().trace {
            // SAFETY: as in `look_at`.
            unsafe { trace(std::ptr::with_exposed_provenance(object), &mut marker) }
        }
        let mut found = Vec::new();
        while !marker.stack.is_empty() {
            let entries = std::mem::take(&mut marker.stack).into_iter();
            let (pieces, objects): (Vec<_>, Vec<_>) = entries.partition(|e| e & 1 != 0);
            found.extend(objects);
            pieces.into_iter().for_each(|piece| marker.go_on(piece));
        }
        found
    }

    #[inline]
    fn fetch(&self, entry: usize) {
        if entry & 1 == 0 {
            let granule = self.region.granule(entry);
            prefetch(self.region.marks(self.cycle).address(granule));
            prefetch(std::ptr::from_ref(self.region.span_of(entry)).cast());
            prefetch(std::ptr::without_provenance(entry));
        }
    }

    #[inline]
    fn look_at(&mut self, entry: usize) {
        if entry & 1 != 0 {
            return self.go_on(entry);
        }
        let region = self.region;
        if !region.marks(self.cycle).set(region.granule(entry)) {
            return;
        }
        let span = region.span_of(entry);
        self.bytes += span.cell() as u64;
        if let Some(trace) = span.desc().trace {
            // SAFETY: reachable, hence an object of the span's type: written before it could be
            // reached, not freed in the cycle that finds it.
            unsafe { trace(std::ptr::with_exposed_provenance(entry), self) }
        }
    }

    /// The object, which is marked, has pieces to be looked at, from the `n`-th on.
    pub(crate) fn piece(&mut self, object: usize, n: usize) {
        let granule = self.region.granule(object);
        self.stack.push(n << NUMBER | granule << 1 | 1);
    }

    #[cold]
    fn go_on(&mut self, entry: usize) {
        let n = entry >> NUMBER;
        let granule = entry >> 1 & ((1 << (NUMBER - 1)) - 1);
        let object = self.region.page(0) + granule * GRANULE;
        let piece = self.region.span_of(object).desc().piece;
        let piece = piece.expect("only arrays have pieces");
        // Below what it leads to, so that it is what others get; taken away again if there is none.
        let below = self.stack.len();
        self.piece(object, n + 1);
        // SAFETY: an object of the span's type, marked; it has that piece: its `trace` said so, or
        // the piece before.
        let more = unsafe { piece(std::ptr::with_exposed_provenance(object), n, self) };
        if !more {
            self.stack.swap_remove(below);
        }
    }
}

impl Visitor for Marker {
    #[inline]
    fn edge(&mut self, object: usize) {
        self.stack.push(object);
    }

    #[inline]
    fn field(&mut self, word: &AtomicUsize) {
        let object = word.load(Acquire);
        debug_assert!(object & 1 == 0, "a field of an object that was never bound");
        if object != 0 {
            self.stack.push(object);
        }
    }
}

#[inline(always)]
fn prefetch(_at: *const u8) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint; it never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(_at.cast()) }
    }
}
