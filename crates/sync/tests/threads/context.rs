//! Every wait ends with its context, and then nothing has happened.

use crate::{SHORT, until};
use gompa_context::{self as context, CancelFunc, Context, Error};
use gompa_sync::{
    Cond, Mutex, Once, OnceValue, RwLock, Semaphore, WaitGroup, errgroup, singleflight,
};
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

fn cancellable() -> (Context, CancelFunc) {
    context::with_cancel(&context::background())
}

/// `wait` does not come to an end by itself: it ends with the context, before and while it waits.
fn ends<R: Debug>(wait: impl Fn(&Context) -> Result<R, Error>) {
    let (ctx, cancel) = cancellable();
    cancel.cancel();
    assert_eq!(wait(&ctx).unwrap_err(), Error::Canceled);
    let (ctx, _cancel) = context::with_timeout(&context::background(), SHORT);
    assert_eq!(wait(&ctx).unwrap_err(), Error::DeadlineExceeded);
    let (ctx, cancel) = cancellable();
    thread::scope(|s| {
        s.spawn(|| {
            thread::sleep(SHORT);
            cancel.cancel();
        });
        assert_eq!(wait(&ctx).unwrap_err(), Error::Canceled);
    });
}

#[test]
fn all_waits_end() {
    let mutex = Mutex::new(0);
    let guard = mutex.lock();
    ends(|ctx| mutex.lock_ctx(ctx));
    drop(guard);
    assert_eq!(*mutex.lock_ctx(&context::background()).unwrap(), 0);

    let lock = RwLock::new(0);
    let guard = lock.write();
    ends(|ctx| lock.read_ctx(ctx));
    ends(|ctx| lock.write_ctx(ctx));
    drop(guard);
    let guard = lock.read();
    ends(|ctx| lock.write_ctx(ctx));
    assert_eq!(*lock.read_ctx(&context::background()).unwrap(), 0);
    drop(guard);
    assert!(lock.write_ctx(&context::background()).is_ok());

    let group = WaitGroup::new();
    group.add(1);
    ends(|ctx| group.wait_ctx(ctx));
    group.done();
    assert_eq!(group.wait_ctx(&context::background()), Ok(()));

    let once = Once::new();
    ends(|ctx| once.wait_ctx(ctx));
    once.call_once(|| ());
    assert_eq!(once.wait_ctx(&context::background()), Ok(()));

    let value: OnceValue<u32> = OnceValue::new(|| 1);
    ends(|ctx| value.wait_ctx(ctx).copied());
    assert_eq!(*value.get(), 1);

    let cond = Cond::new();
    ends(|ctx| {
        let (guard, result) = cond.wait_ctx(mutex.lock(), ctx);
        assert!(mutex.is_locked());
        drop(guard);
        result
    });

    let semaphore = Semaphore::new(2);
    semaphore.acquire(1);
    ends(|ctx| semaphore.acquire_ctx(ctx, 2));
    ends(|ctx| semaphore.acquire_ctx(ctx, 3));
    assert_eq!(semaphore.acquire_ctx(&context::background(), 1), Ok(()));
    semaphore.release(2);
}

/// What is being done once: those who join it leave with their context.
#[test]
fn joining_ends() {
    let (begun, runs) = gompa_chan::channel::<()>(0);
    let (end, ends_now) = gompa_chan::channel::<()>(0);
    let value = OnceValue::new(|| {
        begun.send(()).unwrap();
        ends_now.recv().unwrap();
        1
    });
    let once = Once::new();
    thread::scope(|s| {
        s.spawn(|| once.call_once(|| assert_eq!(*value.get(), 1)));
        runs.recv().unwrap();
        ends(|ctx| once.call_once_ctx(ctx, || unreachable!("under way")));
        ends(|ctx| value.get_ctx(ctx).copied());
        end.send(()).unwrap();
        assert_eq!(value.get_ctx(&context::background()), Ok(&1));
    });
    let first = OnceValue::new(|| 2);
    assert_eq!(first.get_ctx(&context::background()), Ok(&2));
}

/// Go's: done already is an error, though there would be no need to wait.
#[test]
fn a_context_that_is_done_is_an_error_even_if_all_is_free() {
    let (ctx, cancel) = cancellable();
    cancel.cancel();
    let semaphore = Semaphore::new(1);
    assert_eq!(semaphore.acquire_ctx(&ctx, 1), Err(Error::Canceled));
    assert_eq!(semaphore.available(), 1);
    assert!(Mutex::new(()).lock_ctx(&ctx).is_err());
    let calls = singleflight::Group::<u8, u8>::new();
    assert!(calls.call_ctx(&ctx, 1, || unreachable!()).is_err());
}

/// The timed forms end with a context around them, too.
#[test]
fn timed_waits_in_reach_of_a_context_end() {
    let mutex = Mutex::new(0);
    let _guard = mutex.lock();
    let (ctx, _cancel) = context::with_timeout(&context::background(), SHORT);
    assert!(ctx.run(|| mutex.lock_timeout(Duration::MAX).is_none()));
}

#[test]
fn a_cancelled_waiter_takes_nothing_with_it() {
    let (mutex, ctx_mutex) = (Mutex::new(0), Mutex::new(()));
    for _ in 0..200 {
        let (ctx, cancel) = cancellable();
        let guard = mutex.lock();
        thread::scope(|s| {
            s.spawn(|| {
                if let Ok(mut n) = mutex.lock_ctx(&ctx) {
                    *n += 1;
                }
            });
            s.spawn(|| *mutex.lock() += 1);
            s.spawn(move || cancel.cancel());
            drop(ctx_mutex.lock());
            drop(guard);
        });
        assert!(mutex.try_lock().is_some());
    }
    assert!((200..=400).contains(&*mutex.lock()));
}

#[test]
fn the_first_error_of_a_group_cancels_its_context() {
    let (group, ctx) = errgroup::with_context::<String>(&context::background());
    let ended = Arc::new(AtomicUsize::new(0));
    for _ in 0..3 {
        let (ctx, ended) = (ctx.clone(), ended.clone());
        group.go(move || {
            _ = ctx.done().recv();
            ended.fetch_add(1, SeqCst);
            Err("later".to_string())
        });
    }
    group.go(|| Err("first".to_string()));
    assert_eq!(group.wait(), Err("first".to_string()));
    assert_eq!(ended.load(SeqCst), 3);
    assert_eq!(ctx.err(), Some(Error::Canceled));
    let cause = ctx.cause().unwrap();
    assert_eq!(cause.to_string(), "first");
    assert!(cause.downcast_ref::<errgroup::Failed>().is_some());
}

#[test]
fn a_panic_or_the_end_of_the_wait_cancels_it() {
    let (group, ctx) = errgroup::Group::<&str>::with_context(&context::background());
    group.go(|| Ok(()));
    until(|| format!("{group:?}").contains("counter: 0"));
    assert_eq!(ctx.err(), None);
    assert_eq!(group.wait(), Ok(()));
    assert_eq!(ctx.err(), Some(Error::Canceled));

    let (group, ctx) = errgroup::Group::<&str>::with_context(&context::background());
    group.go(|| panic!("on purpose"));
    _ = ctx.done().recv();
    assert_eq!(crate::panic_text(|| group.wait()), "on purpose");
}

#[test]
fn a_group_waits_under_a_context() {
    let group = errgroup::Group::<()>::new();
    group.set_limit(1);
    let (go_on, told) = gompa_chan::channel::<()>(0);
    group.go(move || {
        told.recv().unwrap();
        Err(())
    });
    ends(|ctx| group.go_ctx(ctx, || unreachable!()));
    ends(|ctx| group.wait_ctx(ctx));
    go_on.send(()).unwrap();
    assert_eq!(group.wait_ctx(&context::background()), Ok(Err(())));
    assert_eq!(group.go_ctx(&context::background(), || Ok(())), Ok(()));
    assert_eq!(group.wait(), Ok(()));
    group.set_limit(-1);
}

#[test]
fn who_joined_a_call_may_leave_it() {
    let calls = singleflight::Group::<u8, u8>::new();
    let (go_on, told) = gompa_chan::channel::<()>(0);
    let first = calls.call_chan(1, move || {
        told.recv().unwrap();
        5
    });
    ends(|ctx| calls.call_ctx(ctx, 1, || unreachable!("under way")));
    go_on.send(()).unwrap();
    assert_eq!(first.recv().unwrap().unwrap().0, 5);
    assert_eq!(
        calls.call_ctx(&context::background(), 1, || 6),
        Ok((6, false))
    );
}
