use crate::{LONG, SHORT, SLOWER, panic_text, until};
use gompa_sync::RwLock;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

#[test]
fn writers_alone_readers_together() {
    let lock = RwLock::new((0usize, 0usize));
    let n = 10_000 / SLOWER;
    thread::scope(|s| {
        for i in 0..4 {
            let lock = &lock;
            s.spawn(move || {
                for k in 0..n {
                    match (i + k) % 8 {
                        0 => {
                            let mut pair = lock.write();
                            pair.0 += 1;
                            pair.1 += 1;
                        }
                        1 => {
                            if let Some(mut pair) = lock.try_write() {
                                pair.0 += 1;
                                pair.1 += 1;
                            }
                        }
                        2 => {
                            let mut pair = lock.write_timeout(LONG).unwrap();
                            pair.0 += 1;
                            pair.1 += 1;
                        }
                        3 => {
                            if let Some(pair) = lock.try_read() {
                                assert_eq!(pair.0, pair.1);
                            }
                        }
                        4 => {
                            let pair = lock.read_timeout(LONG).unwrap();
                            assert_eq!(pair.0, pair.1);
                        }
                        _ => {
                            let pair = lock.read();
                            assert_eq!(pair.0, pair.1);
                        }
                    }
                }
            });
        }
    });
    let pair = lock.into_inner();
    assert_eq!(pair.0, pair.1);
}

#[test]
fn a_waiting_writer_stops_new_readers() {
    let lock = RwLock::new(0);
    let reader = lock.read();
    thread::scope(|s| {
        s.spawn(|| *lock.write() += 1);
        until(|| lock.has_writer());
        assert!(lock.try_read().is_none(), "Go's TryRLock fails too");
        assert!(lock.read_timeout(SHORT).is_none());
        drop(reader);
        assert_eq!(*lock.read(), 1);
    });
}

/// All readers that came while a writer was there get in before the next writer.
#[test]
fn readers_get_in_between_two_writers() {
    const READERS: usize = 5;
    let (lock, waiting) = (RwLock::new(0), AtomicUsize::new(0));
    let writer = lock.write();
    thread::scope(|s| {
        for _ in 0..READERS {
            s.spawn(|| {
                waiting.fetch_add(1, SeqCst);
                assert!(*lock.read() <= 1);
            });
        }
        until(|| waiting.load(SeqCst) == READERS);
        s.spawn(|| *lock.write() += 1);
        thread::sleep(SHORT);
        drop(writer);
    });
    assert_eq!(*lock.read(), 1);
}

#[test]
fn a_writer_that_gives_up_lets_the_readers_in() {
    let lock = RwLock::new(0);
    let reader = lock.read();
    thread::scope(|s| {
        let writer = s.spawn(|| lock.write_timeout(SHORT * 4).is_none());
        until(|| lock.has_writer() || writer.is_finished());
        // Comes while the writer waits, gets in when it has given up, though the first one stays.
        drop(lock.read());
        assert!(writer.join().unwrap());
    });
    drop(reader);
    assert!(lock.try_write().is_some());
}

#[test]
fn try_write_needs_no_reader_at_all() {
    let lock = RwLock::new(0);
    let (one, other) = (lock.read(), lock.try_read().unwrap());
    assert!(lock.try_write().is_none());
    drop(one);
    assert!(lock.try_write().is_none());
    drop(other);
    let guard = lock.try_write().unwrap();
    assert!(lock.try_read().is_none() && lock.try_write().is_none());
    assert_eq!(format!("{lock:?} {guard}"), "RwLock { value: <locked> } 0");
}

#[test]
fn panics_unlock() {
    let lock = RwLock::new(1);
    assert_eq!(panic_text(|| panic!("{}", lock.read())), "1");
    assert_eq!(
        panic_text(|| {
            let mut guard = lock.write();
            *guard = 2;
            panic!("writing");
        }),
        "writing"
    );
    assert_eq!(*lock.try_write().unwrap(), 2);
}

#[test]
fn forgotten_guards_keep_it_locked() {
    let lock = RwLock::new(1);
    mem::forget(lock.read());
    assert!(lock.try_read().is_some());
    assert!(lock.write_timeout(SHORT).is_none());
    // SAFETY: 1. forgotten above.
    unsafe { lock.force_unlock_read() };
    mem::forget(lock.write());
    assert!(lock.read_timeout(SHORT).is_none());
    // SAFETY: 1. forgotten above.
    unsafe { lock.force_unlock_write() };
    assert!(lock.try_write().is_some());
}
