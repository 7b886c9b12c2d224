//! Lists that grow, of pointers.

use super::array::Array;
use super::field::Field;
use super::gc::Gc;
use super::pin::Pin;
use super::scope::Scope;
use crate::trace::{Trace, Visitor};
use gompa_park::lock::real::RawLock;
use std::panic::Location;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Acquire, Release};

/// The first array's length.
const FIRST: usize = 4;

/// A list of pointers that others can add to while one reads: an array of fields, and how many of
/// them are in use. When it is full a larger array takes its place; whoever is in the middle of the
/// old one reads on there.
///
/// Its lock is one between mutators; the collector takes none.
///
/// ```
/// use gompa_gc::{List, Trace, scope};
/// #[derive(Trace)]
/// struct City<'gc> { name: String, roads: List<'gc, City<'gc>> }
///
/// scope(|s| {
///     let city = |name: &str| s.alloc(City { name: name.into(), roads: List::new() });
///     let (a, b) = (city("Lhasa"), city("Leh"));
///     a.roads.push(s, b);
///     b.roads.push(s, a); // a cycle; nothing to break by hand
///     let names: Vec<_> = a.roads.iter(s).map(|c| c.name.clone()).collect();
///     assert_eq!(names, ["Leh"]);
/// });
/// ```
pub struct List<'gc, T> {
    len: AtomicUsize,
    array: Field<'gc, Array<Field<'gc, T>>>,
    writing: RawLock,
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        List::new()
    }
}

impl<T> List<'_, T> {
    /// An empty one.
    pub const fn new() -> Self {
        List {
            len: AtomicUsize::new(0),
            array: Field::nil(),
            writing: RawLock::new(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len.load(Acquire)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Whoever changes a list.
struct Writing<'a>(&'a RawLock);

impl<'a> Writing<'a> {
    fn begin(lock: &'a RawLock) -> Self {
        lock.lock();
        Writing(lock)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        // SAFETY: taken by `begin`.
        unsafe { self.0.unlock() }
    }
}

/// The array of a list, as the scope holds it.
type Fields<'s, T> = Gc<'s, Array<Field<'s, <T as Trace>::At<'s>>>>;

impl<T: Trace> List<'_, T> {
    /// Adds `g` at the end.
    ///
    /// # Panics
    /// If the list is not part of an object.
    #[track_caller]
    pub fn push<'v>(&self, s: &Scope, g: Gc<'v, T::At<'v>>)
    where
        T::At<'v>: 'v,
    {
        let site = Location::caller();
        s.nested(|s| {
            // A larger array is made outside of the lock: an allocation may have to wait.
            let mut spare: Option<Fields<'_, T>> = None;
            loop {
                let array: Option<Fields<'_, T>> = self.array.get(s);
                let room = array.map_or(0, |a| a.len());
                if self.len() == room && spare.is_none_or(|a| a.len() <= room) {
                    let room = (room * 2).max(FIRST);
                    spare = Some(s.array_for(site, room, |_| Field::<T>::nil()));
                }
                if s.pin(|p| self.try_push(p, g.address(), spare)) {
                    return;
                }
            }
        });
    }

    /// Puts the object at the end, if there is room or `spare` has more; else others were faster.
    ///
    /// A pin is open before the lock is taken: whoever waits for it must not be waited for by who has
    /// it, for the collector say.
    fn try_push(&self, p: &Pin, object: usize, spare: Option<Fields<'_, T>>) -> bool {
        let _writing = Writing::begin(&self.writing);
        let len = self.len();
        // SAFETY: such an array, reachable in the pin.
        let array = |at: usize| unsafe { Fields::<'_, T>::from_address(at) };
        let there = match self.array.load(p) {
            0 => None,
            at => Some(array(at)),
        };
        let array = match (there, spare) {
            (Some(there), _) if len < there.len() => there,
            (_, Some(larger)) if len < larger.len() => {
                for (from, to) in there.iter().flat_map(|a| a.as_ref()).zip(&*larger) {
                    to.set_address(p, from.address());
                }
                self.array.set_address(p, larger.address());
                larger
            }
            _ => return false,
        };
        array[len].set_address(p, object);
        self.len.store(len + 1, Release);
        true
    }

    /// The `i`-th.
    ///
    /// # Panics
    /// If the list is not part of an object.
    #[track_caller]
    pub fn get<'a>(&self, s: &'a Scope, i: usize) -> Option<Gc<'a, T::At<'a>>> {
        self.from(s, i).next()
    }

    /// Those that there are now, in order. Each takes a slot of the scope.
    ///
    /// # Panics
    /// If the list is not part of an object.
    #[track_caller]
    pub fn iter<'a>(&self, s: &'a Scope) -> Iter<'a, T> {
        self.from(s, 0)
    }

    #[track_caller]
    fn from<'a>(&self, s: &'a Scope, at: usize) -> Iter<'a, T> {
        // The length first: arrays only grow.
        let len = self.len();
        Iter {
            s,
            array: self.array.get(s),
            at,
            len,
        }
    }
}

/// Walks a [`List`].
pub struct Iter<'a, T: Trace> {
    s: &'a Scope,
    array: Option<Fields<'a, T>>,
    at: usize,
    len: usize,
}

impl<'a, T: Trace> Iterator for Iter<'a, T> {
    type Item = Gc<'a, T::At<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.len {
            return None;
        }
        let object = self.array?[self.at].load(self.s);
        self.at += 1;
        // SAFETY: an element is never nil, it is a `T`, and a slot holds it.
        Some(unsafe { Gc::from_address(object) })
    }
}

impl<T: Trace> std::fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Iter({} left)", self.len - self.at)
    }
}

impl<T> std::fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "List({} elements)", self.len())
    }
}

// SAFETY: 1. its parts are words and a field. 2., 3. the field is reported. 4. no `Drop`. 5. yes.
unsafe impl<T: Trace> Trace for List<'_, T> {
    type At<'a> = List<'a, T::At<'a>>;
    const TRACED: bool = true;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        self.array.visit(v);
    }
}
