//! [`OnceValue`]: a value that is made when it is first asked for.

use crate::macros::const_fn;
use crate::once::Once;
use crate::payload::Payload;
use gompa_context::{Context, Error};
use gompa_park::sync::UnsafeCell;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A value that `f` makes when it is first asked for; others who ask meanwhile wait.
///
/// The function runs at most once and is dropped as it returns. If it panics, every call panics, as
/// in Go with the same value: texts as they were, other values as [`SharedPanic`](crate::SharedPanic).
/// A function that calls `goexit` makes every call panic with Go's
/// `runtime error: panic called with nil argument`.
///
/// ```
/// use gompa_sync::OnceValue;
///
/// static PRIMES: OnceValue<Vec<u32>> = OnceValue::new(|| vec![2, 3, 5, 7]);
/// assert_eq!(PRIMES.get().len(), 4);
/// ```
pub struct OnceValue<T, F = fn() -> T> {
    once: Once,
    state: UnsafeCell<State<T, F>>,
}

enum State<T, F> {
    Fresh(F),
    Running,
    Ready(T),
    Panicked(Payload),
}

// SAFETY: the function is taken by one thread (F: Send), which makes the value (T: Send); then the
// value is shared (T: Sync). A payload is shareable.
unsafe impl<T: Send + Sync, F: Send> Sync for OnceValue<T, F> {}

impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for OnceValue<T, F> {}

impl<T, F: FnOnce() -> T> OnceValue<T, F> {
    const_fn! {
        /// A value that is not made yet.
        pub const fn new(f: F) -> OnceValue<T, F> {
            OnceValue {
                once: Once::new(),
                state: UnsafeCell::new(State::Fresh(f)),
            }
        }
    }

    /// The value; makes it, or waits for the one who does.
    ///
    /// # Panics
    /// If the function has, each time. And from within the function.
    #[inline]
    pub fn get(&self) -> &T {
        self.once.call_once(|| self.make());
        self.ready()
    }

    /// As [`get`](Self::get), but whoever does not make the value waits for `timeout` at most.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    pub fn get_timeout(&self, timeout: Duration) -> Option<&T> {
        let done = self.once.call_once_timeout(timeout, || self.make());
        done.then(|| self.ready())
    }

    /// As [`get`](Self::get), but whoever does not make the value waits until `deadline` at most.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    pub fn get_deadline(&self, deadline: Instant) -> Option<&T> {
        let done = self.once.call_once_deadline(deadline, || self.make());
        done.then(|| self.ready())
    }

    /// As [`get`](Self::get), but whoever does not make the value waits only until `ctx` is done.
    ///
    /// # Errors
    /// Why the context is done. If it was before, nothing is made.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    pub fn get_ctx(&self, ctx: &Context) -> Result<&T, Error> {
        self.once.call_once_ctx(ctx, || self.make())?;
        Ok(self.ready())
    }

    /// Makes the value: what is done once.
    #[cold]
    fn make(&self) {
        // SAFETY: while the Once runs, this thread alone uses the state.
        let fresh = self
            .state
            .with_mut(|state| unsafe { mem::replace(&mut *state, State::Running) });
        let State::Fresh(f) = fresh else {
            unreachable!("done once");
        };
        let made = match catch_unwind(AssertUnwindSafe(f)) {
            Ok(value) => State::Ready(value),
            Err(raw) => State::Panicked(match Payload::new(raw) {
                Payload::Goexit => Payload::Static("runtime error: panic called with nil argument"),
                payload => payload,
            }),
        };
        let abandoned = matches!(made, State::Panicked(Payload::Abandoned));
        // SAFETY: as above.
        self.state.with_mut(|state| unsafe { *state = made });
        if abandoned {
            Payload::Abandoned.resume();
        }
    }
}

impl<T, F> OnceValue<T, F> {
    /// The value, if it has been made.
    ///
    /// # Panics
    /// If the function has.
    pub fn try_get(&self) -> Option<&T> {
        self.once.is_completed().then(|| self.ready())
    }

    /// The value, if somebody makes it within `timeout`. Does not make it.
    ///
    /// # Panics
    /// If the function has, and from within it.
    pub fn wait_timeout(&self, timeout: Duration) -> Option<&T> {
        self.once.wait_timeout(timeout).then(|| self.ready())
    }

    /// The value, if somebody makes it before `deadline`. Does not make it.
    ///
    /// # Panics
    /// If the function has, and from within it.
    pub fn wait_deadline(&self, deadline: Instant) -> Option<&T> {
        self.once.wait_deadline(deadline).then(|| self.ready())
    }

    /// The value, if somebody makes it before `ctx` is done. Does not make it.
    ///
    /// # Errors
    /// Why the context is done.
    ///
    /// # Panics
    /// If the function has, and from within it.
    pub fn wait_ctx(&self, ctx: &Context) -> Result<&T, Error> {
        self.once.wait_ctx(ctx).map(|()| self.ready())
    }

    /// The result; the Once is done.
    #[inline]
    fn ready(&self) -> &T {
        // SAFETY: done, so nobody writes any more.
        match self.state.with(|state| unsafe { &*state }) {
            State::Ready(value) => value,
            State::Panicked(payload) => payload.clone().rethrow(),
            _ => unreachable!("the function has ended"),
        }
    }
}

impl<T: fmt::Debug, F> fmt::Debug for OnceValue<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_tuple("OnceValue");
        if !self.once.is_completed() {
            shown.field(&format_args!("<not made>"));
            return shown.finish();
        }
        // SAFETY: done, so nobody writes any more.
        match self.state.with(|state| unsafe { &*state }) {
            State::Ready(value) => shown.field(value),
            _ => shown.field(&format_args!("<panicked>")),
        };
        shown.finish()
    }
}
