//! The guards of an [`RwLock`].

use super::RwLock;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

macro_rules! guard {
    ($(#[$doc:meta])* $name:ident, $unlock:ident,) => {
        $(#[$doc])*
        #[must_use = "an unused guard unlocks at once"]
        #[clippy::has_significant_drop]
        pub struct $name<'a, T: ?Sized> {
            lock: &'a RwLock<T>,
            _not_send: PhantomData<*mut ()>,
        }

        // SAFETY: a shared guard gives nothing but a shared value.
        unsafe impl<T: ?Sized + Sync> Sync for $name<'_, T> {}

        impl<'a, T: ?Sized> $name<'a, T> {
            /// # Safety
            /// 1. The lock is held in this way, and this becomes the only guard of that.
            #[inline]
            pub(super) unsafe fn new(lock: &'a RwLock<T>) -> Self {
                $name {
                    lock,
                    _not_send: PhantomData,
                }
            }

            /// The lock it holds. (Not a method, for the value may have one of this name.)
            pub fn rwlock(guard: &Self) -> &'a RwLock<T> {
                guard.lock
            }
        }

        impl<T: ?Sized> Deref for $name<'_, T> {
            type Target = T;
            #[inline]
            fn deref(&self) -> &T {
                // SAFETY: the guard holds the lock, so nobody writes but it.
                self.lock.value.with(|value| unsafe { &*value })
            }
        }

        impl<T: ?Sized> Drop for $name<'_, T> {
            #[inline]
            fn drop(&mut self) {
                self.lock.raw.$unlock();
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

guard! {
    /// Holds an [`RwLock`] for reading; gives it back when dropped. It stays where it was made.
    RwLockReadGuard, unlock_read,
}

guard! {
    /// Holds an [`RwLock`] for writing; gives it back when dropped. It stays where it was made.
    RwLockWriteGuard, unlock_write,
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard holds the lock for writing and is borrowed mutably.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}
