//! Removing an entry.

use super::find::At;
use super::{Chains, Header, Kind, Walk};

impl<K, V> Header<K, V> {
    /// Removes an entry. If the map grows or shrinks, this goes on with it; it may begin shrinking.
    #[inline]
    pub fn remove(
        &mut self,
        hash: u64,
        mut is: impl FnMut(&K) -> bool,
        rehash: &impl Fn(&K) -> u64,
        walk: Option<&mut Walk>,
    ) -> Option<(K, V)> {
        if self.plain
            && walk.is_none()
            && let Some(pair) = self.table.take_home(hash, &mut is)
        {
            let pair = pair?;
            self.count -= 1;
            if self.count < self.floor {
                self.under_floor(false);
            }
            return Some(pair);
        }
        self.remove_with_care(hash, is, rehash, walk)
    }

    /// Where the map grows, somebody walks, or the chain is long.
    #[cold]
    #[inline(never)]
    fn remove_with_care(
        &mut self,
        hash: u64,
        is: impl FnMut(&K) -> bool,
        rehash: &impl Fn(&K) -> u64,
        mut walk: Option<&mut Walk>,
    ) -> Option<(K, V)> {
        if self.old.is_some() {
            self.prefetch(hash);
            self.grow_work(hash, rehash, walk.as_deref_mut());
        }
        let at = self.find(hash, is)?;
        let home = self.aged(at.age)?.home(hash);
        Some(self.take(at, home, walk))
    }

    /// Takes out the entry of this hash.
    pub fn take_hashed(&mut self, at: At, hash: u64) -> (K, V) {
        let home = self.aged(at.age).map_or(0, |table| table.home(hash));
        let pair = self.take(at, home, None);
        if self.count == 0 {
            self.stale_if_empty();
        }
        pair
    }

    /// Takes out the entry of a cell that is occupied; its chain begins at `home`.
    pub fn take(&mut self, at: At, home: usize, walk: Option<&mut Walk>) -> (K, V) {
        let epoch = self.epoch - at.age as u64;
        let table = self.aged_mut(at.age).expect("there is such a table");
        let pair = table.take(home, at.place);
        self.count -= 1;
        let walked = walk.is_some();
        if let Some(walk) = walk {
            walk.removed(epoch, at.place);
        }
        if self.count < self.floor {
            self.under_floor(walked);
        }
        pair
    }

    /// Looks what is to be done after a removal. Shrinking does not begin while somebody walks.
    #[cold]
    #[inline(never)]
    pub fn under_floor(&mut self, walked: bool) {
        self.release_remains();
        self.settle_size(walked);
    }

    /// Keeps the entries that `keep` says so of. Shrinking begins at the end, if at all.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        struct Held<'a, K, V>(&'a mut Header<K, V>);
        impl<K, V> Drop for Held<'_, K, V> {
            fn drop(&mut self) {
                self.0.under_floor(false);
            }
        }
        self.hold();
        let held = Held(self);
        let header = &mut *held.0;
        let mut chains = Chains::new();
        while let Some((at, home)) = chains.next(header) {
            if let Some((key, value)) = header.at_mut(at)
                && !keep(key, value)
            {
                drop(header.take(at, home, None));
            }
        }
    }

    /// Counts one entry less, which has been taken out of its table.
    pub fn forget_one(&mut self) {
        self.count -= 1;
    }

    /// Removals have nothing to do but their own work, until [`Header::under_floor`].
    pub fn hold(&mut self) {
        self.floor = 0;
    }

    /// Whether entries are moving to fewer buckets.
    pub fn is_shrinking(&self) -> bool {
        self.old
            .as_ref()
            .is_some_and(|old| old.kind == Kind::Shrink)
    }
}
