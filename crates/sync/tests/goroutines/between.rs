//! One P: whoever waits must let the others run, or nothing goes on. And between goroutines and
//! threads.

use crate::on;
use gompa_sched::{go, gosched};
use gompa_sync::{Cond, Mutex, Once, RwLock, Semaphore, WaitGroup, errgroup, singleflight};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

#[test]
fn a_mutex_held_across_yields() {
    on(1, || {
        let mutex = Arc::new(Mutex::new(0));
        let all: Vec<_> = (0..20)
            .map(|_| {
                let mutex = mutex.clone();
                go(move || {
                    for _ in 0..20 {
                        let mut n = mutex.lock();
                        let old = *n;
                        gosched();
                        *n = old + 1;
                    }
                })
            })
            .collect();
        for handle in all {
            handle.join().unwrap();
        }
        assert_eq!(*mutex.lock(), 400);
    });
}

#[test]
fn a_reader_writer_lock_held_across_yields() {
    on(1, || {
        let lock = Arc::new(RwLock::new((0, 0)));
        let all: Vec<_> = (0..20)
            .map(|i| {
                let lock = lock.clone();
                go(move || {
                    for _ in 0..10 {
                        if i % 4 == 0 {
                            let mut pair = lock.write();
                            pair.0 += 1;
                            gosched();
                            pair.1 += 1;
                        } else {
                            let pair = lock.read();
                            gosched();
                            assert_eq!(pair.0, pair.1);
                        }
                    }
                })
            })
            .collect();
        for handle in all {
            handle.join().unwrap();
        }
        assert_eq!(*lock.read(), (50, 50));
    });
}

#[test]
fn all_other_waits_park() {
    on(1, || {
        let (mutex, cond) = (Arc::new(Mutex::new(false)), Arc::new(Cond::new()));
        let (once, semaphore) = (Arc::new(Once::new()), Arc::new(Semaphore::new(1)));
        let group = WaitGroup::new();
        semaphore.acquire(1);
        {
            let (mutex, cond) = (mutex.clone(), cond.clone());
            group.go(move || drop(cond.wait_while(mutex.lock(), |ready| !*ready)));
        }
        for _ in 0..3 {
            let once = once.clone();
            group.go(move || once.call_once(|| (0..10).for_each(|_| gosched())));
        }
        {
            let semaphore = semaphore.clone();
            group.go(move || {
                semaphore.acquire(1);
                semaphore.release(1);
            });
        }
        assert!(!group.wait_timeout(Duration::from_millis(5)));
        *mutex.lock() = true;
        cond.signal();
        semaphore.release(1);
        group.wait();
        assert!(once.is_completed());
    });
}

#[test]
fn goroutines_and_threads_wake_each_other() {
    let shared = Arc::new((
        Mutex::new(0),
        Cond::new(),
        Semaphore::new(1),
        WaitGroup::new(),
    ));
    let work = {
        let shared = shared.clone();
        move |parity: usize| {
            for i in 0..200 {
                let mut turn = shared.0.lock();
                while *turn % 2 != parity {
                    turn = shared.1.wait(turn);
                }
                *turn += 1;
                drop(turn);
                shared.1.broadcast();
                if i % 10 == 0 {
                    shared.2.acquire(1);
                    shared.2.release(1);
                }
            }
            shared.3.done();
        }
    };
    shared.3.add(2);
    let other = thread::spawn({
        let work = work.clone();
        move || work(1)
    });
    let group = shared.3.clone();
    on(2, move || {
        drop(go(move || work(0)));
        group.wait();
    });
    other.join().unwrap();
    assert_eq!(*shared.0.lock(), 400);
}

#[test]
fn two_runtimes_share_a_lock() {
    let lock = Arc::new(RwLock::new(0));
    let runs: Vec<_> = (0..2)
        .map(|_| {
            let lock = lock.clone();
            thread::spawn(move || {
                on(1, move || {
                    let group = WaitGroup::new();
                    for _ in 0..50 {
                        let lock = lock.clone();
                        group.go(move || {
                            *lock.write() += 1;
                            gosched();
                            assert!(*lock.read() > 0);
                        });
                    }
                    group.wait();
                })
            })
        })
        .collect();
    for run in runs {
        run.join().unwrap();
    }
    assert_eq!(*lock.read(), 100);
}

#[test]
fn groups_start_goroutines() {
    on(1, || {
        let (group, ids) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..10 {
            let ids = ids.clone();
            group.go(move || {
                assert!(gompa_sched::current().is_some());
                ids.fetch_add(1, SeqCst);
            });
        }
        group.wait();
        assert_eq!(ids.load(SeqCst), 10);

        let errors = errgroup::Group::<String>::new();
        errors.set_limit(2);
        for i in 0..10 {
            errors.go(move || {
                gosched();
                match gompa_sched::current() {
                    Some(_) if i != 5 => Ok(()),
                    _ => Err(format!("{i}")),
                }
            });
        }
        assert_eq!(errors.wait(), Err("5".to_string()));

        // On one P the first call waits for the others to join.
        let calls = singleflight::Group::<u8, usize>::new();
        let outcomes: Vec<_> = (0..5)
            .map(|i| {
                let calls = calls.clone();
                go(move || {
                    calls.call(1, || {
                        (0..10).for_each(|_| gosched());
                        i
                    })
                })
            })
            .map(|handle| handle.join())
            .map(|outcome| outcome.unwrap())
            .collect();
        assert_eq!(outcomes.len(), 5);
    });
}

/// A dump shows what each waits for in Go's words, as a deadlock report would.
#[test]
fn waits_have_gos_reasons() {
    on(1, || {
        let (mutex, lock, group) = (Mutex::new(()), RwLock::new(()), WaitGroup::new());
        let (cond, semaphore) = (Cond::new(), Semaphore::new(1));
        semaphore.acquire(1);
        let (written, free) = (RwLock::new(()), Mutex::new(()));
        group.add(1);
        let (held, read, write) = (mutex.lock(), lock.read(), written.write());
        gompa_sched::scope(|s| {
            s.go(|| drop(mutex.lock()));
            s.go(|| drop(lock.write()));
            s.go(|| drop(written.read()));
            s.go(|| group.wait());
            s.go(|| semaphore.acquire(1));
            s.go(|| drop(cond.wait(free.lock())));
            for _ in 0..10 {
                gosched();
            }
            let mut reasons: Vec<_> = gompa_sched::debug::goroutines()
                .iter()
                .map(|info| info.wait_reason.text())
                .filter(|text| !text.is_empty())
                .collect();
            reasons.sort_unstable();
            let gos = [
                "semacquire",
                "sync.Cond.Wait",
                "sync.Mutex.Lock",
                "sync.RWMutex.Lock",
                "sync.RWMutex.RLock",
                "sync.WaitGroup.Wait",
            ];
            assert_eq!(reasons, gos);
            cond.signal();
            group.done();
            semaphore.release(1);
            drop((held, read, write));
        });
    });
}
