//! Maps in the heap: a list of entries, sorted, with short cuts into it.
//!
//! ```text
//!   head -> e -> e -> [8] -> e -> e -> [4] -> e -> [12] -> e -> ...        [n]: where bucket n begins
//!                      ^                ^           ^
//!   directory  |  |  8 |              4 |        12 |
//! ```
//! The list is sorted by the hashes' bits in reverse, so that a bucket is a stretch of it, and stays
//! one when their number doubles: each falls into two. Growing moves nothing, then; new buckets get
//! their mark in the list when they are first written to, and until then are found from the one they
//! fell out of. (Shalev and Shavit, "Split-Ordered Lists".) No operation takes time in proportion to
//! the map but the copy of the directory's top: one pointer for 512 buckets.
//!
//! # Who may do what
//! Readers take no lock, and writers one that is for them alone: the collector takes none. `Hash` and
//! `Eq` are a user's, who may do anything in them, so they run before the lock is taken; a writer then
//! checks that the entries of the very same hash are still those it has compared. New ones come in
//! front of those, hence one look at the first is enough. Under the lock nothing is allocated, and a
//! pin is open: nobody waits there for the collector.
//!
//! An entry that was removed keeps its place in the order for whoever stands on it, and has no value.

mod directory;
mod entry;
mod iter;
mod write;

pub use iter::Iter;

use super::field::Field;
use super::gc::Gc;
use super::pin::Pin;
use super::scope::Scope;
use crate::trace::{Trace, Visitor};
use directory::Directory;
use entry::{Entry, Link, link};
use gompa_park::lock::real::RawLock;
use std::borrow::Borrow;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::atomic::{AtomicU32, AtomicUsize};

/// A map that goroutines and threads share: from keys, which it owns, to objects.
///
/// Keys are values for the heap that can be hashed and compared: numbers, strings, types of one's
/// own, handles (compared by what they point to; by themselves in [`ById`](crate::ById)). They are
/// moved into the heap and never change. What is looked for may be any borrowed form, as in
/// `std::collections::HashMap`.
///
/// Reading takes no lock; growing moves no entry. A walk by [`iter`](Map::iter) meets every entry
/// that is there all the time once, whatever else happens meanwhile, and no entry twice.
///
/// ```
/// use gompa_gc::{Gc, Map, Trace, scope};
/// #[derive(Trace)]
/// struct City<'gc> { roads: Map<'gc, String, City<'gc>> }
///
/// scope(|s| {
///     let city = || s.alloc(City { roads: Map::new() });
///     let (lhasa, leh) = (city(), city());
///     lhasa.roads.insert(s, "west".into(), leh);
///     leh.roads.insert(s, "east".into(), lhasa); // a cycle; nothing to break by hand
///     let west = lhasa.roads.get(s, "west").unwrap();
///     assert!(west.roads.get(s, "east").unwrap().ptr_eq(lhasa));
///     assert!(lhasa.roads.remove(s, "west").unwrap().ptr_eq(leh));
///     assert!(lhasa.roads.is_empty());
/// });
/// ```
pub struct Map<'gc, K, V> {
    len: AtomicUsize,
    head: Field<'gc, Link<'gc>>,
    directory: Directory<'gc>,
    writing: RawLock,
    /// How often it was cleared.
    era: AtomicU32,
    _of: PhantomData<(K, Gc<'gc, V>)>,
}

impl<K, V> Map<'_, K, V> {
    /// An empty one.
    pub const fn new() -> Self {
        Map {
            len: AtomicUsize::new(0),
            head: Field::nil(),
            directory: Directory::new(),
            writing: RawLock::new(),
            era: AtomicU32::new(0),
            _of: PhantomData,
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len.load(Acquire)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a hash has its place in the list. The last bit tells entries from marks.
fn order_of<Q: Hash + ?Sized>(key: &Q) -> u64 {
    static HASHER: OnceLock<ahash::RandomState> = OnceLock::new();
    let hasher = HASHER.get_or_init(ahash::RandomState::new);
    hasher.hash_one(key).reverse_bits() | 1
}

/// What a look-up has come to: addresses, held by the scope it was done in.
enum Found {
    /// This entry.
    Entry(usize),
    /// None. The first entry of the same hash, or 0.
    Nothing { first: usize },
}

impl<K: Trace, V: Trace> Map<'_, K, V> {
    /// Looks for an entry. No lock is held, and no pin open, while `is` looks at a key.
    #[track_caller]
    fn find(&self, s: &Scope, order: u64, mut is: impl FnMut(&K::At<'_>) -> bool) -> Found {
        let (mut at, mut first) = (0, 0);
        loop {
            at = s.pin(|p| {
                let from = match at {
                    0 => self.start(p, order),
                    // SAFETY: an entry, held by a slot of `s`.
                    at => unsafe { &link(at).next },
                };
                let before = seek(p, from, |link| link.order < order);
                match before.get(p) {
                    Some(link) if link.order == order => {
                        s.push_address(link.address());
                        link.address()
                    }
                    _ => 0,
                }
            });
            if at == 0 {
                return Found::Nothing { first };
            }
            if first == 0 {
                first = at;
            }
            // SAFETY: its order is odd, so it is an entry of this map; held.
            if is(unsafe { Entry::<K, V>::key_at(at) }) {
                return Found::Entry(at);
            }
        }
    }

    /// The field that the stretch of the list begins with in which `order` has its place.
    #[track_caller]
    fn start<'p>(&'p self, p: &'p Pin, order: u64) -> &'p Field<'p, Link<'p>> {
        let mark = self.directory.nearest(p, order);
        mark.map_or(&self.head, |mark| &mark.as_ref().next)
    }

    fn look<'a, Q>(&self, s: &'a Scope, key: &Q) -> Option<usize>
    where
        for<'x> K::At<'x>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        match self.find(s, order_of(key), |k| k.borrow() == key) {
            Found::Entry(at) => Some(at),
            Found::Nothing { .. } => None,
        }
    }

    /// What `key` leads to.
    ///
    /// # Panics
    /// If the map is not part of an object; and if `Hash` or `Eq` do.
    #[track_caller]
    pub fn get<'a, Q>(&self, s: &'a Scope, key: &Q) -> Option<Gc<'a, V::At<'a>>>
    where
        for<'x> K::At<'x>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        s.nested(|n| {
            let at = self.look(n, key)?;
            // SAFETY: an entry of this map; held by `n`.
            let value = unsafe { Entry::<K, V>::value_at(at) }.load(s);
            // SAFETY: a `V`, in a slot of `s`.
            (value != 0).then(|| unsafe { Gc::from_address(value) })
        })
    }

    /// The key that is in the map, and what it leads to.
    ///
    /// # Panics
    /// As [`get`](Map::get).
    #[track_caller]
    #[allow(clippy::type_complexity)]
    pub fn get_key_value<'a, Q>(
        &self,
        s: &'a Scope,
        key: &Q,
    ) -> Option<(&'a K::At<'a>, Gc<'a, V::At<'a>>)>
    where
        for<'x> K::At<'x>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let at = self.look(s, key)?;
        // SAFETY: an entry of this map, in a slot of `s`.
        unsafe { Entry::<K, V>::both_at(s, at) }
    }

    /// Whether the map has an entry for `key`.
    ///
    /// # Panics
    /// As [`get`](Map::get).
    #[track_caller]
    pub fn contains_key<Q>(&self, s: &Scope, key: &Q) -> bool
    where
        for<'x> K::At<'x>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        s.nested(|n| self.get(n, key).is_some())
    }

    /// The entries, in no order. Each takes two slots of the scope. One that comes meanwhile is met
    /// or is not; one that goes before the walk has come to it is not.
    ///
    /// # Panics
    /// If the map is not part of an object.
    #[track_caller]
    pub fn iter<'a>(&self, s: &'a Scope) -> Iter<'_, 'a, K, V> {
        Iter::new(self, s)
    }
}

/// From the stretch that `from` begins, the field behind all links that are `before` what is sought.
fn seek<'p>(
    p: &'p Pin,
    from: &'p Field<'p, Link<'p>>,
    mut before: impl FnMut(Gc<'p, Link<'p>>) -> bool,
) -> &'p Field<'p, Link<'p>> {
    let mut field = from;
    while let Some(link) = field.get(p)
        && before(link)
    {
        field = &link.as_ref().next;
    }
    field
}

impl<K, V> Default for Map<'_, K, V> {
    fn default() -> Self {
        Map::new()
    }
}

impl<K, V> std::fmt::Debug for Map<'_, K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Map({} entries)", self.len.load(Relaxed))
    }
}

// SAFETY: 1. its parts are words and fields; entries are re-branded as what fields point to. 2., 3.
// the fields are reported. 4. no `Drop`. 5. yes.
unsafe impl<K: Trace, V: Trace> Trace for Map<'_, K, V> {
    type At<'a> = Map<'a, K::At<'a>, V::At<'a>>;
    const TRACED: bool = true;
    #[inline]
    fn visit<W: Visitor>(&self, v: &mut W) {
        self.head.visit(v);
        self.directory.visit(v);
    }
}
