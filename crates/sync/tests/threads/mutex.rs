use crate::{LONG, SHORT, SLOWER, panic_text, until};
use gompa_sync::{Mutex, MutexGuard};
use std::cell::Cell;
use std::hint::spin_loop;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn one_at_a_time() {
    let mutex = Mutex::new((0usize, 0usize));
    let n = 20_000 / SLOWER;
    thread::scope(|s| {
        for i in 0..4 {
            let mutex = &mutex;
            s.spawn(move || {
                for k in 0..n {
                    let mut pair = match (i + k) % 3 {
                        0 => mutex.lock(),
                        1 => mutex.lock_timeout(LONG).unwrap(),
                        _ => mutex.try_lock().unwrap_or_else(|| mutex.lock()),
                    };
                    pair.0 += 1;
                    assert_eq!(pair.0, pair.1 + 1);
                    pair.1 += 1;
                }
            });
        }
    });
    assert_eq!(mutex.into_inner(), (4 * n, 4 * n));
}

#[test]
fn tries_and_limits_fail_while_it_is_held() {
    let mutex = Mutex::new(1);
    let guard = mutex.lock();
    thread::scope(|s| {
        s.spawn(|| {
            assert!(mutex.try_lock().is_none());
            assert!(mutex.lock_timeout(Duration::ZERO).is_none());
            let begun = Instant::now();
            assert!(mutex.lock_timeout(SHORT).is_none());
            assert!(begun.elapsed() >= SHORT);
            assert!(mutex.lock_deadline(Instant::now() + SHORT).is_none());
        });
    });
    assert!(mutex.is_locked());
    drop(guard);
    assert_eq!(*mutex.lock_timeout(Duration::ZERO).unwrap(), 1);
    assert_eq!(*mutex.lock_timeout(Duration::MAX).unwrap(), 1);
}

#[test]
fn whoever_gives_up_leaves_the_others_waiting() {
    let mutex = Mutex::new(0);
    let guard = mutex.lock();
    thread::scope(|s| {
        let mut timed = Vec::new();
        for _ in 0..3 {
            s.spawn(|| *mutex.lock() += 1);
            timed.push(s.spawn(|| mutex.lock_timeout(SHORT).is_none()));
        }
        for handle in timed {
            assert!(handle.join().unwrap());
        }
        drop(guard);
    });
    assert_eq!(*mutex.lock(), 3);
}

/// Go's starvation mode: a waiter gets it though another takes and gives it all the time.
#[test]
fn nobody_starves() {
    let (mutex, done) = (Mutex::new(()), AtomicBool::new(false));
    thread::scope(|s| {
        s.spawn(|| {
            while !done.load(SeqCst) {
                let _guard = mutex.lock();
                // Longer than Go's millisecond, and taken again at once.
                thread::sleep(Duration::from_millis(2));
            }
        });
        for _ in 0..5 {
            drop(mutex.lock());
        }
        done.store(true, SeqCst);
    });
}

#[test]
fn a_panic_unlocks_and_poisons_nothing() {
    let mutex = Mutex::new(0);
    let text = panic_text(|| {
        *mutex.lock() += 1;
        let mut guard = mutex.lock();
        *guard += 1;
        panic!("while locked");
    });
    assert_eq!(text, "while locked");
    assert_eq!(*mutex.try_lock().unwrap(), 2);
}

#[test]
fn a_panic_wakes_who_waits() {
    let (mutex, waits) = (Mutex::new(()), AtomicBool::new(false));
    thread::scope(|s| {
        let holder = s.spawn(|| {
            let _guard = mutex.lock();
            until(|| waits.load(SeqCst));
            panic!("on purpose");
        });
        s.spawn(|| {
            until(|| mutex.is_locked());
            waits.store(true, SeqCst);
            drop(mutex.lock());
        });
        assert!(holder.join().is_err());
    });
}

#[test]
fn a_forgotten_guard_keeps_it_locked() {
    let mutex = Mutex::new(7);
    mem::forget(mutex.lock());
    assert!(mutex.try_lock().is_none());
    assert!(mutex.lock_timeout(SHORT).is_none());
    // SAFETY: 1. forgotten above.
    unsafe { mutex.force_unlock() };
    assert_eq!(*mutex.lock(), 7);
}

#[test]
fn locked_again_by_its_holder_it_times_out() {
    let mutex = Mutex::new(());
    let _guard = mutex.lock();
    assert!(mutex.lock_timeout(SHORT).is_none());
}

#[test]
fn a_destructor_of_the_value_may_lock_others() {
    struct Locks<'a>(&'a Mutex<usize>);
    impl Drop for Locks<'_> {
        fn drop(&mut self) {
            *self.0.lock() += 1;
        }
    }
    let count = Mutex::new(0);
    let mutex = Mutex::new(Locks(&count));
    *mutex.lock() = Locks(&count);
    drop(mutex);
    assert_eq!(*count.lock(), 2);
}

#[test]
fn guards_dropped_in_any_order() {
    let (a, b) = (Mutex::new(1), Mutex::new(2));
    let (guard_a, guard_b) = (a.lock(), b.lock());
    drop(guard_a);
    assert!(a.try_lock().is_some() && b.try_lock().is_none());
    drop(guard_b);
    assert!(b.try_lock().is_some());
}

#[test]
fn of_what_has_no_size() {
    let mutex: Box<Mutex<[u8]>> = Box::new(Mutex::new([1, 2, 3]));
    mutex.lock()[1] = 5;
    assert_eq!(*mutex.lock(), [1, 5, 3]);
    let mut one: Mutex<String> = "x".to_string().into();
    one.get_mut().push('y');
    assert_eq!(format!("{one:?}"), "Mutex { value: \"xy\" }");
    assert_eq!(format!("{} {0:?}", one.lock()), "xy \"xy\"");
    let guard = one.lock();
    assert_eq!(format!("{one:?}"), "Mutex { value: <locked> }");
    assert!(std::ptr::eq(MutexGuard::mutex(&guard), &one));
}

#[test]
fn statics_need_no_initialisation() {
    static MUTEX: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| MUTEX.lock().push(NEXT.fetch_add(1, SeqCst)));
        }
    });
    MUTEX.lock().sort_unstable();
    assert_eq!(*MUTEX.lock(), [0, 1, 2, 3]);
}

/// What a profile of contention is told of is time that somebody has waited, however often a waiter was
/// woken and lost.
#[test]
fn a_wait_is_told_of_once() {
    thread_local!(static OURS: Cell<bool> = const { Cell::new(false) });
    static TOLD: AtomicU64 = AtomicU64::new(0);
    let listener: fn(u64) = |waited| {
        if OURS.get() {
            TOLD.fetch_add(waited, SeqCst);
        }
    };
    // SAFETY: it adds two numbers.
    unsafe { gompa_park::contention::on_released(Some(listener)) };
    let waited = AtomicU64::new(0);
    let mutex = Mutex::new(());
    let until = Instant::now() + Duration::from_millis(300);
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                OURS.set(true);
                while Instant::now() < until {
                    let asked = Instant::now();
                    let held = mutex.lock();
                    waited.fetch_add(asked.elapsed().as_nanos() as u64, SeqCst);
                    let begun = Instant::now();
                    while begun.elapsed() < Duration::from_micros(20) {
                        spin_loop();
                    }
                    drop(held);
                }
            });
        }
    });
    // SAFETY: nothing is called.
    unsafe { gompa_park::contention::on_released(None) };
    let (told, waited) = (TOLD.load(SeqCst), waited.load(SeqCst));
    assert!(told > 0 && told <= waited, "{told} of {waited} ns");
}
