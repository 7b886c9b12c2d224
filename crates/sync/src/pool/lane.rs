//! What a pool keeps for one processor.
//!
//! A lane is entered by one at a time, for a few instructions, and nobody waits for it: whoever
//! finds it occupied goes to the next. So it is given back by a plain store.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

pub(super) struct Lane<T> {
    occupied: AtomicBool,
    stock: UnsafeCell<Stock<T>>,
}

pub(super) struct Stock<T> {
    /// Put in since the last cycle.
    pub(super) fresh: Vec<T>,
    /// Put in before it: thrown away by the next one.
    pub(super) old: Vec<T>,
}

// SAFETY: one at a time has the stock; things are moved in and out.
unsafe impl<T: Send> Sync for Lane<T> {}

impl<T> Lane<T> {
    /// Enters it unless somebody is in.
    #[inline]
    pub(super) fn enter(&self) -> Option<Inside<'_, T>> {
        self.occupied
            .compare_exchange(false, true, Acquire, Relaxed)
            .is_ok()
            .then(|| Inside { lane: self })
    }

    /// Enters it; whoever is in will be out in a moment, or after its next time slice.
    pub(super) fn enter_surely(&self) -> Inside<'_, T> {
        loop {
            match self.enter() {
                Some(inside) => return inside,
                None => gompa_park::waiter::yield_now(),
            }
        }
    }
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Lane {
            occupied: AtomicBool::new(false),
            stock: UnsafeCell::new(Stock {
                fresh: Vec::new(),
                old: Vec::new(),
            }),
        }
    }
}

/// Somebody is in a lane.
pub(super) struct Inside<'a, T> {
    lane: &'a Lane<T>,
}

impl<T> Deref for Inside<'_, T> {
    type Target = Stock<T>;
    #[inline]
    fn deref(&self) -> &Stock<T> {
        // SAFETY: we are in, nobody else is.
        unsafe { &*self.lane.stock.get() }
    }
}

impl<T> DerefMut for Inside<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Stock<T> {
        // SAFETY: we are in, nobody else is.
        unsafe { &mut *self.lane.stock.get() }
    }
}

impl<T> Drop for Inside<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lane.occupied.store(false, Release);
    }
}
