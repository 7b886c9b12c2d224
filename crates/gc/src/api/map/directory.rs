//! Where buckets begin.
//!
//! ```text
//!   top  |0|1|2|3|  ->  segment of 512 fields, made when one of its buckets is first written to
//! ```
//! Up to 512 buckets there is one segment, which is replaced by one twice as long; from there on the
//! top is. Bucket 0 begins with the map.

use super::entry::Link;
use crate::Trace;
use crate::api::array::Array;
use crate::api::field::Field;
use crate::api::gc::Gc;
use crate::api::pin::Pin;
use crate::api::scope::Scope;
use crate::mutator::alloc::Site;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Acquire, Release};

/// The longest segment.
const SEGMENT: usize = 512;

type Segment<'g> = Array<Field<'g, Link<'g>>>;
type Top<'g> = Array<Field<'g, Segment<'g>>>;

#[derive(Trace)]
pub(super) struct Directory<'gc> {
    /// How many buckets there are, less one: a power of two, less one.
    last: AtomicUsize,
    top: Field<'gc, Top<'gc>>,
}

/// What a larger directory needs, made before the lock is taken.
pub(super) struct Larger<'s> {
    last: usize,
    top: Option<Gc<'s, Top<'s>>>,
    segment: Option<Gc<'s, Segment<'s>>>,
}

fn segment<'s>(s: &'s Scope, len: usize, site: Site) -> Gc<'s, Segment<'s>> {
    s.array_for(site, len, |_| Field::<Link<'_>>::nil())
}

fn top<'s>(s: &'s Scope, len: usize, site: Site) -> Gc<'s, Top<'s>> {
    s.array_for(site, len, |_| Field::<Segment<'_>>::nil())
}

impl Directory<'_> {
    pub(super) const fn new() -> Self {
        Directory {
            last: AtomicUsize::new(0),
            top: Field::nil(),
        }
    }

    /// The number of the last bucket.
    pub(super) fn last(&self) -> usize {
        self.last.load(Acquire)
    }

    /// The bucket that `order` is in.
    pub(super) fn bucket(&self, order: u64) -> usize {
        order.reverse_bits() as usize & self.last()
    }

    /// The place of a bucket's mark, if the segment is there.
    fn place<'p>(&'p self, p: &'p Pin, bucket: usize) -> Option<&'p Field<'p, Link<'p>>> {
        let top = self.top.get(p)?.as_ref();
        let segment = top.get(bucket / SEGMENT)?.get(p)?.as_ref();
        segment.get(bucket % SEGMENT)
    }

    /// The mark of a bucket.
    pub(super) fn mark<'p>(&'p self, p: &'p Pin, bucket: usize) -> Option<Gc<'p, Link<'p>>> {
        self.place(p, bucket)?.get(p)
    }

    /// The mark of the bucket that `order` is in, or of one that it fell out of. `None` is the map's
    /// beginning.
    pub(super) fn nearest<'p>(&'p self, p: &'p Pin, order: u64) -> Option<Gc<'p, Link<'p>>> {
        let mut bucket = self.bucket(order);
        while bucket > 0 {
            if let Some(mark) = self.mark(p, bucket) {
                return Some(mark);
            }
            bucket &= !(1 << bucket.ilog2());
        }
        None
    }

    /// A segment for that bucket, unless it has one.
    pub(super) fn missing<'s>(
        &self,
        s: &'s Scope,
        bucket: usize,
        site: Site,
    ) -> Option<Gc<'s, Segment<'s>>> {
        let there = s.pin(|p| self.place(p, bucket).is_some());
        (!there).then(|| segment(s, SEGMENT, site))
    }

    /// Under the lock: sets the mark of a bucket that has none.
    pub(super) fn set_mark(
        &self,
        p: &Pin,
        bucket: usize,
        mark: usize,
        spare: Option<Gc<'_, Segment<'_>>>,
    ) {
        if let (Some(spare), None, Some(top)) = (spare, self.place(p, bucket), self.top.get(p))
            && let Some(place) = top.as_ref().get(bucket / SEGMENT)
        {
            place.set_address(p, spare.address());
        }
        if let Some(place) = self.place(p, bucket) {
            place.set_address(p, mark);
        }
    }

    /// What it takes to have twice as many buckets.
    pub(super) fn larger<'s>(&self, s: &'s Scope, site: Site) -> Larger<'s> {
        let last = self.last();
        let buckets = (last + 1) * 2;
        Larger {
            last,
            top: match buckets / SEGMENT {
                0 | 1 if last > 0 => None,
                n => Some(top(s, n.max(1), site)),
            },
            segment: (buckets <= SEGMENT).then(|| segment(s, buckets, site)),
        }
    }

    /// Under the lock: has twice as many buckets, unless others have been faster.
    pub(super) fn grow(&self, p: &Pin, by: &Larger<'_>) {
        if self.last() != by.last {
            return;
        }
        let old = self.top.get(p);
        if let Some(top) = by.top {
            for (from, to) in old.iter().flat_map(|top| top.as_ref()).zip(&*top) {
                to.set_address(p, from.address());
            }
            self.top.set_address(p, top.address());
        }
        if let (Some(segment), Some(top)) = (by.segment, self.top.get(p)) {
            let old = top[0].get(p);
            for (from, to) in old.iter().flat_map(|old| old.as_ref()).zip(&*segment) {
                to.set_address(p, from.address());
            }
            top[0].set_address(p, segment.address());
        }
        self.last.store(by.last * 2 + 1, Release);
    }

    /// Under the lock: has one bucket, the map.
    pub(super) fn clear(&self, p: &Pin) {
        self.last.store(0, Release);
        self.top.clear(p);
    }
}
