//! The ring itself, generic over what it queues: a pointer-sized, non-null token.

use crossbeam_utils::CachePadded;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use gompa_park::sync::atomic::{AtomicPtr, AtomicU32};
use std::ptr::{NonNull, null_mut};

/// Slots of the ring. Small under the model, so that it wraps and overflows soon.
pub(crate) const CAPACITY: u32 = if cfg!(loom) { 4 } else { 256 };

/// A P's local queue of `T`s, held by pointer.
pub(crate) struct RunQueue<T> {
    /// Next slot to take. Written by the owner and thieves, by compare-and-swap.
    head: CachePadded<AtomicU32>,
    /// Next slot to fill. Written by the owner alone.
    tail: CachePadded<AtomicU32>,
    /// Readied last, runs first. Written by the owner, plainly; by a thief only while the owner is
    /// kept out.
    next: AtomicPtr<T>,
    slots: Box<[AtomicPtr<T>]>,
}

/// What [`RunQueue::put`] has no room for: half the ring, and the newcomer last.
pub(crate) type Overflow<T> = ([*mut T; CAPACITY as usize / 2 + 1], usize);

impl<T> RunQueue<T> {
    pub(crate) fn new() -> Self {
        RunQueue {
            head: CachePadded::new(AtomicU32::new(0)),
            tail: CachePadded::new(AtomicU32::new(0)),
            next: AtomicPtr::new(null_mut()),
            slots: (0..CAPACITY).map(|_| AtomicPtr::new(null_mut())).collect(),
        }
    }

    #[inline]
    fn slot(&self, counter: u32) -> &AtomicPtr<T> {
        &self.slots[(counter % CAPACITY) as usize]
    }

    /// Owner only: makes `item` the next to run, and returns the one it displaces.
    ///
    /// No barrier: the owner puts one before it looks whether somebody must be woken.
    #[inline]
    #[must_use]
    pub(crate) fn put_next(&self, item: NonNull<T>) -> Option<NonNull<T>> {
        let before = self.next.load(Relaxed);
        self.next.store(item.as_ptr(), Release);
        NonNull::new(before)
    }

    /// Owner only: undoes the last [`put_next`](Self::put_next).
    #[inline]
    pub(crate) fn restore_next(&self, before: Option<NonNull<T>>) {
        self.next
            .store(before.map_or(null_mut(), NonNull::as_ptr), Release);
    }

    /// Owner only: puts `item` last; no barrier, as `put_next`. A full ring gives up half of itself, returned with the item.
    #[inline]
    pub(crate) fn put(&self, item: NonNull<T>) -> Result<(), Box<Overflow<T>>> {
        loop {
            let head = self.head.load(Acquire);
            let tail = self.tail.load(Relaxed);
            if tail.wrapping_sub(head) < CAPACITY {
                self.slot(tail).store(item.as_ptr(), Relaxed);
                self.tail.store(tail.wrapping_add(1), Release);
                return Ok(());
            }
            if let Some(half) = self.overflow(head, item) {
                return Err(half);
            }
        }
    }

    #[cold]
    fn overflow(&self, head: u32, item: NonNull<T>) -> Option<Box<Overflow<T>>> {
        const HALF: usize = CAPACITY as usize / 2;
        let mut out = Box::new(([null_mut(); HALF + 1], 0));
        for i in 0..HALF {
            out.0[i] = self.slot(head.wrapping_add(i as u32)).load(Relaxed);
        }
        let taken = head.wrapping_add(HALF as u32);
        if self
            .head
            .compare_exchange(head, taken, AcqRel, Relaxed)
            .is_err()
        {
            return None; // a thief made room
        }
        out.0[HALF] = item.as_ptr();
        out.1 = HALF + 1;
        Some(out)
    }

    /// Owner only: takes the next to run. True: it was `runnext` and inherits the time slice.
    #[inline]
    pub(crate) fn take(&self) -> Option<(NonNull<T>, bool)> {
        if let Some(item) = NonNull::new(self.next.load(Acquire)) {
            self.next.store(null_mut(), Relaxed);
            return Some((item, true));
        }
        self.take_from_ring().map(|item| (item, false))
    }

    /// Owner only: takes the first of the ring, whatever is in `runnext`.
    #[inline]
    pub(crate) fn take_from_ring(&self) -> Option<NonNull<T>> {
        loop {
            let head = self.head.load(Acquire);
            if self.tail.load(Relaxed) == head {
                return None;
            }
            let item = self.slot(head).load(Relaxed);
            let taken = head.wrapping_add(1);
            if self
                .head
                .compare_exchange(head, taken, AcqRel, Relaxed)
                .is_ok()
            {
                return NonNull::new(item);
            }
        }
    }

    /// Owner only: takes all of the ring, in its order.
    pub(crate) fn take_all_from_ring(&self, mut each: impl FnMut(NonNull<T>)) {
        loop {
            let head = self.head.load(Acquire);
            let tail = self.tail.load(Relaxed);
            if tail == head {
                return;
            }
            if self
                .head
                .compare_exchange(head, tail, AcqRel, Relaxed)
                .is_err()
            {
                continue; // a thief took some
            }
            // The slots keep what was in them: only the owner writes there.
            for i in 0..tail.wrapping_sub(head) {
                each(NonNull::new(self.slot(head.wrapping_add(i)).load(Relaxed)).expect("put"));
            }
            return;
        }
    }

    /// The one that is `n` places behind the first of the ring, for those who only look.
    #[inline]
    pub(crate) fn upcoming(&self, n: u32) -> Option<NonNull<T>> {
        let at = self.head.load(Relaxed).wrapping_add(n);
        let left = self.tail.load(Relaxed).wrapping_sub(at);
        if left == 0 || left > CAPACITY {
            return None;
        }
        NonNull::new(self.slot(at).load(Relaxed))
    }

    /// Length of the ring; `runnext` not counted.
    pub(crate) fn len(&self) -> u32 {
        loop {
            let head = self.head.load(Acquire);
            let tail = self.tail.load(Acquire);
            // Torn reads give nonsense: read again.
            if tail.wrapping_sub(head) <= CAPACITY {
                return tail.wrapping_sub(head);
            }
        }
    }

    /// Whether neither ring nor `runnext` held anything at some instant during the call.
    pub(crate) fn is_empty(&self) -> bool {
        loop {
            let head = self.head.load(SeqCst);
            let tail = self.tail.load(SeqCst);
            let next = self.next.load(SeqCst);
            // The owner may have kicked `runnext` into the ring between the reads.
            if self.tail.load(SeqCst) == tail {
                return head == tail && next.is_null();
            }
        }
    }

    /// The goroutine in `runnext`, for those who only look.
    pub(crate) fn peek_next(&self) -> *mut T {
        self.next.load(Relaxed)
    }

    /// Any thread, for its own (another) queue `to`: moves half of this ring there and returns one
    /// more to run at once.
    pub(crate) fn steal_into(&self, to: &RunQueue<T>) -> Option<NonNull<T>> {
        let tail_to = to.tail.load(Relaxed);
        loop {
            let head = self.head.load(Acquire);
            let tail = self.tail.load(Acquire);
            let len = tail.wrapping_sub(head);
            let n = len - len / 2;
            if n == 0 {
                return None;
            }
            if n > CAPACITY / 2 {
                continue; // torn reads
            }
            for i in 0..n {
                let item = self.slot(head.wrapping_add(i)).load(Relaxed);
                to.slot(tail_to.wrapping_add(i)).store(item, Relaxed);
            }
            let taken = head.wrapping_add(n);
            if self
                .head
                .compare_exchange(head, taken, AcqRel, Relaxed)
                .is_err()
            {
                continue;
            }
            let last = tail_to.wrapping_add(n - 1);
            let item = to.slot(last).load(Relaxed);
            to.tail.store(last, Release);
            return NonNull::new(item);
        }
    }

    /// A thief that has made sure that the owner does not use the queue now, and will not until this
    /// returns (see `blocking::tenure`): takes `runnext`.
    pub(crate) fn steal_next(&self) -> Option<NonNull<T>> {
        let item = self.next.load(Acquire);
        self.next.store(null_mut(), Release);
        NonNull::new(item)
    }

    /// Owner only: how many more the ring takes.
    pub(crate) fn room(&self) -> u32 {
        CAPACITY - self.len()
    }
}
