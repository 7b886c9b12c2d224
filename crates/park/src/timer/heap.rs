//! A 4-ary min-heap of entries, by value.
//!
//! A node's four children are one cache line, so a step down costs one line. For that the root has
//! the last slot of line 0:
//!
//! ```text
//!   line 0  [ -  -  -  root ]      slot 3
//!   line 1  [ 4  5  6  7 ]         children of slot 3
//!   line 2  [ 8  9 10 11 ]         children of slot 4
//!   line 3  [12 13 14 15 ]         children of slot 5
//!
//!   children of slot p: line p - 2        parent of a slot of line l: slot l + 2
//! ```
//! The children of one family's slots are four lines side by side. Slots past the end hold [`Entry::EMPTY`], later than all, so a family is compared whole.

use super::entry::Entry;
use super::prefetch::prefetch;
use crate::time::{NEVER, Nanos};

const ROOT: usize = 3;

/// Capacity, in lines, that an emptied heap keeps: 64 KiB.
const KEEP: usize = 1024;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([Entry; 4]);

const EMPTY_LINE: Line = Line([Entry::EMPTY; 4]);

/// See the [module](self).
pub(super) struct Heap {
    lines: Vec<Line>,
    /// Entries: slots `ROOT .. ROOT + len`.
    len: usize,
}

impl Heap {
    pub(super) const fn new() -> Heap {
        Heap {
            lines: Vec::new(),
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The earliest time; [`NEVER`] if there is none.
    #[inline]
    pub(super) fn next(&self) -> Nanos {
        self.lines.first().map_or(NEVER, |l| l.0[ROOT].when)
    }

    /// Adds an entry. True if it is earlier than all others.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry) -> bool {
        let slot = ROOT + self.len;
        if slot / 4 == self.lines.len() {
            self.lines.push(EMPTY_LINE);
        }
        self.len += 1;
        self.up(slot, entry) == ROOT
    }

    /// Takes the earliest entry out if it is due.
    #[inline]
    pub(super) fn pop_due(&mut self, now: Nanos) -> Option<Entry> {
        if self.len == 0 || self.next() > now {
            return None;
        }
        let due = self.at(ROOT);
        let last = self.pop_last().expect("not empty");
        if self.len > 0 {
            self.down(ROOT, last);
        } else if self.lines.capacity() > KEEP {
            self.lines = Vec::new();
        }
        Some(due)
    }

    /// The entry in the last slot: where late ones stay that were added last.
    #[inline]
    pub(super) fn last(&self) -> Option<Entry> {
        (self.len > 0).then(|| self.at(ROOT + self.len - 1))
    }

    /// Takes the entry in the last slot out.
    #[inline]
    pub(super) fn pop_last(&mut self) -> Option<Entry> {
        let last = self.last()?;
        self.len -= 1;
        self.put(ROOT + self.len, Entry::EMPTY);
        Some(last)
    }

    /// Drops the entries for which `keep` says no; `keep` may change their times. Linear.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Entry) -> bool) {
        let mut to = ROOT;
        for from in ROOT..ROOT + self.len {
            let mut entry = self.at(from);
            if keep(&mut entry) {
                self.put(to, entry);
                to += 1;
            }
        }
        for slot in to..ROOT + self.len {
            self.put(slot, Entry::EMPTY);
        }
        self.len = to - ROOT;
        if self.len > 1 {
            for slot in (ROOT..=parent(to - 1)).rev() {
                self.down(slot, self.at(slot));
            }
        }
    }

    /// Moves `entry` from the free slot `slot` up to its place; says where that is.
    #[inline]
    fn up(&mut self, mut slot: usize, entry: Entry) -> usize {
        while slot > ROOT {
            let above = self.at(parent(slot));
            if above.when <= entry.when {
                break;
            }
            self.put(slot, above);
            slot = parent(slot);
        }
        self.put(slot, entry);
        slot
    }

    /// Moves `entry` from the free slot `slot` down to its place.
    #[inline]
    fn down(&mut self, mut slot: usize, entry: Entry) {
        while let Some(Line(family)) = self.lines.get(slot - 2) {
            self.prefetch_grandchildren(slot);
            let least = least(family);
            let below = family[least];
            if below.when >= entry.when {
                break;
            }
            self.put(slot, below);
            slot = 4 * (slot - 2) + least;
        }
        self.put(slot, entry);
    }

    /// A step down waits for the family it chooses; the four it may choose next lie side by side.
    /// In a heap past the near caches this halves the cost of a pop.
    #[inline]
    fn prefetch_grandchildren(&self, slot: usize) {
        let first = 4 * (slot - 2) - 2;
        if let Some(families) = self.lines.get(first..first + 4) {
            families.iter().for_each(|family| prefetch(family));
        }
    }

    #[inline]
    fn at(&self, slot: usize) -> Entry {
        self.lines[slot / 4].0[slot % 4]
    }

    #[inline]
    fn put(&mut self, slot: usize, entry: Entry) {
        self.lines[slot / 4].0[slot % 4] = entry;
    }
}

#[inline]
fn parent(slot: usize) -> usize {
    slot / 4 + 2
}

/// Which of four is earliest, without branches that nobody could predict.
#[inline]
fn least(family: &[Entry; 4]) -> usize {
    let a = usize::from(family[1].when < family[0].when);
    let b = 2 + usize::from(family[3].when < family[2].when);
    if family[b].when < family[a].when {
        b
    } else {
        a
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timer::wait::WaitTimer;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::ptr::NonNull;

    #[derive(Clone, Debug)]
    enum Op {
        Push(Nanos),
        PopDue(Nanos),
        PopLast,
        /// Drops the times that are 0 modulo the number.
        Retain(Nanos),
        /// Makes the times that are 0 modulo the number so much later.
        Postpone(Nanos, Nanos),
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            8 => (0..1000_u64).prop_map(Op::Push),
            3 => (0..1000_u64).prop_map(Op::PopDue),
            1 => Just(Op::PopLast),
            1 => (1..5_u64).prop_map(Op::Retain),
            1 => ((1..5_u64), (0..500_u64)).prop_map(|(m, by)| Op::Postpone(m, by)),
        ]
    }

    /// Times, and how many entries have each.
    #[derive(Default)]
    struct Model(BTreeMap<Nanos, usize>);

    impl Model {
        fn add(&mut self, when: Nanos) {
            *self.0.entry(when).or_default() += 1;
        }
        fn remove(&mut self, when: Nanos) {
            let n = self.0.get_mut(&when).expect("the model has it");
            *n -= 1;
            if *n == 0 {
                self.0.remove(&when);
            }
        }
        fn next(&self) -> Nanos {
            self.0.first_key_value().map_or(NEVER, |(&when, _)| when)
        }
        fn len(&self) -> usize {
            self.0.values().sum()
        }
    }

    fn entry(when: Nanos) -> Entry {
        Entry::wait(when, NonNull::<WaitTimer>::dangling(), when as u32)
    }

    fn check(heap: &Heap) {
        for slot in ROOT + 1..ROOT + heap.len {
            assert!(heap.at(parent(slot)).when <= heap.at(slot).when);
        }
        for slot in ROOT + heap.len..4 * heap.lines.len() {
            assert_eq!(heap.at(slot), Entry::EMPTY);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_a_sorted_map(ops in vec(op(), 0..400)) {
            let mut heap = Heap::new();
            let mut model = Model::default();
            for op in ops {
                match op {
                    Op::Push(when) => {
                        prop_assert_eq!(heap.push(entry(when)), when < model.next());
                        model.add(when);
                    }
                    Op::PopDue(now) => match heap.pop_due(now) {
                        Some(e) => {
                            prop_assert_eq!(e.when, model.next());
                            prop_assert!(e.when <= now && e.may_be(e.when as u32));
                            model.remove(e.when);
                        }
                        None => prop_assert!(model.next() > now),
                    },
                    Op::PopLast => match heap.pop_last() {
                        Some(e) => model.remove(e.when),
                        None => prop_assert_eq!(model.len(), 0),
                    },
                    Op::Retain(modulus) => {
                        heap.retain(|e| e.when % modulus != 0);
                        model.0.retain(|when, _| when % modulus != 0);
                    }
                    Op::Postpone(modulus, by) => {
                        heap.retain(|e| {
                            if e.when % modulus == 0 {
                                // The tag says the time for the test's sake: a new entry.
                                *e = entry(e.when + by);
                            }
                            true
                        });
                        for (when, n) in std::mem::take(&mut model.0) {
                            let to = if when % modulus == 0 { when + by } else { when };
                            *model.0.entry(to).or_default() += n;
                        }
                    }
                }
                check(&heap);
                prop_assert_eq!(heap.len(), model.len());
                prop_assert_eq!(heap.next(), model.next());
            }
            while let Some(e) = heap.pop_due(NEVER) {
                prop_assert_eq!(e.when, model.next());
                model.remove(e.when);
            }
            prop_assert_eq!(model.len(), 0);
        }
    }

    #[test]
    fn an_emptied_heap_gives_its_memory_back() {
        let mut heap = Heap::new();
        for i in 0..10_000 {
            heap.push(entry(i));
        }
        while heap.pop_due(NEVER).is_some() {}
        assert!(heap.lines.capacity() <= KEEP);
        assert_eq!(heap.next(), NEVER);
        assert!(heap.push(entry(1)));
    }
}
