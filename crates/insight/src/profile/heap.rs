//! The heap profile: who has allocated what the collected heap holds. Whoever has such a heap says what
//! was sampled ([`provide_heap`]); this crate knows of none.

use super::samples::{Key, Samples};
use super::{Profile, serve as serve_plain};
use crate::registry::Request;
use gompa_park::lock::real::Lock;
use std::io::{self, Write};
use std::panic::Location;

/// What one line of code has allocated of one type and size: estimates of what there really was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// The line that allocates.
    pub site: &'static Location<'static>,
    /// The type of the objects.
    pub type_name: &'static str,
    /// Bytes of one object.
    pub size: usize,
    /// Objects ever allocated.
    pub allocated: u64,
    /// Those of them that were not found dead.
    pub in_use: u64,
}

/// A sample of the heap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeapSample {
    /// One in so many bytes was looked at.
    pub rate: usize,
    /// By line, type and size.
    pub records: Vec<Allocated>,
}

/// Takes a sample; `true`: after a collection.
type Source = fn(bool) -> HeapSample;

static SOURCE: Lock<Option<Source>> = Lock::new(None);

/// From now on the heap's profile is what `source` says; it is told whether to collect first.
pub fn provide_heap(source: fn(collect_first: bool) -> HeapSample) {
    *SOURCE.lock() = Some(source);
}

fn sample(collect_first: bool) -> HeapSample {
    let source = *SOURCE.lock();
    source.map_or_else(HeapSample::default, |source| source(collect_first))
}

/// Go's four values, of which tools show `first` first.
pub(crate) fn take(first: &'static str) -> Samples {
    let sample = sample(false);
    let mut samples = Samples::new(&[
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ]);
    samples.shown_first = Some(first);
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let rate = signed(sample.rate as u64);
    samples.period = Some((("space", "bytes"), rate));
    for record in &sample.records {
        let size = record.size as u64;
        let key = Key {
            allocated: Some((record.type_name, record.site)),
            numbers: vec![("bytes", signed(size))],
            ..Key::default()
        };
        let values = [
            record.allocated,
            record.allocated.saturating_mul(size),
            record.in_use,
            record.in_use.saturating_mul(size),
        ];
        samples.add(key, &values.map(signed));
    }
    samples
}

/// As asked: after a collection with `gc=1`.
pub(crate) fn serve(profile: Profile, request: &Request, out: &mut dyn Write) -> io::Result<()> {
    if request.gc {
        sample(true);
    }
    serve_plain(profile, request, out)
}
