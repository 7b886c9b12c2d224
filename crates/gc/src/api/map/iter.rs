//! Walks.

use super::Map;
use super::entry::{Entry, link};
use crate::api::gc::Gc;
use crate::api::scope::Scope;
use crate::trace::Trace;
use std::sync::atomic::Ordering::Acquire;

/// Walks a [`Map`]; see [`Map::iter`].
pub struct Iter<'m, 'a, K, V> {
    map: &'m Map<'m, K, V>,
    s: &'a Scope,
    /// The entry met last, in a slot of `s`; 0 at the beginning.
    at: usize,
    era: u32,
}

impl<'m, 'a, K: Trace, V: Trace> Iter<'m, 'a, K, V> {
    #[track_caller]
    pub(super) fn new(map: &'m Map<'m, K, V>, s: &'a Scope) -> Self {
        map.head.address(); // panics here if it must
        Iter {
            map,
            s,
            at: 0,
            era: map.era.load(Acquire),
        }
    }
}

impl<'a, K: Trace, V: Trace> Iterator for Iter<'_, 'a, K, V> {
    type Item = (&'a K::At<'a>, Gc<'a, V::At<'a>>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let s = self.s;
            let at = s.pin(|p| {
                let mut field = match self.at {
                    0 => &self.map.head,
                    // SAFETY: an entry, in a slot of `s`.
                    at => unsafe { &link(at).next },
                };
                loop {
                    let link = field.get(p)?;
                    if link.is_entry() {
                        s.push_address(link.address());
                        return Some(link.address());
                    }
                    field = &link.as_ref().next;
                }
            })?;
            self.at = at;
            if self.map.era.load(Acquire) != self.era {
                return None; // what is left was cleared
            }
            // SAFETY: an entry of this map, in a slot of `s`.
            let both = unsafe { Entry::<K, V>::both_at(s, at) };
            if both.is_some() {
                return both;
            }
        }
    }
}

impl<K, V> std::fmt::Debug for Iter<'_, '_, K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Iter")
    }
}
