//! Goroutines that borrow from whoever starts them.

use crate::goroutine::id::GoroutineId;
use crate::goroutine::task::{self, Promise};
use crate::handle::{current_sched, joined};
use crate::host;
use gompa_park::waiter::{Abandoned, Goexit};
use gompa_park::{Lock, Parker, Unparker, WaitReason};
use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, Location};
use std::sync::Arc;

/// Where goroutines that borrow are started; see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    shared: Arc<Shared>,
    /// Invariant over both, as `std::thread::Scope`.
    _scope: PhantomData<&'scope mut &'scope ()>,
    _env: PhantomData<&'env mut &'env ()>,
}

/// What a scope shares with its goroutines.
struct Shared {
    state: Lock<State>,
}

struct State {
    /// Goroutines that may still use what they borrow.
    left: usize,
    /// Goroutines that panicked, less those whose panic a `join` has returned.
    panics: usize,
    /// A goroutine was ended by the end of its runtime, or did not even begin.
    abandoned: bool,
    /// The scope, when it waits.
    waiter: Option<Unparker>,
}

impl Shared {
    /// A goroutine has unwound.
    fn failed(&self, payload: &Payload) {
        let mut state = self.state.lock();
        if is_panic(payload) {
            state.panics += 1;
        }
        state.abandoned |= payload.is::<Abandoned>();
    }

    fn ended(&self, began: bool) {
        let waiter = {
            let mut state = self.state.lock();
            state.abandoned |= !began;
            state.left -= 1;
            if state.left == 0 {
                state.waiter.take()
            } else {
                None
            }
        };
        if let Some(waiter) = waiter {
            // SAFETY: taken out under the lock: ours alone; the scope does not withdraw.
            unsafe { waiter.unpark() }
        }
    }

    /// Until all have ended, also while the runtime ends: what they borrow must stay.
    fn wait(&self) {
        let here = host::goroutine();
        let before = here.map(|g| g.keep_waiting(true));
        let parker = Parker::current();
        let must_wait = {
            let mut state = self.state.lock();
            if state.left > 0 {
                state.waiter = Some(parker.unparker());
            }
            state.left > 0
        };
        if must_wait {
            parker.park_claimed(WaitReason::Join);
        }
        if let (Some(g), Some(before)) = (here, before) {
            g.keep_waiting(before);
        }
    }
}

/// Runs `f`, which may start goroutines that borrow what lives outside of it, and waits for all of
/// them before it returns, however `f` ends.
///
/// # Panics
/// If `f` panics, or a goroutine panicked and was not joined; after all have ended. A goroutine that
/// called [`goexit`](crate::goexit) has not panicked.
///
/// ```
/// gompa_sched::run(|| {
///     let mut numbers = vec![1, 2, 3];
///     let sum = std::sync::atomic::AtomicU32::new(0);
///     gompa_sched::scope(|s| {
///         for n in &numbers {
///             let sum = &sum;
///             s.go(move || sum.fetch_add(*n, std::sync::atomic::Ordering::Relaxed));
///         }
///     });
///     numbers.push(sum.into_inner());
///     assert_eq!(numbers, [1, 2, 3, 6]);
/// });
/// ```
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let scope = Scope {
        shared: Arc::new(Shared {
            state: Lock::new(State {
                left: 0,
                panics: 0,
                abandoned: false,
                waiter: None,
            }),
        }),
        _scope: PhantomData,
        _env: PhantomData,
    };
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| f(&scope)));
    scope.shared.wait();
    let (panics, abandoned) = {
        let state = scope.shared.state.lock();
        (state.panics, state.abandoned)
    };
    match result {
        Err(payload) => std::panic::resume_unwind(payload),
        Ok(_) if panics > 0 => panic!("a scoped goroutine panicked"),
        // What it should have done is not done, and the runtime is ours too, most likely.
        Ok(_) if abandoned => std::panic::resume_unwind(Box::new(Abandoned)),
        Ok(value) => value,
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a goroutine that may borrow what outlives the scope.
    ///
    /// # Panics
    /// As [`go`](crate::go).
    #[track_caller]
    pub fn go<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.shared.state.lock().left += 1;
        let result = Arc::new(Lock::new(None));
        let body = Body {
            f,
            result: result.clone(),
            ended: Ended {
                shared: self.shared.clone(),
                began: false,
            },
        };
        // SAFETY: `scope` does not return before `Ended` is dropped, the last thing the body does,
        // run or not. By then `f` is gone, and its result is gone or in the slot, whose handle
        // cannot outlive 'scope. What remains of the task is empty.
        let (task, promise) = unsafe { task::new(move || body.run()) };
        let id = host::spawn_on(current_sched(), task, Location::caller());
        ScopedJoinHandle {
            promise,
            result,
            shared: self.shared.clone(),
            id,
            _scope: PhantomData,
        }
    }
}

/// What unwinds.
type Payload = Box<dyn Any + Send>;

/// Not by [`goexit`](crate::goexit), and not by the end of its runtime.
fn is_panic(payload: &Payload) -> bool {
    !payload.is::<Goexit>() && !payload.is::<Abandoned>()
}

/// Where a goroutine of a scope leaves its result.
type Slot<T> = Arc<Lock<Option<Result<T, Payload>>>>;

/// What a goroutine of a scope runs. Fields are dropped in this order.
struct Body<F, T> {
    f: F,
    result: Slot<T>,
    ended: Ended,
}

impl<F: FnOnce() -> T, T> Body<F, T> {
    fn run(self) {
        let Body {
            f,
            result,
            mut ended,
        } = self;
        ended.began = true;
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(f));
        if let Err(payload) = &outcome {
            ended.shared.failed(payload);
        }
        *result.lock() = Some(outcome);
        // The handle may be gone; then the value is dropped here.
        if let Err(payload) = std::panic::catch_unwind(AssertUnwindSafe(move || drop(result))) {
            ended.shared.failed(&payload);
        }
        drop(ended);
    }
}

/// Counts its goroutine out when dropped.
struct Ended {
    shared: Arc<Shared>,
    /// Its function was called.
    began: bool,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.shared.ended(self.began);
    }
}

/// A goroutine of a [`scope`] that can be waited for before the scope does.
pub struct ScopedJoinHandle<'scope, T> {
    promise: Promise<()>,
    result: Slot<T>,
    shared: Arc<Shared>,
    id: u64,
    _scope: PhantomData<&'scope mut &'scope ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits for the goroutine's end and returns its result, or what it panicked with. A panic that
    /// was returned here does not make the scope panic.
    ///
    /// # Panics
    /// If a goroutine joins itself.
    pub fn join(self) -> Result<T, Box<dyn Any + Send>> {
        if let Some(g) = host::goroutine() {
            assert!(
                g.id() != self.id,
                "a goroutine cannot join itself: it would wait for ever"
            );
        }
        // The body catches its own panics: an error is the runtime's end.
        joined(self.promise.join())?;
        let outcome = self.result.lock().take().expect("the body has stored it");
        if let Err(payload) = &outcome
            && is_panic(payload)
        {
            self.shared.state.lock().panics -= 1;
        }
        joined(outcome)
    }

    /// Whether the goroutine has ended. Never waits.
    pub fn is_finished(&self) -> bool {
        self.promise.is_done()
    }

    /// The goroutine's number.
    pub fn id(&self) -> GoroutineId {
        GoroutineId::new(self.id).expect("ids begin at 1")
    }
}

impl<T> std::fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScopedJoinHandle")
            .field("id", &self.id)
            .field("finished", &self.is_finished())
            .finish()
    }
}

impl std::fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope")
            .field("left", &self.shared.state.lock().left)
            .finish()
    }
}
