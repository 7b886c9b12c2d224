//! What was sampled.

use super::HeapRecord;
use crate::cycle::mark::is_marked;
use crate::heap::class::Kind;
use gompa_park::lock::real::Lock;
use std::collections::HashMap;
use std::panic::Location;

/// A line, a type, a size.
type Key = (&'static Location<'static>, fn() -> &'static str, usize);

#[derive(Default)]
struct Table {
    /// How many were allocated, and how many of them died.
    counts: Vec<(Key, u64, u64)>,
    /// Where a key's counts are: by addresses, for lines and types have one each, or a few.
    index: HashMap<(usize, usize, usize), usize>,
    /// Objects that live, and whose they are.
    live: HashMap<usize, usize>,
}

static TABLE: Lock<Option<Table>> = Lock::new(None);

/// The object at `object`, about to be written, is in the sample. In the operation that allocates it.
pub(crate) fn record(object: usize, kind: Kind, site: &'static Location<'static>) {
    let mut table = TABLE.lock();
    let table = table.get_or_insert_with(Table::default);
    let name = kind.desc.name;
    let address = (std::ptr::from_ref(site).addr(), name as usize, kind.cell);
    let i = *table.index.entry(address).or_insert_with(|| {
        table.counts.push(((site, name, kind.cell), 0, 0));
        table.counts.len() - 1
    });
    table.counts[i].1 += 1;
    table.live.insert(object, i);
}

/// Marking is over: what is not marked is dead.
pub(crate) fn settle(cycle: u64) {
    if let Some(Table { counts, live, .. }) = &mut *TABLE.lock() {
        live.retain(|object, i| {
            let alive = is_marked(cycle, *object);
            counts[*i].2 += u64::from(!alive);
            alive
        });
    }
}

/// What there is, merged where a line or a type has several addresses.
pub(super) fn records() -> Vec<HeapRecord> {
    let counts = match &*TABLE.lock() {
        Some(table) => table.counts.clone(),
        None => return Vec::new(),
    };
    let mut merged: HashMap<(String, &str, usize), HeapRecord> = HashMap::new();
    for ((site, name, size), allocated, dead) in counts {
        let record = merged
            .entry((site.to_string(), name(), size))
            .or_insert(HeapRecord {
                site,
                type_name: name(),
                size,
                allocated_objects: 0,
                in_use_objects: 0,
            });
        record.allocated_objects += allocated;
        record.in_use_objects += allocated - dead;
    }
    let mut records: Vec<HeapRecord> = merged.into_values().collect();
    let place = |r: &HeapRecord| (r.site.file(), r.site.line(), r.site.column());
    records.sort_by(|a, b| {
        let bytes = b.in_use_bytes().cmp(&a.in_use_bytes());
        bytes.then_with(|| (place(a), a.type_name, a.size).cmp(&(place(b), b.type_name, b.size)))
    });
    records
}
