//! The collected heap, for those who show it: whoever has one says so.

use gompa_park::lock::real::Lock;

/// The collected heap and its collector, in numbers. Bytes and nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heap {
    /// Allocated and not found dead.
    pub alive: u64,
    /// Where the next cycle should be over.
    pub goal: u64,
    /// Memory in use for objects.
    pub in_use: u64,
    /// Memory that is free and was not given back.
    pub idle: u64,
    /// Ever allocated.
    pub allocated: u64,
    /// Objects ever allocated.
    pub objects: u64,
    /// Cycles that are over.
    pub cycles: u64,
    /// Those among them that were asked for.
    pub forced: u64,
    /// Time the collector has marked.
    pub marking: u64,
    /// Time that mutators have spent helping it.
    pub assists: u64,
    /// Destructors, cleanups and finalizers that have run.
    pub cleanups: u64,
}

static SOURCE: Lock<Option<fn() -> Heap>> = Lock::new(None);

/// From now on the heap is what `source` says.
pub fn provide_heap(source: fn() -> Heap) {
    *SOURCE.lock() = Some(source);
}

/// The heap, if somebody has one.
pub fn heap() -> Option<Heap> {
    let source = *SOURCE.lock();
    source.map(|source| source())
}
