//! Locks that know their owner by thread have goroutines as owners; waiting in std and libc works.

use super::world::{all, goroutines, hop, join, return_to, thread, until, world};
use gompa::{go, gosched};
use std::io::Write;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize};
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, OnceLock, RwLock, mpsc};
use std::thread::sleep;
use std::time::Duration;

/// Long enough for somebody who is not stopped to get in.
const A_WHILE: Duration = Duration::from_millis(20);

/// Somebody takes a lock on one thread, goes on on another, and gives it back a while later;
/// somebody else, on the first thread, must wait as long.
fn is_kept_across_threads(locked: impl Fn(&dyn Fn()) + Send + Sync + 'static) {
    let locked = Arc::new(locked);
    world(move || {
        for _ in 0..3 {
            let locked_on = Arc::new(AtomicI32::new(0));
            let held = Arc::new(AtomicBool::new(true));
            let first = {
                let (locked, locked_on, held) = (locked.clone(), locked_on.clone(), held.clone());
                go(move || {
                    locked(&|| {
                        locked_on.store(thread(), SeqCst);
                        hop();
                        sleep(A_WHILE);
                        held.store(false, SeqCst);
                    });
                })
            };
            let second = {
                let locked = locked.clone();
                go(move || {
                    until(|| locked_on.load(SeqCst) != 0);
                    return_to(locked_on.load(SeqCst));
                    locked(&|| assert!(!held.load(SeqCst), "two hold the lock"));
                })
            };
            join(first);
            join(second);
        }
    });
}

#[test]
fn the_lock_of_stdout() {
    is_kept_across_threads(|f| {
        let mut lock = std::io::stdout().lock();
        f();
        let mut again = std::io::stdout().lock();
        again.flush().unwrap();
        lock.flush().unwrap();
    });
}

#[test]
fn the_lock_of_stderr() {
    is_kept_across_threads(|f| {
        let _lock = std::io::stderr().lock();
        f();
    });
}

unsafe extern "C" {
    fn flockfile(file: *mut libc::FILE);
    fn funlockfile(file: *mut libc::FILE);
    static stdin: *mut libc::FILE;
}

#[test]
fn the_lock_of_a_c_file() {
    is_kept_across_threads(|f| {
        // SAFETY: stdin lives; unlocked as often as locked, by whoever locked.
        unsafe {
            flockfile(stdin);
            f();
            flockfile(stdin);
            funlockfile(stdin);
            funlockfile(stdin);
        }
    });
}

/// A mutex of C that is never destroyed.
struct CMutex(*mut libc::pthread_mutex_t);

// SAFETY: a mutex is for several threads.
unsafe impl Send for CMutex {}
// SAFETY: as above.
unsafe impl Sync for CMutex {}

impl CMutex {
    fn new(kind: libc::c_int) -> CMutex {
        let mutex = Box::leak(Box::new(libc::PTHREAD_MUTEX_INITIALIZER));
        // SAFETY: the attributes are made, used, destroyed; the mutex stays where it is.
        unsafe {
            let mut attributes = std::mem::zeroed();
            assert_eq!(libc::pthread_mutexattr_init(&mut attributes), 0);
            assert_eq!(libc::pthread_mutexattr_settype(&mut attributes, kind), 0);
            assert_eq!(libc::pthread_mutex_init(mutex, &attributes), 0);
            assert_eq!(libc::pthread_mutexattr_destroy(&mut attributes), 0);
        }
        CMutex(mutex)
    }

    fn lock(&self) -> i32 {
        // SAFETY: the mutex lives.
        unsafe { libc::pthread_mutex_lock(self.0) }
    }

    fn unlock(&self) -> i32 {
        // SAFETY: the mutex lives.
        unsafe { libc::pthread_mutex_unlock(self.0) }
    }
}

#[test]
fn a_recursive_mutex() {
    let mutex = CMutex::new(libc::PTHREAD_MUTEX_RECURSIVE);
    is_kept_across_threads(move |f| {
        assert_eq!(mutex.lock(), 0);
        f();
        assert_eq!(mutex.lock(), 0);
        assert_eq!(mutex.unlock(), 0);
        assert_eq!(mutex.unlock(), 0);
    });
}

#[test]
fn a_mutex_that_checks_its_owner() {
    let mutex = CMutex::new(libc::PTHREAD_MUTEX_ERRORCHECK);
    is_kept_across_threads(move |f| {
        assert_eq!(mutex.unlock(), libc::EPERM, "not ours");
        assert_eq!(mutex.lock(), 0);
        f();
        assert_eq!(mutex.lock(), libc::EDEADLK, "ours");
        assert_eq!(mutex.unlock(), 0);
    });
}

#[test]
fn turns_with_a_condition_variable() {
    let turn = Arc::new((Mutex::new(0), Condvar::new()));
    let last = turn.clone();
    goroutines(2, move |me| {
        for k in 0..200 {
            let mut now = turn.0.lock().unwrap();
            while *now % 2 != me {
                now = turn.1.wait(now).unwrap();
            }
            assert_eq!(*now / 2, k);
            *now += 1;
            turn.1.notify_all();
            drop(now);
            if k % 20 == 0 {
                hop();
            }
        }
    });
    assert_eq!(*last.0.lock().unwrap(), 400);
}

#[test]
fn a_guard_is_held_across_a_change_of_thread() {
    let count = Arc::new((Mutex::new(0), RwLock::new(0)));
    let last = count.clone();
    goroutines(8, move |_| {
        for k in 0..50 {
            let mut guard = count.0.lock().unwrap();
            *guard += 1;
            if k % 10 == 0 {
                hop();
            }
            drop(guard);
            if k % 3 == 0 {
                *count.1.write().unwrap() += 1;
            } else {
                let guard = count.1.read().unwrap();
                gosched();
                drop(guard);
            }
        }
    });
    assert_eq!(*last.0.lock().unwrap(), 400);
    assert_eq!(*last.1.read().unwrap(), 8 * 17);
}

#[test]
fn a_rendezvous_by_std_channel() {
    let (tx, rx) = mpsc::sync_channel(0);
    world(move || {
        let sends = go(move || {
            for i in 0..500 {
                tx.send(i).unwrap();
                if i % 50 == 0 {
                    hop();
                }
            }
        });
        for i in 0..500 {
            assert_eq!(rx.recv().unwrap(), i);
            if i % 70 == 0 {
                hop();
            }
        }
        join(sends);
    });
}

#[test]
fn std_channels_with_time_limits() {
    // What a thread needs for waiting is cached in a thread-local.
    let (tx, rx) = mpsc::sync_channel(1);
    world(move || {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let tx = tx.clone();
                go(move || {
                    for i in 0..25 {
                        until(|| tx.try_send(i).is_ok());
                        hop();
                    }
                })
            })
            .collect();
        drop(tx);
        let mut count = 0;
        loop {
            match rx.recv_timeout(Duration::from_micros(50)) {
                Ok(_) => count += 1,
                Err(mpsc::RecvTimeoutError::Timeout) => hop(),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        assert_eq!(count, 100);
        senders.into_iter().for_each(join);
    });
}

#[test]
fn what_is_made_once_is_made_once() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    static ONCE: OnceLock<usize> = OnceLock::new();
    static LAZY: LazyLock<usize> = LazyLock::new(|| {
        hop();
        MADE.fetch_add(1, SeqCst) + 10
    });
    goroutines(16, |_| {
        let value = ONCE.get_or_init(|| {
            hop();
            sleep(A_WHILE);
            MADE.fetch_add(1, SeqCst);
            5
        });
        assert_eq!(*value, 5);
        assert!(*LAZY >= 10);
    });
    assert_eq!(MADE.load(SeqCst), 2);
}

#[test]
fn a_barrier_of_std() {
    let (barrier, leaders) = (Arc::new(Barrier::new(4)), Arc::new(AtomicUsize::new(0)));
    let count = leaders.clone();
    goroutines(4, move |_| {
        for _ in 0..10 {
            hop();
            leaders.fetch_add(usize::from(barrier.wait().is_leader()), SeqCst);
        }
    });
    assert_eq!(count.load(SeqCst), 10);
}

#[test]
fn a_lock_of_std_waits_without_holding_up_others() {
    let lock = Arc::new(Mutex::new(()));
    world(move || {
        let guard = lock.lock().unwrap();
        let waited = Arc::new(AtomicBool::new(false));
        let waiters: Vec<_> = (0..6)
            .map(|_| {
                let (lock, waited) = (lock.clone(), waited.clone());
                go(move || {
                    drop(lock.lock().unwrap());
                    waited.store(true, SeqCst);
                })
            })
            .collect();
        // More of them sit in the kernel than there are Ps: others run nevertheless.
        sleep(A_WHILE);
        all(20, |_| hop());
        assert!(!waited.load(SeqCst));
        drop(guard);
        waiters.into_iter().for_each(join);
    });
}
