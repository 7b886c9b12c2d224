//! All that can be reached, found by other means than the collector's: no marks, no queues, no help.

use crate::api::root;
use crate::cycle::cleanup;
use crate::cycle::mark::Marker;
use crate::heap::region::region;
use crate::mutator::registry;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Who holds an object that was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Holder {
    /// A [`Root`](crate::Root).
    Root,
    /// A slot in a scope of the mutator with that number.
    Slot(usize),
    /// A finalizer that is about to run.
    Finalizer,
    /// An object: its `i`-th pointer.
    Object(usize, usize),
}

/// A walk through the heap, nearest objects first.
pub(super) struct Walk {
    /// How each object was found first.
    found: HashMap<usize, Holder>,
    /// In the order in which they were found.
    pub(super) objects: Vec<usize>,
    /// Those held from outside of the heap, each as often as it is.
    pub(super) roots: Vec<(Holder, usize)>,
}

impl Walk {
    /// While everybody is held up.
    pub(super) fn everywhere() -> Walk {
        let mut roots = Vec::new();
        root::each(|object| roots.push((Holder::Root, object)));
        let mut i = 0;
        while let Some(m) = registry::mutator(i) {
            // SAFETY: scopes are opened, closed and filled in operations only, of which there are
            // none, and every mutator's scan of this cycle is over.
            unsafe { m.each_slot(|object| roots.push((Holder::Slot(i), object))) };
            i += 1;
        }
        cleanup::each_waiting(|object| roots.push((Holder::Finalizer, object)));
        let mut walk = Walk {
            found: HashMap::new(),
            objects: Vec::new(),
            roots: Vec::new(),
        };
        roots
            .iter()
            .for_each(|(by, object)| walk.meet(*object, *by));
        walk.roots = roots;
        let mut at = 0;
        while let Some(&object) = walk.objects.get(at) {
            for (i, child) in Marker::children(object).into_iter().enumerate() {
                walk.meet(child, Holder::Object(object, i));
            }
            at += 1;
        }
        walk
    }

    fn meet(&mut self, object: usize, by: Holder) {
        if let Entry::Vacant(place) = self.found.entry(object) {
            place.insert(by);
            self.objects.push(object);
        }
    }

    /// How one comes to `object`: who holds the first, then each of them.
    pub(super) fn path(&self, object: usize) -> (Holder, Vec<usize>) {
        let mut path = vec![object];
        let mut holder = self.found[&object];
        while let Holder::Object(parent, _) = holder {
            path.push(parent);
            holder = self.found[&parent];
        }
        path.reverse();
        (holder, path)
    }

    /// Which of its holder's pointers led to `object`.
    pub(super) fn place(&self, object: usize) -> Option<usize> {
        match self.found[&object] {
            Holder::Object(_, i) => Some(i),
            _ => None,
        }
    }
}

/// The name of an object's type.
pub(super) fn type_name(object: usize) -> &'static str {
    (region().span_of(object).desc().name)()
}
