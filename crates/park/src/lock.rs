//! A lock for a few instructions: one word, no thread-local, no poisoning.
//!
//! It guards channels and run queues. A plain store cannot release it (somebody may sleep), so the
//! uncontended cost is one compare-and-swap in and one swap out. Whoever meets it taken spins a
//! little, then sleeps in the kernel: the holder may have been descheduled by the operating system,
//! and spinning against that on few cores only delays it.
//!
//! The word: 0 free, 1 held, 2 held and somebody may sleep.
//!
//! Not for long sections: it blocks the thread, not the goroutine.

/// The lock itself. Under the model it is for what is not modelled: process-wide statics.
pub mod real {
    use crate::futex;
    use std::cell::UnsafeCell;
    use std::ops::{Deref, DerefMut};
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

    const FREE: u32 = 0;
    const HELD: u32 = 1;
    const AWAITED: u32 = 2;

    /// How often a taken lock is looked at before sleeping.
    const SPINS: u32 = 100;

    /// The lock word alone, for those who keep the data elsewhere.
    #[derive(Debug, Default)]
    pub struct RawLock {
        /// FREE, HELD or AWAITED.
        word: AtomicU32,
    }

    impl RawLock {
        /// A free lock.
        pub const fn new() -> Self {
            RawLock {
                word: AtomicU32::new(FREE),
            }
        }

        /// Takes the lock.
        #[inline]
        pub fn lock(&self) {
            if !self.try_lock() {
                self.contended();
            }
        }

        /// Takes the lock if it is free.
        #[inline]
        pub fn try_lock(&self) -> bool {
            self.word
                .compare_exchange(FREE, HELD, Acquire, Relaxed)
                .is_ok()
        }

        #[cold]
        fn contended(&self) {
            for _ in 0..SPINS {
                match self.word.load(Relaxed) {
                    FREE if self.try_lock() => return,
                    AWAITED => break,
                    _ => std::hint::spin_loop(),
                }
            }
            // AWAITED from here on, also when we get it: another may sleep still.
            while self.word.swap(AWAITED, Acquire) != FREE {
                futex::wait(&self.word, AWAITED, None);
            }
        }

        /// Gives the lock back.
        ///
        /// # Safety
        /// The caller holds it.
        #[inline]
        pub unsafe fn unlock(&self) {
            let address = std::ptr::from_ref(&self.word);
            if self.word.swap(FREE, Release) == AWAITED {
                futex::wake(address, 1);
            }
        }
    }

    /// A value behind a [`RawLock`].
    #[derive(Default)]
    pub struct Lock<T: ?Sized> {
        raw: RawLock,
        value: UnsafeCell<T>,
    }

    // SAFETY: the lock gives the value to one thread at a time.
    unsafe impl<T: ?Sized + Send> Send for Lock<T> {}
    // SAFETY: as above.
    unsafe impl<T: ?Sized + Send> Sync for Lock<T> {}

    impl<T> Lock<T> {
        /// A free lock over `value`.
        pub const fn new(value: T) -> Self {
            Lock {
                raw: RawLock::new(),
                value: UnsafeCell::new(value),
            }
        }
    }

    impl<T: ?Sized> Lock<T> {
        /// Takes the lock; the guard gives it back.
        #[inline]
        pub fn lock(&self) -> Guard<'_, T> {
            self.raw.lock();
            Guard { lock: self }
        }

        /// Takes the lock if it is free.
        #[inline]
        pub fn try_lock(&self) -> Option<Guard<'_, T>> {
            // Lazily: a guard made and dropped would release somebody else's lock.
            self.raw.try_lock().then(|| Guard { lock: self })
        }

        /// The lock word, for those who hold several locks at once without guards.
        pub fn raw(&self) -> &RawLock {
            &self.raw
        }

        /// The value's address, for those who hold [`raw`](Self::raw).
        pub fn data_ptr(&self) -> *mut T {
            self.value.get()
        }
    }

    /// Holds a [`Lock`].
    pub struct Guard<'a, T: ?Sized> {
        lock: &'a Lock<T>,
    }

    impl<T: ?Sized> Deref for Guard<'_, T> {
        type Target = T;
        #[inline]
        fn deref(&self) -> &T {
            // SAFETY: the guard holds the lock.
            unsafe { &*self.lock.value.get() }
        }
    }

    impl<T: ?Sized> DerefMut for Guard<'_, T> {
        #[inline]
        fn deref_mut(&mut self) -> &mut T {
            // SAFETY: the guard holds the lock and is borrowed mutably.
            unsafe { &mut *self.lock.value.get() }
        }
    }

    impl<T: ?Sized> Drop for Guard<'_, T> {
        #[inline]
        fn drop(&mut self) {
            // SAFETY: the guard holds the lock.
            unsafe { self.lock.raw.unlock() }
        }
    }
}

#[cfg(loom)]
mod model {
    use loom::cell::UnsafeCell;
    use loom::sync::{Condvar, Mutex};
    use std::ops::{Deref, DerefMut};

    /// The model's lock.
    #[derive(Debug)]
    pub struct RawLock {
        held: Mutex<bool>,
        free: Condvar,
    }

    impl Default for RawLock {
        fn default() -> Self {
            RawLock::new()
        }
    }

    impl RawLock {
        /// A free lock.
        pub fn new() -> Self {
            RawLock {
                held: Mutex::new(false),
                free: Condvar::new(),
            }
        }

        /// Takes the lock.
        pub fn lock(&self) {
            let mut held = self.held.lock().unwrap();
            while *held {
                held = self.free.wait(held).unwrap();
            }
            *held = true;
        }

        /// Takes the lock if it is free.
        pub fn try_lock(&self) -> bool {
            let mut held = self.held.lock().unwrap();
            !std::mem::replace(&mut *held, true)
        }

        /// Gives the lock back.
        ///
        /// # Safety
        /// The caller holds it.
        pub unsafe fn unlock(&self) {
            *self.held.lock().unwrap() = false;
            self.free.notify_one();
        }
    }

    /// A value behind a [`RawLock`].
    #[derive(Debug)]
    pub struct Lock<T> {
        raw: RawLock,
        value: UnsafeCell<T>,
    }

    // SAFETY: the lock gives the value to one thread at a time.
    unsafe impl<T: Send> Send for Lock<T> {}
    // SAFETY: as above.
    unsafe impl<T: Send> Sync for Lock<T> {}

    impl<T> Lock<T> {
        /// A free lock over `value`.
        pub fn new(value: T) -> Self {
            Lock {
                raw: RawLock::new(),
                value: UnsafeCell::new(value),
            }
        }

        /// Takes the lock; the guard gives it back.
        pub fn lock(&self) -> Guard<'_, T> {
            self.raw.lock();
            Guard { lock: self }
        }

        /// Takes the lock if it is free.
        pub fn try_lock(&self) -> Option<Guard<'_, T>> {
            self.raw.try_lock().then(|| Guard { lock: self })
        }

        /// The lock word, for those who hold several locks at once without guards.
        pub fn raw(&self) -> &RawLock {
            &self.raw
        }

        /// The value's address, for those who hold [`raw`](Self::raw).
        pub fn data_ptr(&self) -> *mut T {
            self.value.with_mut(|p| p)
        }
    }

    /// Holds a [`Lock`].
    pub struct Guard<'a, T> {
        lock: &'a Lock<T>,
    }

    impl<T> Deref for Guard<'_, T> {
        type Target = T;
        fn deref(&self) -> &T {
            // SAFETY: the guard holds the lock.
            self.lock.value.with(|p| unsafe { &*p })
        }
    }

    impl<T> DerefMut for Guard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            // SAFETY: the guard holds the lock and is borrowed mutably.
            self.lock.value.with_mut(|p| unsafe { &mut *p })
        }
    }

    impl<T> Drop for Guard<'_, T> {
        fn drop(&mut self) {
            // SAFETY: the guard holds the lock.
            unsafe { self.lock.raw.unlock() }
        }
    }
}

#[cfg(loom)]
pub use model::{Guard, Lock, RawLock};
#[cfg(not(loom))]
pub use real::{Guard, Lock, RawLock};

#[cfg(loom)]
impl<T> std::fmt::Debug for Guard<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guard")
    }
}

impl<T: ?Sized> std::fmt::Debug for real::Guard<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guard")
    }
}

impl<T: ?Sized> std::fmt::Debug for real::Lock<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lock")
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Lock;

    #[test]
    fn a_failed_try_leaves_the_lock_held() {
        let lock = Lock::new(0);
        let guard = lock.lock();
        assert!(lock.try_lock().is_none());
        assert!(lock.try_lock().is_none());
        drop(guard);
        assert!(lock.try_lock().is_some());
    }

    #[test]
    fn one_at_a_time() {
        let lock = Lock::new(0u64);
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    for i in 0..20_000 {
                        match lock.try_lock() {
                            Some(mut n) if i % 2 == 0 => *n += 1,
                            guard => {
                                drop(guard);
                                *lock.lock() += 1;
                            }
                        }
                    }
                });
            }
        });
        assert_eq!(*lock.lock(), 80_000);
    }
}
