//! The packet: closure and result are used and dropped exactly once, whoever comes first.

use super::task::{self, Promise, Task};
use gompa_park::sync::Arc;
use gompa_park::sync::atomic::AtomicUsize;
use gompa_park::sync::atomic::Ordering::Relaxed;

/// Counts its drops.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// A task whose closure holds one counted value and whose result is another; and how many of both
/// have been dropped.
fn packet() -> (Task, Promise<Counted>, Arc<AtomicUsize>) {
    let drops = Arc::new(AtomicUsize::new(0));
    let (held, result) = (Counted(drops.clone()), Counted(drops.clone()));
    // SAFETY: the closure borrows nothing.
    let (task, promise) = unsafe {
        task::new(move || {
            drop(held);
            result
        })
    };
    (task, promise, drops)
}

#[cfg(not(loom))]
mod plain {
    use super::*;

    #[test]
    fn a_result_is_taken() {
        let (task, promise, drops) = packet();
        assert!(!promise.is_done());
        assert!(!task.run().finish());
        assert!(promise.is_done());
        let result = promise.join().ok().unwrap();
        assert_eq!(drops.load(Relaxed), 1);
        drop(result);
        assert_eq!(drops.load(Relaxed), 2);
    }

    #[test]
    fn a_result_that_nobody_takes_is_dropped() {
        let (task, promise, drops) = packet();
        drop(promise);
        assert!(task.run().finish(), "dropped here");
        assert_eq!(drops.load(Relaxed), 2);

        let (task, promise, drops) = packet();
        assert!(!task.run().finish());
        drop(promise);
        assert_eq!(drops.load(Relaxed), 2);

        let (task, promise, drops) = packet();
        drop(promise);
        let mut done = task.run();
        done.drop_unwanted();
        assert_eq!(drops.load(Relaxed), 2, "before it is finished");
        assert!(!done.finish());
        assert_eq!(drops.load(Relaxed), 2);
    }

    #[test]
    fn a_result_that_somebody_wants_stays() {
        let (task, promise, drops) = packet();
        let mut done = task.run();
        done.drop_unwanted();
        assert_eq!(drops.load(Relaxed), 1);
        assert!(!done.finish());
        drop(promise.join());
        assert_eq!(drops.load(Relaxed), 2);
    }

    #[test]
    fn what_is_cancelled_has_not_run() {
        let (task, promise, drops) = packet();
        assert!(!task.cancel(Box::new("why")).finish());
        assert_eq!(drops.load(Relaxed), 2);
        let why = promise.join().err().unwrap();
        assert_eq!(why.downcast_ref::<&str>(), Some(&"why"));
    }

    #[test]
    fn hostile_destructors_stop_nothing() {
        struct Hostile(Arc<AtomicUsize>);
        impl Drop for Hostile {
            fn drop(&mut self) {
                self.0.fetch_add(1, Relaxed);
                panic!("in a destructor");
            }
        }
        let drops = Arc::new(AtomicUsize::new(0));
        let hostile = Hostile(drops.clone());
        // SAFETY: borrows nothing.
        let (task, promise) = unsafe { task::new(move || hostile) };
        drop(promise);
        assert!(task.run().finish());
        assert_eq!(drops.load(Relaxed), 1);

        let hostile = Hostile(drops.clone());
        // SAFETY: borrows nothing.
        let (task, promise) = unsafe { task::new(move || drop(hostile)) };
        assert!(!task.cancel(Box::new("why")).finish());
        let why = promise.join().err().unwrap();
        assert_eq!(why.downcast_ref::<&str>(), Some(&"in a destructor"));
        assert_eq!(drops.load(Relaxed), 2);
    }
}

#[cfg(loom)]
mod model {
    use super::*;
    use gompa_park::sync::thread;

    /// Runs the task elsewhere.
    fn goroutine(task: Task) -> thread::JoinHandle<()> {
        thread::spawn(move || {
            let mut done = task.run();
            done.drop_unwanted();
            done.finish();
        })
    }

    #[test]
    fn end_against_join() {
        loom::model(|| {
            let (task, promise, drops) = packet();
            let goroutine = goroutine(task);
            let result = promise.join();
            assert_eq!(drops.load(Relaxed), 1);
            drop(result);
            goroutine.join().unwrap();
            assert_eq!(drops.load(Relaxed), 2);
        });
    }

    #[test]
    fn end_against_detaching() {
        loom::model(|| {
            let (task, promise, drops) = packet();
            let goroutine = goroutine(task);
            drop(promise);
            goroutine.join().unwrap();
            assert_eq!(drops.load(Relaxed), 2);
        });
    }

    #[test]
    fn end_against_a_look_and_a_join_elsewhere() {
        loom::model(|| {
            let (task, promise, drops) = packet();
            let goroutine = goroutine(task);
            let joiner = thread::spawn(move || {
                if promise.is_done() {
                    drop(promise.join());
                } else {
                    drop(promise);
                }
            });
            goroutine.join().unwrap();
            joiner.join().unwrap();
            assert_eq!(drops.load(Relaxed), 2);
        });
    }

    #[test]
    fn cancelling_against_join() {
        loom::model(|| {
            let (task, promise, drops) = packet();
            let goroutine = thread::spawn(move || task.cancel(Box::new(1)).finish());
            assert!(promise.join().is_err());
            assert!(!goroutine.join().unwrap());
            assert_eq!(drops.load(Relaxed), 2);
        });
    }
}
