//! The reader-writer lock: exclusion, and that nobody is left waiting.

use crate::{A_WHILE, Checked, model};
use gompa_sync::RwLock;
use loom::sync::Arc;
use loom::thread;

type Lock = Arc<RwLock<Checked>>;

fn spawn<R: 'static>(
    lock: &Lock,
    f: impl FnOnce(&RwLock<Checked>) -> R + 'static,
) -> thread::JoinHandle<R> {
    let lock = lock.clone();
    thread::spawn(move || f(&lock))
}

fn new() -> Lock {
    Arc::new(RwLock::new(Checked::new()))
}

#[test]
fn a_reader_and_a_writer() {
    model(3, || {
        let lock = new();
        let writer = spawn(&lock, |lock| {
            lock.write().add(1);
            lock.write().add(1);
        });
        assert!(lock.read().get() <= 2);
        assert!(lock.read().get() <= 2);
        writer.join().unwrap();
        assert_eq!(lock.read().get(), 2);
        assert!(!lock.is_locked());
    });
}

#[test]
fn two_readers_and_a_writer() {
    model(2, || {
        let lock = new();
        let writer = spawn(&lock, |lock| lock.write().add(1));
        let reader = spawn(&lock, |lock| lock.read().get());
        assert!(lock.read().get() <= 1);
        assert!(reader.join().unwrap() <= 1);
        writer.join().unwrap();
        assert_eq!(lock.read().get(), 1);
    });
}

#[test]
fn two_writers_and_a_reader() {
    model(2, || {
        let lock = new();
        let writer = spawn(&lock, |lock| lock.write().add(1));
        let reader = spawn(&lock, |lock| lock.read().get());
        lock.write().add(1);
        assert!(reader.join().unwrap() <= 2);
        writer.join().unwrap();
        assert_eq!(lock.read().get(), 2);
    });
}

#[test]
fn a_writer_gives_up() {
    model(2, || {
        let lock = new();
        let writer = spawn(&lock, |lock| match lock.write_timeout(A_WHILE) {
            Some(guard) => {
                guard.add(1);
                1
            }
            None => 0,
        });
        let reader = spawn(&lock, |lock| lock.read().get());
        assert!(lock.read().get() <= 1);
        reader.join().unwrap();
        let n = writer.join().unwrap();
        assert_eq!(lock.read().get(), n);
        assert!(lock.try_write().is_some());
    });
}

#[test]
fn a_reader_gives_up() {
    model(2, || {
        let lock = new();
        let reader = spawn(&lock, |lock| {
            if let Some(guard) = lock.read_timeout(A_WHILE) {
                guard.get();
            }
        });
        let writer = spawn(&lock, |lock| lock.write().add(1));
        lock.write().add(1);
        reader.join().unwrap();
        writer.join().unwrap();
        assert_eq!(lock.read().get(), 2);
        assert!(lock.try_write().is_some());
    });
}

#[test]
fn tries_fail_or_exclude() {
    model(3, || {
        let lock = new();
        let other = spawn(&lock, |lock| {
            if let Some(guard) = lock.try_write() {
                guard.add(1);
            }
            if let Some(guard) = lock.try_read() {
                guard.get();
            }
        });
        lock.write().add(1);
        lock.read().get();
        other.join().unwrap();
        assert!((1..=2).contains(&lock.read().get()));
    });
}
