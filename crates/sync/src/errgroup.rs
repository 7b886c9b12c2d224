//! Goroutines that work on one thing: wait for all, learn of the first that failed.
//!
//! ```
//! use gompa_sync::errgroup::Group;
//!
//! let group = Group::<String>::new();
//! group.set_limit(2);
//! for n in 1..=4 {
//!     group.go(move || match n {
//!         3 => Err(format!("{n} is unlucky")),
//!         _ => Ok(()),
//!     });
//! }
//! assert_eq!(group.wait(), Err("3 is unlucky".into()));
//! ```

use crate::integer::Integer;
use crate::payload::Payload;
use crate::semaphore::Semaphore;
use crate::wait_group::WaitGroup;
use gompa_context::{self as context, CancelCauseFunc, Context};
use gompa_park::sync::Arc;
use gompa_park::{Lock, host};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A group of goroutines (where no scheduler runs the caller, of threads). Clones are the same
/// group.
///
/// The first error is kept for [`wait`](Self::wait). So is a panic, which [`wait`](Self::wait)
/// rethrows: in Go it ends the process, and nobody should take a group for done that is not. With
/// [`with_context`](Self::with_context) either also cancels a context.
pub struct Group<E> {
    inner: Arc<Inner<E>>,
}

struct Inner<E> {
    running: WaitGroup,
    /// Ends the group's context, if it has one.
    cancel: Option<Cancel<E>>,
    /// Those who may run at once.
    limit: Lock<Option<Arc<Semaphore>>>,
    /// How the first one failed.
    failure: Lock<Option<Failure<E>>>,
}

/// [`Group::with_context`], by Go's name.
pub fn with_context<E>(ctx: &Context) -> (Group<E>, Context)
where
    E: fmt::Display + Send + 'static,
{
    Group::with_context(ctx)
}

struct Cancel<E> {
    func: CancelCauseFunc,
    /// The text of an error, for the context's cause.
    text: fn(&E) -> String,
}

/// The cause of a group's context: the text of the group's first error. The error itself is
/// [`Group::wait`]'s.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failed(String);

enum Failure<E> {
    Error(E),
    Panic(Payload),
    /// It has been reported.
    Reported,
}

impl<E: Send + 'static> Group<E> {
    /// A group without limit and without context.
    pub fn new() -> Group<E> {
        Group::with(None)
    }

    /// A group and a context, made from `ctx`, that is done when a function of the group fails or
    /// panics, or else when a [`wait`](Self::wait) has returned. Its cause is then a [`Failed`] with
    /// the first error's text, or [`Canceled`](gompa_context::Error::Canceled).
    ///
    /// ```
    /// use gompa_context as context;
    /// use gompa_sync::errgroup::Group;
    ///
    /// let (group, ctx) = Group::with_context(&context::background());
    /// let below = ctx.clone();
    /// group.go(move || below.done().recv().map_err(|_| "cancelled, too"));
    /// group.go(|| Err("first"));
    /// assert_eq!(group.wait(), Err("first"));
    /// assert_eq!(ctx.cause().unwrap().to_string(), "first");
    /// ```
    pub fn with_context(ctx: &Context) -> (Group<E>, Context)
    where
        E: fmt::Display,
    {
        let (ctx, func) = context::with_cancel_cause(ctx);
        let text = |error: &E| error.to_string();
        (Group::with(Some(Cancel { func, text })), ctx)
    }

    fn with(cancel: Option<Cancel<E>>) -> Group<E> {
        Group {
            inner: Arc::new(Inner {
                running: WaitGroup::new(),
                cancel,
                limit: Lock::new(None),
                failure: Lock::new(None),
            }),
        }
    }

    /// At most `n` functions of the group run at once from now on; a negative number: as many as
    /// come. With 0 nobody may, and `go` waits for ever.
    ///
    /// # Panics
    /// If some still run under the limit so far, with Go's
    /// `errgroup: modify limit while N goroutines in the group are still active`.
    pub fn set_limit(&self, n: impl Integer) {
        let mut limit = self.inner.limit.lock();
        if let Some(old) = &*limit {
            let active = old.size() - old.available();
            if active != 0 {
                drop(limit);
                panic!(
                    "errgroup: modify limit while {active} goroutines in the group are still active"
                );
            }
        }
        *limit = usize::try_from(n.to_i64())
            .ok()
            .map(|n| Arc::new(Semaphore::new(n)));
    }

    /// Runs `f` in a new goroutine; waits while the limit is reached.
    pub fn go<F>(&self, f: F)
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        let place = self.limit();
        if let Some(place) = &place {
            place.acquire(1);
        }
        self.start(f, place);
    }

    /// Runs `f` in a new goroutine unless the limit is reached; whether it does.
    pub fn try_go<F>(&self, f: F) -> bool
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        self.go_if(f, |place| place.try_acquire(1)).is_ok()
    }

    /// As [`go`](Self::go), unless the limit stays reached for `timeout`: then it gives `f` back.
    pub fn go_timeout<F>(&self, f: F, timeout: Duration) -> Result<(), F>
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        self.go_if(f, |place| place.acquire_timeout(1, timeout))
    }

    /// As [`go`](Self::go), unless the limit stays reached until `deadline`: then it gives `f` back.
    pub fn go_deadline<F>(&self, f: F, deadline: Instant) -> Result<(), F>
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        self.go_if(f, |place| place.acquire_deadline(1, deadline))
    }

    /// As [`go`](Self::go), unless `ctx` is done before there is room.
    ///
    /// # Errors
    /// Why the context is done; `f` is dropped. If it was before, `f` does not run.
    pub fn go_ctx<F>(&self, ctx: &Context, f: F) -> Result<(), context::Error>
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        let place = self.limit();
        match &place {
            Some(place) => place.acquire_ctx(ctx, 1)?,
            None => {
                if let Some(error) = ctx.err() {
                    return Err(error);
                }
            }
        }
        self.start(f, place);
        Ok(())
    }

    fn go_if<F>(&self, f: F, enter: impl FnOnce(&Semaphore) -> bool) -> Result<(), F>
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        let place = self.limit();
        if place.as_ref().is_some_and(|place| !enter(place)) {
            return Err(f);
        }
        self.start(f, place);
        Ok(())
    }

    fn limit(&self) -> Option<Arc<Semaphore>> {
        self.inner.limit.lock().clone()
    }

    /// Runs `f`, which has its place.
    fn start<F>(&self, f: F, place: Option<Arc<Semaphore>>)
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        self.inner.running.add(1);
        let member = Member {
            inner: self.inner.clone(),
            place,
        };
        host::spawn(Box::new(move || {
            let failure = match catch_unwind(AssertUnwindSafe(f)) {
                Ok(Ok(())) => return drop(member),
                Ok(Err(error)) => Failure::Error(error),
                Err(raw) => Failure::Panic(Payload::new(raw)),
            };
            // Its end stays the goroutine's own; anything thrown has been reported by its hook.
            let end = match &failure {
                Failure::Panic(end @ (Payload::Goexit | Payload::Abandoned)) => Some(end.clone()),
                _ => None,
            };
            member.inner.failed(failure);
            drop(member);
            if let Some(end) = end {
                end.resume();
            }
        }));
    }

    /// Waits until all functions of the group have returned.
    ///
    /// # Errors
    /// The first error of theirs. It is given away: a second `wait` returns `Ok`.
    ///
    /// # Panics
    /// If a function panicked before another failed, with its payload: texts as they were, other
    /// values as [`SharedPanic`](crate::SharedPanic).
    pub fn wait(&self) -> Result<(), E> {
        self.inner.running.wait();
        self.inner.result()
    }

    /// As [`wait`](Self::wait), for `timeout` at most; `None`: some still run.
    pub fn wait_timeout(&self, timeout: Duration) -> Option<Result<(), E>> {
        let ended = self.inner.running.wait_timeout(timeout);
        ended.then(|| self.inner.result())
    }

    /// As [`wait`](Self::wait), until `ctx` is done.
    ///
    /// # Errors
    /// The outer one: why the context is done; some may still run.
    pub fn wait_ctx(&self, ctx: &Context) -> Result<Result<(), E>, context::Error> {
        self.inner.running.wait_ctx(ctx)?;
        Ok(self.inner.result())
    }

    /// As [`wait`](Self::wait), until `deadline` at most; `None`: some still run.
    pub fn wait_deadline(&self, deadline: Instant) -> Option<Result<(), E>> {
        let ended = self.inner.running.wait_deadline(deadline);
        ended.then(|| self.inner.result())
    }
}

/// Somebody who runs; however it ends, its place becomes free and it counts as ended.
struct Member<E> {
    inner: Arc<Inner<E>>,
    place: Option<Arc<Semaphore>>,
}

impl<E> Drop for Member<E> {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            place.release(1);
        }
        self.inner.running.done();
    }
}

impl<E> Inner<E> {
    /// Keeps the failure if it is the first.
    fn failed(&self, failure: Failure<E>) {
        if let Failure::Panic(Payload::Goexit | Payload::Abandoned) = failure {
            return;
        }
        let cause = self.cancel.as_ref().map(|cancel| match &failure {
            Failure::Error(error) => (cancel.text)(error),
            Failure::Panic(_) | Failure::Reported => "a function of the group panicked".to_string(),
        });
        let mut first = self.failure.lock();
        if first.is_some() {
            drop(first);
            return;
        }
        *first = Some(failure);
        drop(first);
        if let (Some(cancel), Some(cause)) = (&self.cancel, cause) {
            cancel.func.cancel(Failed(cause));
        }
    }

    fn result(&self) -> Result<(), E> {
        if let Some(cancel) = &self.cancel {
            cancel.func.without_cause().cancel();
        }
        let mut first = self.failure.lock();
        let failure = match &*first {
            None => None,
            Some(_) => first.replace(Failure::Reported),
        };
        drop(first);
        match failure {
            None | Some(Failure::Reported) => Ok(()),
            Some(Failure::Error(error)) => Err(error),
            Some(Failure::Panic(payload)) => payload.rethrow(),
        }
    }
}

impl<E> Clone for Group<E> {
    fn clone(&self) -> Self {
        Group {
            inner: self.inner.clone(),
        }
    }
}

impl<E: Send + 'static> Default for Group<E> {
    fn default() -> Self {
        Group::new()
    }
}

impl<E> fmt::Debug for Group<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("running", &self.inner.running)
            .finish_non_exhaustive()
    }
}
