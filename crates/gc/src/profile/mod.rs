//! Who allocates: a sample of the allocations, by the line of code.
//!
//! One allocation in every 512 KiB is looked at, chosen by chance in proportion to its size, as Go's
//! `MemProfileRate` has it. Runs of cells are cut where the chosen byte lies ([`sampler`]), so an
//! allocation that is not chosen does nothing for it. [`table`] remembers the chosen objects until
//! the collector finds them dead.

pub(crate) mod sampler;
pub(crate) mod table;

use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

/// What one line of code has allocated of one type and size, as far as it was sampled. Go's
/// `runtime.MemProfileRecord`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct HeapRecord {
    /// The line that allocates.
    pub site: &'static Location<'static>,
    /// The type of the objects.
    pub type_name: &'static str,
    /// Bytes of one object, as the heap rounds them.
    pub size: usize,
    /// Objects allocated, in number.
    pub allocated_objects: u64,
    /// Objects that the last cycle has not found dead, in number.
    pub in_use_objects: u64,
}

impl HeapRecord {
    /// Bytes of the objects allocated.
    pub fn allocated_bytes(&self) -> u64 {
        self.allocated_objects * self.size as u64
    }

    /// Bytes of the objects in use.
    pub fn in_use_bytes(&self) -> u64 {
        self.in_use_objects * self.size as u64
    }

    /// An estimate of what there really was, from a sample of one in `rate` bytes.
    fn scale(&mut self, rate: usize) {
        if rate <= 1 {
            return;
        }
        // The chance that an object of that size is in the sample is 1 - e^(-size / rate).
        let by = 1.0 / -(-(self.size as f64) / rate as f64).exp_m1();
        for n in [&mut self.allocated_objects, &mut self.in_use_objects] {
            *n = (*n as f64 * by).round() as u64;
        }
    }
}

/// A sample of who has allocated what; see [`heap_profile`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct HeapProfile {
    /// One in so many bytes was sampled.
    pub rate: usize,
    /// For each line, type and size; those with most bytes in use first.
    pub records: Vec<HeapRecord>,
}

impl HeapProfile {
    /// Estimates of what there really was, in place of what was sampled. Like Go's, it takes the
    /// present rate for the one of all samples.
    pub fn scaled(mut self) -> HeapProfile {
        let rate = self.rate;
        self.records.iter_mut().for_each(|r| r.scale(rate));
        self
    }
}

/// What was sampled so far, as Go's `runtime.MemProfile`. [`HeapProfile::scaled`] makes estimates of
/// it. What is in use is as of the last cycle, with all that was allocated since.
///
/// ```
/// use gompa_gc::{heap_profile, scope, set_heap_profile_rate};
///
/// let before = set_heap_profile_rate(1); // all of them
/// scope(|s| {
///     let kept: Vec<_> = (0..1000u64).map(|n| s.alloc([n; 4])).collect();
///     let profile = heap_profile();
///     let ours = |r: &&gompa_gc::HeapRecord| r.type_name == "[u64; 4]";
///     let record = profile.records.iter().find(ours).unwrap();
///     assert_eq!((record.in_use_objects, record.in_use_bytes()), (1000, 32_000));
///     assert!(record.site.file().ends_with(".rs"));
///     drop(kept);
/// });
/// set_heap_profile_rate(before);
/// ```
pub fn heap_profile() -> HeapProfile {
    HeapProfile {
        rate: sampler::RATE.load(Relaxed),
        records: table::records(),
    }
}

/// Samples one allocation in so many bytes from now on; 1 means all, 0 none. Returns the rate before,
/// at first 512 KiB. Go's `runtime.MemProfileRate`. Threads that are in the middle of a run of cells
/// come to know of it with the next: a page of small objects later at most.
pub fn set_heap_profile_rate(bytes: usize) -> usize {
    sampler::RATE.swap(bytes, Relaxed)
}
