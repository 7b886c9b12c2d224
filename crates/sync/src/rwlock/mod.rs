//! [`RwLock`]: many readers or one writer.

mod guard;
mod raw;

pub use guard::{RwLockReadGuard, RwLockWriteGuard};

use crate::macros::const_fn;
use crate::wait::{Cut, Limit, unlimited};
use gompa_context::{Context, Error};
use gompa_park::sync::UnsafeCell;
use raw::RawRwLock;
use std::fmt;
use std::time::{Duration, Instant};

/// Many readers, or one writer.
///
/// Who waits parks (a goroutine) or sleeps (a plain thread). The order of service is Go's: a writer
/// that waits stops new readers, and after a writer all readers that came meanwhile get in before
/// the next one; so neither side starves. Hence a reader must not read again while it reads: if a
/// writer has come between, the second read waits for it, and it for the first.
///
/// There is no upgrade, as in Go: two readers that both want to write would wait for each other. No
/// poisoning, as with [`Mutex`](crate::Mutex).
///
/// ```
/// let names = gompa_sync::RwLock::new(vec!["Ada"]);
/// names.write().push("Grace");
/// let (one, other) = (names.read(), names.read());
/// assert_eq!((one.len(), other.len()), (2, 2));
/// assert!(names.try_write().is_none());
/// ```
pub struct RwLock<T: ?Sized> {
    raw: RawRwLock,
    value: UnsafeCell<T>,
}

// SAFETY: taking it elsewhere is sending the value.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: writers have the value one at a time (Send), readers share it (Sync).
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    const_fn! {
        /// An unlocked one.
        pub const fn new(value: T) -> RwLock<T> {
            RwLock {
                raw: RawRwLock::new(),
                value: UnsafeCell::new(value),
            }
        }
    }

    /// Takes the value out. Nobody can hold it any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Locks for reading, waiting for as long as it takes.
    #[inline]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        unlimited(self.read_within(Limit::NONE))
    }

    /// Locks for reading unless a writer is there or waits.
    #[inline]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        // SAFETY: locked just now.
        self.raw
            .try_read()
            .then(|| unsafe { RwLockReadGuard::new(self) })
    }

    /// Locks for reading unless that takes longer than `timeout`; then nothing has happened.
    pub fn read_timeout(&self, timeout: Duration) -> Option<RwLockReadGuard<'_, T>> {
        self.read_within(Limit::after(timeout)).ok()
    }

    /// Locks for reading unless it is `deadline` first; then nothing has happened.
    pub fn read_deadline(&self, deadline: Instant) -> Option<RwLockReadGuard<'_, T>> {
        self.read_within(Limit::until(deadline)).ok()
    }

    /// Locks for reading unless `ctx` is done first; then nothing has happened.
    ///
    /// # Errors
    /// Why the context is done. If it was before, the lock is not tried.
    pub fn read_ctx(&self, ctx: &Context) -> Result<RwLockReadGuard<'_, T>, Error> {
        ctx.wait(
            || self.try_read().ok_or(()),
            || self.read_within(Limit::CUT).map_err(drop),
        )
    }

    #[inline]
    fn read_within(&self, limit: Limit) -> Result<RwLockReadGuard<'_, T>, Cut> {
        self.raw.read(limit)?;
        // SAFETY: locked just now.
        Ok(unsafe { RwLockReadGuard::new(self) })
    }

    /// Locks for writing, waiting for as long as it takes.
    #[inline]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        unlimited(self.write_within(Limit::NONE))
    }

    /// Locks for writing if nobody is in.
    #[inline]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        // SAFETY: locked just now.
        self.raw
            .try_write()
            .then(|| unsafe { RwLockWriteGuard::new(self) })
    }

    /// Locks for writing unless that takes longer than `timeout`; then nothing has happened, and
    /// readers that queued behind this attempt get in.
    pub fn write_timeout(&self, timeout: Duration) -> Option<RwLockWriteGuard<'_, T>> {
        self.write_within(Limit::after(timeout)).ok()
    }

    /// Locks for writing unless it is `deadline` first; then nothing has happened.
    pub fn write_deadline(&self, deadline: Instant) -> Option<RwLockWriteGuard<'_, T>> {
        self.write_within(Limit::until(deadline)).ok()
    }

    /// Locks for writing unless `ctx` is done first; then nothing has happened.
    ///
    /// # Errors
    /// Why the context is done. If it was before, the lock is not tried.
    pub fn write_ctx(&self, ctx: &Context) -> Result<RwLockWriteGuard<'_, T>, Error> {
        ctx.wait(
            || self.try_write().ok_or(()),
            || self.write_within(Limit::CUT).map_err(drop),
        )
    }

    #[inline]
    fn write_within(&self, limit: Limit) -> Result<RwLockWriteGuard<'_, T>, Cut> {
        self.raw.write(limit)?;
        // SAFETY: locked just now.
        Ok(unsafe { RwLockWriteGuard::new(self) })
    }

    /// Ends a read without its guard. Where nobody reads, it ends the process with Go's
    /// `fatal error: sync: RUnlock of unlocked RWMutex` and exit status 2.
    ///
    /// # Safety
    /// 1. The guard of a read lock of this has been forgotten, and nothing borrowed from it is used
    ///    any more.
    pub unsafe fn force_unlock_read(&self) {
        self.raw.unlock_read();
    }

    /// Ends a write without its guard. Where nobody writes, it ends the process with Go's
    /// `fatal error: sync: Unlock of unlocked RWMutex` and exit status 2.
    ///
    /// # Safety
    /// 1. The guard of the write lock of this has been forgotten, and nothing borrowed from it is
    ///    used any more.
    pub unsafe fn force_unlock_write(&self) {
        self.raw.unlock_write();
    }

    /// Whether somebody holds it, in either way, at this moment. For a look from outside.
    pub fn is_locked(&self) -> bool {
        self.raw.is_locked()
    }

    /// Whether a writer holds it or waits for readers to leave, at this moment: a `try_read` would
    /// fail. For a look from outside.
    pub fn has_writer(&self) -> bool {
        self.raw.has_writer()
    }

    /// The value: nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: borrowed mutably.
        self.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    fn from(value: T) -> Self {
        RwLock::new(value)
    }
}

/// Shows the value, unless a writer is there.
impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RwLock");
        match self.try_read() {
            Some(value) => shown.field("value", &&*value),
            None => shown.field("value", &format_args!("<locked>")),
        };
        shown.finish()
    }
}
