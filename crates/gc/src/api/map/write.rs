//! What changes a map.

use super::entry::{Entry, Link, link};
use super::{Found, Map, order_of, seek};
use crate::api::field::Field;
use crate::api::gc::Gc;
use crate::api::pin::Pin;
use crate::api::scope::Scope;
use crate::mutator::alloc::Site;
use crate::trace::Trace;
use gompa_park::lock::real::RawLock;
use std::borrow::Borrow;
use std::hash::Hash;
use std::panic::Location;
use std::sync::atomic::Ordering::{Relaxed, Release};

/// Entries for a bucket, on average, before there are twice as many.
const LOAD: usize = 3;

/// Whoever changes a map.
struct Writing<'a>(&'a RawLock);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        // SAFETY: taken in `Map::change`.
        unsafe { self.0.unlock() }
    }
}

/// A key at a lifetime that its handles live for.
fn brand<'x, K: Trace>(key: &'x K::At<'_>) -> &'x K::At<'x> {
    // SAFETY: the same type with its lifetime replaced by a shorter one: what is borrowed for `'x`
    // lives for it.
    unsafe { &*std::ptr::from_ref(key).cast() }
}

impl<K: Trace, V: Trace> Map<'_, K, V> {
    /// Runs `f`, which calls no code of a user's and allocates nothing, with the lock and a pin. The
    /// pin first: whoever waits for the lock must not be waited for by who has it.
    fn change<R>(&self, s: &Scope, f: impl FnOnce(&Pin) -> R) -> R {
        s.pin(|p| {
            self.writing.lock();
            let _writing = Writing(&self.writing);
            f(p)
        })
    }

    /// Lets `key` lead to `value`; what it led to before. The key stays the one that was there.
    ///
    /// # Panics
    /// If the map is not part of an object; and if `Hash` or `Eq` do. Nothing has changed then.
    #[track_caller]
    pub fn insert<'a, 'k, 'v>(
        &self,
        s: &'a Scope,
        key: K::At<'k>,
        value: Gc<'v, V::At<'v>>,
    ) -> Option<Gc<'a, V::At<'a>>>
    where
        for<'x> K::At<'x>: Hash + Eq,
        V::At<'v>: 'v,
    {
        let old = self.put(s, key, value, true, Location::caller());
        // SAFETY: a `V`, in a slot of `s`.
        (old != 0).then(|| unsafe { Gc::from_address(old) })
    }

    /// What `key` leads to; if it leads to nothing, it does to what `make` makes from now on. `make`
    /// may have been called in vain, if another one was faster.
    ///
    /// # Panics
    /// As [`insert`](Map::insert); and if `make` does.
    #[track_caller]
    pub fn get_or_insert_with<'a, 'k, 'v>(
        &self,
        s: &'a Scope,
        key: K::At<'k>,
        make: impl FnOnce() -> Gc<'v, V::At<'v>>,
    ) -> Gc<'a, V::At<'a>>
    where
        for<'x> K::At<'x>: Hash + Eq,
        V::At<'v>: 'v,
    {
        let site = Location::caller();
        let mut there = s.nested(|n| {
            let is = |other: &K::At<'_>| *brand::<K>(other) == *brand::<K>(&key);
            match self.find(n, order_of(brand::<K>(&key)), is) {
                // SAFETY: an entry of this map, held by `n`.
                Found::Entry(at) => unsafe { Entry::<K, V>::value_at(at) }.load(s),
                Found::Nothing { .. } => 0,
            }
        });
        if there == 0 {
            let value = make();
            there = self.put(s, key, value, false, site);
            if there == 0 {
                s.push_address(value.address());
                there = value.address();
            }
        }
        // SAFETY: a `V`, in a slot of `s`.
        unsafe { Gc::from_address(there) }
    }

    /// What `key` led to before, or 0; held by `s`. If it did, it leads to `value` now only if that is
    /// to be replaced.
    #[track_caller]
    fn put<'k, 'v>(
        &self,
        s: &Scope,
        key: K::At<'k>,
        value: Gc<'v, V::At<'v>>,
        replace: bool,
        site: Site,
    ) -> usize
    where
        for<'x> K::At<'x>: Hash + Eq,
        V::At<'v>: 'v,
    {
        let order = order_of(brand::<K>(&key));
        let mut key = Some(key);
        // What it has been moved to.
        let mut fresh = 0;
        s.nested(|n| {
            loop {
                let mine = match &key {
                    Some(key) => brand::<K>(key),
                    // SAFETY: an entry for this map, held by `n`.
                    None => unsafe { Entry::<K, V>::key_at(fresh) },
                };
                match self.find(n, order, |other| *brand::<K>(other) == *brand::<K>(mine)) {
                    Found::Entry(at) => {
                        // SAFETY: an entry of this map, held by `n`.
                        let there = unsafe { Entry::<K, V>::value_at(at) };
                        let old = self.change(n, |p| match self.field_of(p, at) {
                            None => 0, // it was removed meanwhile
                            Some(_) if replace => there.swap_address(s, value.address()),
                            Some(_) => there.load(s),
                        });
                        if old != 0 {
                            return old;
                        }
                    }
                    Found::Nothing { first } => {
                        if let Some(key) = key.take() {
                            let entry = Entry {
                                link: Link {
                                    order,
                                    next: Field::nil(),
                                },
                                value: Field::new(value),
                                key,
                            };
                            fresh = n.alloc_for(site, entry).address();
                        }
                        self.mark_bucket(n, order, site);
                        if self.change(n, |p| self.link_in(p, order, first, fresh)) {
                            self.grow(n, site);
                            return 0;
                        }
                    }
                }
            }
        })
    }

    /// Under the lock: puts the entry in its place, if the first one with its hash is still `first`.
    fn link_in(&self, p: &Pin, order: u64, first: usize, fresh: usize) -> bool {
        let place = seek(p, self.start(p, order), |link| link.order < order);
        let next = place.get(p);
        let now = next.filter(|link| link.order == order);
        if now.map_or(0, Gc::address) != first {
            return false;
        }
        // SAFETY: an entry, held by the caller.
        let link = unsafe { link(fresh) };
        link.next.set_address(p, next.map_or(0, Gc::address));
        place.set_address(p, fresh);
        self.len.store(self.len.load(Relaxed) + 1, Release);
        true
    }

    /// Under the lock: the field that points to the entry at that address, if it is in the list.
    fn field_of<'p>(&'p self, p: &'p Pin, at: usize) -> Option<&'p Field<'p, Link<'p>>> {
        // SAFETY: an entry, held by the caller.
        let order = unsafe { link(at) }.order;
        let field = seek(p, self.start(p, order), |link| {
            link.order <= order && link.address() != at
        });
        (field.address() == at).then_some(field)
    }

    /// Sees to it that the bucket in which `order` is has its mark.
    fn mark_bucket(&self, s: &Scope, order: u64, site: Site) {
        let bucket = self.directory.bucket(order);
        if bucket == 0 || s.pin(|p| self.directory.mark(p, bucket).is_some()) {
            return;
        }
        let order = (bucket as u64).reverse_bits();
        let mark = Link {
            order,
            next: Field::nil(),
        };
        let mark = s.alloc_for(site, mark);
        let spare = self.directory.missing(s, bucket, site);
        self.change(s, |p| {
            let gone = self.directory.last() < bucket; // it was cleared
            if gone || self.directory.mark(p, bucket).is_some() {
                return;
            }
            let place = seek(p, self.start(p, order), |link| link.order < order);
            mark.next.set_address(p, place.address());
            place.set_address(p, mark.address());
            self.directory.set_mark(p, bucket, mark.address(), spare);
        });
    }

    /// Sees to it that there are enough buckets.
    fn grow(&self, s: &Scope, site: Site) {
        if self.len() / LOAD > self.directory.last() {
            let larger = self.directory.larger(s, site);
            self.change(s, |p| self.directory.grow(p, &larger));
        }
    }

    /// Takes the entry for `key` out; what it led to.
    ///
    /// # Panics
    /// As [`insert`](Map::insert).
    #[track_caller]
    pub fn remove<'a, Q>(&self, s: &'a Scope, key: &Q) -> Option<Gc<'a, V::At<'a>>>
    where
        for<'x> K::At<'x>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        s.nested(|n| {
            loop {
                let at = self.look(n, key)?;
                let old = self.remove_at(n, s, at);
                if old != 0 {
                    // SAFETY: a `V`, in a slot of `s`.
                    return Some(unsafe { Gc::from_address(old) });
                }
            }
        })
    }

    /// Takes the entry at that address out, which `n` holds; its value, held by `s`, or 0 if somebody
    /// has done it already.
    fn remove_at(&self, n: &Scope, s: &Scope, at: usize) -> usize {
        // SAFETY: an entry of this map, held by `n`.
        let (link, value) = unsafe { (link(at), Entry::<K, V>::value_at(at)) };
        self.change(n, |p| {
            let Some(field) = self.field_of(p, at) else {
                return 0;
            };
            field.set_address(p, link.next.address());
            self.len.store(self.len.load(Relaxed) - 1, Release);
            value.swap_address(s, 0)
        })
    }

    /// Takes out all entries for which `keep` says false. It is asked once for each that is there all
    /// the time.
    ///
    /// # Panics
    /// If the map is not part of an object; and if `keep` does. What it has refused is gone then.
    #[track_caller]
    pub fn retain(
        &self,
        s: &Scope,
        mut keep: impl for<'x> FnMut(&'x K::At<'x>, Gc<'x, V::At<'x>>) -> bool,
    ) {
        let era = self.era.load(Relaxed);
        s.nested(|s| {
            let Some(first) = self.head.get(s) else {
                return;
            };
            let mut cursor = s.cursor(first);
            loop {
                let more = s.nested(|n| {
                    let here = cursor.get();
                    // SAFETY: an entry, held by the cursor; one that was removed has no value.
                    let both = here
                        .is_entry()
                        .then(|| unsafe { Entry::<K, V>::both_at(n, here.address()) });
                    if let Some((key, value)) = both.flatten()
                        && !keep(key, value)
                    {
                        self.remove_at(n, n, here.address());
                    }
                    let next = here.as_ref().next.get(n);
                    next.map(|next| cursor.set(next)).is_some()
                });
                if !more || self.era.load(Relaxed) != era {
                    return;
                }
            }
        });
    }

    /// Takes all entries out. Takes no longer for many than for few: the collector finds them.
    ///
    /// # Panics
    /// If the map is not part of an object.
    #[track_caller]
    pub fn clear(&self, s: &Scope) {
        self.change(s, |p| {
            self.head.clear(p);
            self.directory.clear(p);
            self.len.store(0, Release);
            // Walks under way end here.
            self.era
                .store(self.era.load(Relaxed).wrapping_add(1), Release);
        });
    }
}
