//! Marking: a stack, with a short queue in front of it that gives memory time to arrive.
//!
//! What goes through the queue are pointers found, marked or not. When one is taken off the stack its
//! mark word and its first line are asked for; some pointers later it is looked at. An object is
//! marked and traced in one go, so a marked object is grey only while its pointers are on a stack.

use crate::heap::region::{Region, region};
use crate::protocol::pool::{CHUNK, Pool};
use crate::trace::Visitor;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::atomic::{AtomicU64, AtomicUsize};

/// Pointers on their way.
const AHEAD: usize = 8;
/// Objects between two looks at whether others need work.
const LOOK: u32 = 128;

/// What is grey in this process.
pub(crate) static POOL: Pool = Pool::new();
/// Bytes marked in this cycle, by all who are done.
pub(crate) static MARKED: AtomicU64 = AtomicU64::new(0);

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

    /// Whether `object` is marked.
    pub(crate) fn is_marked(&self, object: usize) -> bool {
        let region = self.region;
        region.marks(self.cycle).get(region.granule(object))
    }

    /// Active, with `chunk`: marks until nothing grey is left here or in the pool, or `budget` bytes
    /// are marked. Then it is active no more. Returns the bytes.
    pub(crate) fn drain(&mut self, chunk: Vec<usize>, budget: u64) -> u64 {
        self.stack = chunk;
        let mut countdown = LOOK;
        let mut idle = 0;
        loop {
            let next = match self.stack.pop() {
                Some(object) => {
                    // It is looked at after as many steps as the queue is long.
                    self.fetch(object);
                    idle = 0;
                    object
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
            let object = std::mem::replace(&mut self.ahead[self.at], next);
            self.at = (self.at + 1) % AHEAD;
            if object == 0 {
                idle += 1;
                continue;
            }
            self.look_at(object);
            countdown -= 1;
            if countdown == 0 {
                countdown = LOOK;
                if self.bytes >= budget {
                    break;
                }
                if self.stack.len() > 2 * CHUNK && POOL.is_low() {
                    // The bottom of the stack: what is there leads to most.
                    POOL.put(self.stack.drain(..CHUNK).collect());
                }
            }
        }
        let mut rest = std::mem::take(&mut self.stack);
        rest.extend(self.ahead.iter().filter(|object| **object != 0));
        self.ahead = [0; AHEAD];
        POOL.rest(rest);
        let bytes = std::mem::take(&mut self.bytes);
        MARKED.fetch_add(bytes, Relaxed);
        bytes
    }

    /// What an object points to, in the order in which its type reports it. Nothing is marked.
    pub(super) fn children(object: usize) -> Vec<usize> {
        let mut marker = Marker::new(0);
        if let Some(trace) = marker.region.span_of(object).desc().trace {
            // SAFETY: as in `look_at`.
            unsafe { trace(std::ptr::with_exposed_provenance(object), &mut marker) }
        }
        marker.stack
    }

    #[inline]
    fn fetch(&self, object: usize) {
        let granule = self.region.granule(object);
        prefetch(self.region.marks(self.cycle).address(granule));
        prefetch(std::ptr::without_provenance(object));
    }

    #[inline]
    fn look_at(&mut self, object: usize) {
        let region = self.region;
        if !region.marks(self.cycle).set(region.granule(object)) {
            return;
        }
        let span = region.span_of(object);
        self.bytes += span.cell() as u64;
        if let Some(trace) = span.desc().trace {
            // SAFETY: reachable, hence an object of the span's type: written before it could be
            // reached, not freed in the cycle that finds it.
            unsafe { trace(std::ptr::with_exposed_provenance(object), self) }
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
