//! Goexit, runtimes that end while somebody waits, and Go's fatal errors (in processes of their own).

use crate::on;
use gompa_sched::{Goexit, go, goexit, gosched};
use gompa_sync::{
    Cond, Mutex, Once, OnceValue, RwLock, Semaphore, WaitGroup, errgroup, singleflight,
};
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn goexit_counts_as_done_and_unlocks() {
    on(1, || {
        let (group, mutex) = (WaitGroup::new(), Arc::new(Mutex::new(0)));
        {
            let mutex = mutex.clone();
            group.go(move || {
                let _guard = mutex.lock();
                goexit();
            });
        }
        group.wait();
        assert!(mutex.try_lock().is_some());
        let errors = errgroup::Group::<()>::new();
        errors.go(|| goexit());
        assert_eq!(errors.wait(), Ok(()));
        let once = Arc::new(Once::new());
        let runner = {
            let once = once.clone();
            go(move || once.call_once(|| goexit()))
        };
        assert!(runner.join().unwrap_err().is::<Goexit>());
        once.call_once(|| unreachable!("done"));
    });
}

#[test]
fn goexit_in_a_call_ends_all_who_joined() {
    on(1, || {
        let calls = singleflight::Group::<u8, ()>::new();
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let calls = calls.clone();
                go(move || {
                    calls.call(1, || {
                        (0..10).for_each(|_| gosched());
                        goexit()
                    })
                })
            })
            .collect();
        for caller in callers {
            assert!(caller.join().unwrap_err().is::<Goexit>());
        }
        assert_eq!(calls.call(1, || ()), ((), false));
    });
}

#[test]
fn goexit_in_a_once_value_panics_as_in_go() {
    on(1, || {
        let value: OnceValue<()> = OnceValue::new(|| goexit());
        for _ in 0..2 {
            let payload = catch_unwind(AssertUnwindSafe(|| *value.get())).unwrap_err();
            let text = payload.downcast_ref::<&str>();
            assert_eq!(text, Some(&"runtime error: panic called with nil argument"));
        }
    });
}

/// A runtime that ends unwinds what waits in it; what it waited for goes on for others.
#[test]
fn waits_end_with_their_runtime() {
    let mutex = Arc::new(Mutex::new(0));
    let lock = Arc::new(RwLock::new(0));
    let (semaphore, cond) = (Arc::new(Semaphore::new(2)), Arc::new(Cond::new()));
    let (once, group) = (Arc::new(Once::new()), WaitGroup::new());
    group.add(1);
    semaphore.acquire(1);
    let (guard, reader) = (mutex.lock(), lock.read());
    {
        let (mutex, lock, semaphore) = (mutex.clone(), lock.clone(), semaphore.clone());
        let (cond, once, group) = (cond.clone(), once.clone(), group.clone());
        on(1, move || {
            let free = Arc::new(Mutex::new(()));
            let waits: [Box<dyn FnOnce() + Send>; 7] = [
                Box::new(move || drop(mutex.lock())),
                Box::new({
                    let lock = lock.clone();
                    move || drop(lock.write())
                }),
                Box::new(move || drop(lock.read())),
                Box::new(move || semaphore.acquire(2)),
                Box::new(move || drop(cond.wait(free.lock()))),
                Box::new(move || once.wait()),
                Box::new(move || group.wait()),
            ];
            for wait in waits {
                drop(go(move || {
                    wait();
                    unreachable!("nothing of it comes");
                }));
            }
            for _ in 0..20 {
                gosched();
            }
        });
    }
    drop(guard);
    assert!(mutex.try_lock().is_some());
    assert!(lock.try_read().is_some(), "the writer has left");
    drop(reader);
    assert!(lock.try_write().is_some());
    assert!(semaphore.try_acquire(1));
    cond.broadcast();
    once.call_once(|| ());
    group.done();
}

/// Runs the case `name` in a process of its own, on its main thread; what it says on stderr, if it
/// ends with 2.
fn fatal(name: &str) -> String {
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "endings::fatal_case",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("GOMPA_SYNC_FATAL_CASE", name)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Not a test by itself: what [`fatal`] runs.
#[test]
fn fatal_case() {
    let Ok(case) = env::var("GOMPA_SYNC_FATAL_CASE") else {
        return;
    };
    // SAFETY: none of them is sound to go on from; the process ends in them.
    unsafe {
        match case.as_str() {
            "unlock" => Mutex::new(0).force_unlock(),
            "runlock" => RwLock::new(0).force_unlock_read(),
            "rwunlock" => RwLock::new(0).force_unlock_write(),
            _ => unreachable!(),
        }
    }
}

/// The texts of the golden file.
#[test]
fn misuse_is_fatal_with_gos_texts() {
    assert_eq!(
        fatal("unlock"),
        "fatal error: sync: unlock of unlocked mutex\n"
    );
    assert_eq!(
        fatal("runlock"),
        "fatal error: sync: RUnlock of unlocked RWMutex\n"
    );
    assert_eq!(
        fatal("rwunlock"),
        "fatal error: sync: Unlock of unlocked RWMutex\n"
    );
}
