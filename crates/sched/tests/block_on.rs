//! `block_on`: futures on goroutines and threads.

mod common;

use common::{Watchdog, ignore};
use gompa_chan::{make, time};
use gompa_sched::{Builder, block_on, go, gosched};
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Runs `test` on one P, on two, and on a plain thread.
fn everywhere(name: &'static str, test: fn()) {
    let _dog = Watchdog::new(name);
    Builder::new().procs(1).run(test);
    Builder::new().procs(2).run(test);
    test();
}

/// A value that somebody gives from elsewhere.
struct Promise<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    value: Option<T>,
    wakers: Vec<Waker>,
    polls: usize,
}

impl<T> Promise<T> {
    fn new() -> Self {
        Promise(Arc::new(Mutex::new(State {
            value: None,
            wakers: Vec::new(),
            polls: 0,
        })))
    }

    fn give(&self, value: T) {
        let wakers = {
            let mut state = self.0.lock().unwrap();
            state.value = Some(value);
            std::mem::take(&mut state.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl<T> Clone for Promise<T> {
    fn clone(&self) -> Self {
        Promise(self.0.clone())
    }
}

impl<T> Future for Promise<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut state = self.0.lock().unwrap();
        state.polls += 1;
        match state.value.take() {
            Some(value) => Poll::Ready(value),
            None => {
                state.wakers.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[test]
fn what_is_ready_is_returned() {
    everywhere("what_is_ready_is_returned", || {
        assert_eq!(block_on(ready(1)), 1);
        let local = [1, 2];
        assert_eq!(block_on(async { local.len() + ready(1).await }), 3);
    });
}

#[test]
fn a_thread_wakes() {
    everywhere("a_thread_wakes", || {
        for i in 0..20u64 {
            let promise = Promise::new();
            let theirs = promise.clone();
            let thread = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_micros(50 * i));
                theirs.give(i);
            });
            assert_eq!(block_on(promise), i);
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_goroutine_wakes_and_the_worker_is_free_meanwhile() {
    everywhere("a_goroutine_wakes_and_the_worker_is_free_meanwhile", || {
        for i in 0..50 {
            let promise = Promise::new();
            let theirs = promise.clone();
            drop(go(move || {
                gosched();
                theirs.give(i);
            }));
            assert_eq!(block_on(promise), i);
        }
    });
}

#[test]
fn a_wake_before_the_wait_is_kept() {
    everywhere("a_wake_before_the_wait_is_kept", || {
        let mut polls = 0;
        let n = block_on(poll_fn(|cx| {
            polls += 1;
            // Within the poll itself, several times, by value and by reference.
            let waker = cx.waker().clone();
            waker.wake_by_ref();
            cx.waker().wake_by_ref();
            waker.wake();
            if polls < 100 {
                Poll::Pending
            } else {
                Poll::Ready(polls)
            }
        }));
        assert_eq!(n, 100);
    });
}

#[test]
fn it_polls_no_more_than_it_is_woken() {
    everywhere("it_polls_no_more_than_it_is_woken", || {
        let promise = Promise::new();
        let theirs = promise.clone();
        let h = go(move || {
            time::sleep(Duration::from_millis(5));
            theirs.give(());
        });
        block_on(promise.clone());
        h.join().unwrap();
        assert_eq!(promise.0.lock().unwrap().polls, 2);
    });
}

#[test]
fn many_wakers_at_once() {
    everywhere("many_wakers_at_once", || {
        for _ in 0..20 {
            let left = Arc::new(AtomicUsize::new(40));
            let (seen, wakers) = (make::<()>(0), Arc::new(Mutex::new(None::<Waker>)));
            let callers: Vec<_> = (0..4)
                .map(|_| {
                    let (left, wakers, seen) = (left.clone(), wakers.clone(), seen.clone());
                    std::thread::spawn(move || {
                        ignore(seen.recv());
                        for _ in 0..10 {
                            let waker = wakers.lock().unwrap().clone().unwrap();
                            left.fetch_sub(1, SeqCst);
                            waker.wake();
                        }
                    })
                })
                .collect();
            block_on(poll_fn(|cx| {
                *wakers.lock().unwrap() = Some(cx.waker().clone());
                if !seen.is_closed() {
                    seen.close();
                }
                if left.load(SeqCst) == 0 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            }));
            callers.into_iter().for_each(|t| t.join().unwrap());
        }
    });
}

#[test]
fn wakers_outlive_their_future() {
    everywhere("wakers_outlive_their_future", || {
        let mut kept = Vec::new();
        for _ in 0..10 {
            let mut first = true;
            block_on(poll_fn(|cx| {
                kept.push(cx.waker().clone());
                if std::mem::take(&mut first) {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(())
            }));
        }
        let called = kept.clone();
        let thread = std::thread::spawn(move || called.into_iter().for_each(Waker::wake));
        // A stale wake-up ends no other wait.
        let start = Instant::now();
        kept.iter().for_each(Waker::wake_by_ref);
        assert!(
            make::<u32>(0)
                .recv_timeout(Duration::from_millis(10))
                .is_err()
        );
        assert!(start.elapsed() >= Duration::from_millis(10));
        let promise = Promise::new();
        let theirs = promise.clone();
        drop(go(move || {
            kept.into_iter().for_each(Waker::wake);
            time::sleep(Duration::from_millis(1));
            theirs.give(1);
        }));
        assert_eq!(block_on(promise), 1);
        thread.join().unwrap();
    });
}

#[test]
fn panics_pass() {
    everywhere("panics_pass", || {
        let e = catch_unwind(|| block_on(async { panic!("first poll") })).unwrap_err();
        assert_eq!(e.downcast_ref::<&str>(), Some(&"first poll"));
        let mut polled = false;
        let e = catch_unwind(AssertUnwindSafe(|| {
            block_on(poll_fn(|cx| {
                assert!(!std::mem::replace(&mut polled, true), "second poll");
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            }))
        }));
        assert!(e.is_err());
        assert_eq!(block_on(ready(1)), 1, "and all is well");
    });
}

#[test]
fn one_within_another() {
    everywhere("one_within_another", || {
        let promise = Promise::new();
        let theirs = promise.clone();
        let h = go(move || {
            time::sleep(Duration::from_millis(1));
            theirs.give(2);
        });
        let n = block_on(async { 1 + block_on(promise) });
        assert_eq!(n, 3);
        h.join().unwrap();
    });
}

#[test]
fn a_future_may_block_and_yield() {
    everywhere("a_future_may_block_and_yield", || {
        let n = block_on(async {
            gosched();
            time::sleep(Duration::from_millis(1));
            let ch = make(0);
            let tx = ch.clone();
            drop(go(move || tx.send(5)));
            ch.recv().unwrap()
        });
        assert_eq!(n, 5);
    });
}

#[test]
fn thousands_wait_at_once() {
    let _dog = Watchdog::new("thousands_wait_at_once");
    Builder::new().procs(2).run(|| {
        let promises: Vec<_> = (0..2000).map(|_| Promise::new()).collect();
        let all: Vec<_> = promises
            .iter()
            .map(|p| {
                let p = p.clone();
                go(move || block_on(p))
            })
            .collect();
        gosched();
        for (i, p) in promises.into_iter().enumerate() {
            p.give(i);
        }
        let sum: usize = all.into_iter().map(|h| h.join().unwrap()).sum();
        assert_eq!(sum, 1999 * 1000);
    });
}

#[test]
fn one_that_is_never_ready_ends_with_its_runtime() {
    let _dog = Watchdog::new("one_that_is_never_ready_ends_with_its_runtime");
    let rt = Builder::new().procs(2).build();
    let h = rt.go(|| block_on(pending::<()>()));
    rt.run(gosched);
    drop(rt);
    h.join().unwrap_err();
}
