//! When may memory be freed that readers may still look at?
//!
//! A reader counts itself in before it looks and out after: one counter a processor, so that readers
//! do not take a cache line from each other. A writer first unlinks what it wants to free, so that
//! nobody can find it any more, and then looks at the counters:
//!
//! - **All are zero, each at the moment it was looked at**: whoever was in before the unlinking has
//!   left. Free everything.
//! - Somebody is in, perhaps only since: what was unlinked waits for two steps of the **epoch**. A
//!   reader counts in the half (even, odd) of the epoch it saw, and looks whether that is still the
//!   one. The epoch goes on from `e` to `e + 1` only if nobody is in the half of `e - 1`, which is
//!   also that of `e + 1`. So readers in are of the last two epochs, and what was unlinked in `e` can
//!   be seen by nobody in `e + 2`.
//!
//! Neither waits for anybody. A reader that stays (its goroutine parked in a `Clone`, say) keeps what
//! was unlinked since from being freed, and nothing else.
//!
//! # Orders
//! "Count in, then look" against "unlink, then read the counters" needs one order that all agree on:
//! these accesses are `SeqCst`, those of slots and tables too. The model knows that order of fences
//! only, so it gets fences at these places ([`ordered`]).

use crate::stripe;
use crossbeam_utils::CachePadded;
use gompa_park::sync::atomic::AtomicU64;
use gompa_park::sync::atomic::Ordering::{Release, SeqCst};
#[cfg(loom)]
use gompa_park::sync::atomic::fence;

/// The readers of one map, and its epoch.
#[derive(Debug)]
pub(super) struct Domain {
    epoch: CachePadded<AtomicU64>,
    /// How many are in, by processor and half.
    inside: Box<[CachePadded<[AtomicU64; 2]>]>,
}

/// Between two accesses that all must see in one order; see the [module](self).
pub(super) fn ordered() {
    #[cfg(loom)]
    fence(SeqCst);
}

impl Domain {
    pub(super) fn new() -> Domain {
        Domain {
            epoch: CachePadded::new(AtomicU64::new(0)),
            inside: (0..stripe::count())
                .map(|_| CachePadded::new([AtomicU64::new(0), AtomicU64::new(0)]))
                .collect(),
        }
    }

    /// Counts a reader in.
    #[inline]
    pub(super) fn enter(&self) -> Reader<'_> {
        let halves = &self.inside[stripe::here() & (self.inside.len() - 1)];
        loop {
            let epoch = self.epoch.load(SeqCst);
            let count = &halves[(epoch & 1) as usize];
            count.fetch_add(1, SeqCst);
            let reader = Reader { count };
            ordered();
            if self.epoch.load(SeqCst) == epoch {
                // What was unlinked in an epoch before this one is not found from here on.
                ordered();
                return reader;
            }
        }
    }

    /// The epoch now, as a stamp for what was unlinked before the call.
    pub(super) fn stamp(&self) -> u64 {
        ordered();
        self.epoch.load(SeqCst)
    }

    /// Whether whoever was in before what was unlinked before the call has left.
    pub(super) fn is_quiet(&self) -> bool {
        ordered();
        self.is_empty(0) && self.is_empty(1)
    }

    /// Up to which stamp things that were unlinked before the call may be freed now, if any.
    pub(super) fn safe(&self) -> Option<u64> {
        if self.is_quiet() {
            return Some(u64::MAX);
        }
        self.advance();
        self.epoch.load(SeqCst).checked_sub(2)
    }

    /// Lets the epoch go on if it may.
    fn advance(&self) {
        let epoch = self.epoch.load(SeqCst);
        ordered();
        if self.is_empty((epoch & 1 ^ 1) as usize) {
            // If another has done it, good.
            _ = self
                .epoch
                .compare_exchange(epoch, epoch + 1, SeqCst, SeqCst);
        }
    }

    fn is_empty(&self, half: usize) -> bool {
        self.inside
            .iter()
            .all(|halves| halves[half].load(SeqCst) == 0)
    }
}

/// A reader is in: what it finds is not freed meanwhile.
pub(super) struct Reader<'a> {
    count: &'a AtomicU64,
}

impl Drop for Reader<'_> {
    #[inline]
    fn drop(&mut self) {
        self.count.fetch_sub(1, Release);
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::Domain;
    use gompa_park::sync::atomic::AtomicUsize;
    use gompa_park::sync::atomic::Ordering::SeqCst;
    use loom::cell::UnsafeCell;
    use loom::sync::Arc;
    use loom::thread;

    /// Two things, of which one is linked: a slot, and what is freed by writing to it.
    struct World {
        domain: Domain,
        linked: AtomicUsize,
        things: [UnsafeCell<()>; 2],
    }

    // SAFETY: loom checks each access.
    unsafe impl Sync for World {}
    // SAFETY: as above.
    unsafe impl Send for World {}

    fn read(world: &World) {
        let _reader = world.domain.enter();
        let linked = world.linked.load(SeqCst);
        world.things[linked].with(|_| ());
    }

    /// Unlinks the first thing, and frees it as soon as it may.
    fn replace(world: &World) {
        world.linked.store(1, SeqCst);
        let stamp = world.domain.stamp();
        for _ in 0..3 {
            if world.domain.safe().is_some_and(|safe| stamp <= safe) {
                world.things[0].with_mut(|_| ());
                return;
            }
        }
    }

    fn check(preemptions: usize, program: impl Fn(&Arc<World>) + Send + Sync + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(preemptions);
        builder.check(move || {
            let world = Arc::new(World {
                domain: Domain::new(),
                linked: AtomicUsize::new(0),
                things: [UnsafeCell::new(()), UnsafeCell::new(())],
            });
            program(&world);
            assert!(world.domain.is_quiet());
        });
    }

    fn model(readers: usize, preemptions: usize) {
        check(preemptions, move |world| {
            let readers: Vec<_> = (0..readers)
                .map(|_| {
                    let world = world.clone();
                    thread::spawn(move || {
                        read(&world);
                        read(&world);
                    })
                })
                .collect();
            replace(world);
            for reader in readers {
                reader.join().unwrap();
            }
        });
    }

    #[test]
    fn nothing_is_freed_that_one_reader_sees() {
        model(1, 4);
    }

    #[test]
    fn nothing_is_freed_that_two_readers_see() {
        model(2, 2);
    }

    /// Another writer lets the epoch go on between what a reader has seen of it and its counting in,
    /// and again between its look at the counters and its step.
    #[test]
    fn nothing_is_freed_while_others_step() {
        check(4, |world| {
            let reader = {
                let world = world.clone();
                thread::spawn(move || read(&world))
            };
            let other = {
                let world = world.clone();
                thread::spawn(move || {
                    world.domain.advance();
                    world.domain.advance();
                })
            };
            replace(world);
            reader.join().unwrap();
            other.join().unwrap();
        });
    }
}
