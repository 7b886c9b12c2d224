//! [`Mutex`]: one at a time.

mod guard;
pub(crate) mod raw;

pub use guard::MutexGuard;

use crate::macros::const_fn;
use crate::wait::{Cut, Limit, unlimited};
use gompa_context::{Context, Error};
use gompa_park::WaitReason::MutexLock;
use gompa_park::sync::UnsafeCell;
use raw::RawMutex;
use std::fmt;
use std::time::{Duration, Instant};

/// Mutual exclusion, with a guard that gives it back.
///
/// Whoever finds it taken looks again for a moment, then waits: a goroutine parks, a plain thread
/// sleeps. Its two modes are Go's: normally whoever comes first gets it, which is fast; once
/// somebody has waited in vain for a millisecond it is handed from one waiter to the next, so that
/// nobody starves. `try_lock` may come first before those who wait, except while one starves.
///
/// It belongs to nobody: Go lets any goroutine unlock; here whoever has the guard does, and a guard
/// stays with its goroutine or thread. It is not re-entrant: to lock it twice is to wait for
/// oneself. A forgotten guard leaves it locked, as in Go a forgotten `Unlock`.
///
/// # No poisoning
/// A panic while it is held unlocks it, and the next one gets the value as it is (as in
/// parking_lot, unlike std). Go does the same where a deferred unlock runs during a panic.
///
/// ```
/// use gompa_sync::Mutex;
///
/// static TOTAL: Mutex<u64> = Mutex::new(0);
///
/// std::thread::scope(|s| {
///     for n in 1..=3 {
///         s.spawn(move || *TOTAL.lock() += n);
///     }
/// });
/// assert_eq!(*TOTAL.lock(), 6);
/// ```
pub struct Mutex<T: ?Sized> {
    raw: RawMutex,
    value: UnsafeCell<T>,
}

// SAFETY: the mutex gives the value to one at a time; taking it elsewhere is sending it.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    const_fn! {
        /// An unlocked mutex.
        pub const fn new(value: T) -> Mutex<T> {
            Mutex {
                raw: RawMutex::new(),
                value: UnsafeCell::new(value),
            }
        }
    }

    /// Takes the value out. Nobody can hold it any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Locks, waiting for as long as it takes.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        unlimited(self.lock_within(Limit::NONE))
    }

    /// Locks if that needs no waiting.
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        // SAFETY: locked just now.
        self.raw.try_lock().then(|| unsafe { self.guard() })
    }

    /// Locks unless that takes longer than `timeout`; then nothing has happened.
    pub fn lock_timeout(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        self.lock_within(Limit::after(timeout)).ok()
    }

    /// Locks unless it is `deadline` first; then nothing has happened.
    pub fn lock_deadline(&self, deadline: Instant) -> Option<MutexGuard<'_, T>> {
        self.lock_within(Limit::until(deadline)).ok()
    }

    /// Locks unless `ctx` is done first; then nothing has happened.
    ///
    /// # Errors
    /// Why the context is done. If it was before, the lock is not tried.
    pub fn lock_ctx(&self, ctx: &Context) -> Result<MutexGuard<'_, T>, Error> {
        ctx.wait(
            || self.try_lock().ok_or(()),
            || self.lock_within(Limit::CUT).map_err(drop),
        )
    }

    #[inline]
    fn lock_within(&self, limit: Limit) -> Result<MutexGuard<'_, T>, Cut> {
        self.raw.lock(MutexLock, limit)?;
        // SAFETY: locked just now.
        Ok(unsafe { self.guard() })
    }

    /// The guard of a locked mutex.
    ///
    /// # Safety
    /// 1. The caller has locked it, and makes one guard of that.
    #[inline]
    unsafe fn guard(&self) -> MutexGuard<'_, T> {
        // SAFETY: 1. duty 1.
        unsafe { MutexGuard::new(self) }
    }

    /// Unlocks without a guard: for those who have forgotten theirs, to give the mutex back in
    /// another place. One that is not locked ends the process with Go's
    /// `fatal error: sync: unlock of unlocked mutex` and exit status 2.
    ///
    /// # Safety
    /// 1. The guard of this lock has been forgotten, and nothing borrowed from it is used any more.
    pub unsafe fn force_unlock(&self) {
        self.raw.unlock();
    }

    /// Whether somebody holds it at this moment. For a look from outside; it may have changed when
    /// the answer arrives.
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// The value: nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: borrowed mutably.
        self.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}

/// Shows the value, unless the mutex is locked.
impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mutex");
        match self.try_lock() {
            Some(value) => shown.field("value", &&*value),
            None => shown.field("value", &format_args!("<locked>")),
        };
        shown.finish()
    }
}
