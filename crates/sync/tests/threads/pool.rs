use crate::SLOWER;
use gompa_sync::{Pool, pool};
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::SeqCst};
use std::thread;

#[test]
fn makes_what_is_not_there() {
    let made = AtomicUsize::new(0);
    let pool = Pool::new(|| made.fetch_add(1, SeqCst));
    assert_eq!(pool.take(), None);
    assert_eq!((pool.get(), pool.get()), (0, 1));
}

/// An unused thing survives one cycle and goes with the second.
#[test]
fn cycles_empty_it() {
    static POOL: Pool<Vec<u8>> = Pool::new(Vec::new);
    let alive = Arc::new(());
    let pool: Pool<Arc<()>> = Pool::new(Arc::default);
    POOL.put(vec![1]);
    for _ in 0..3 {
        pool.put(alive.clone());
    }
    assert_eq!(Arc::strong_count(&alive), 4);
    pool::cycle();
    assert_eq!(Arc::strong_count(&alive), 4, "old, but there");
    assert!(Arc::ptr_eq(&pool.get(), &alive));
    pool.put(alive.clone());
    pool::cycle();
    assert_eq!(
        Arc::strong_count(&alive),
        2,
        "what was put in since the last cycle"
    );
    pool::cycle();
    assert_eq!(Arc::strong_count(&alive), 1);
    drop(pool);
    pool::cycle();
    assert!(POOL.take().is_none());
}

#[test]
fn everything_is_dropped_once() {
    struct Counted(Arc<AtomicIsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_sub(1, SeqCst);
        }
    }
    let alive = Arc::new(AtomicIsize::new(0));
    let make = || {
        alive.fetch_add(1, SeqCst);
        Counted(alive.clone())
    };
    let pool = Pool::new(make);
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for i in 0..2000 / SLOWER {
                    let (one, other) = (pool.get(), pool.get());
                    pool.put(one);
                    if i % 3 != 0 {
                        pool.put(other);
                    }
                }
            });
        }
    });
    drop(pool);
    assert_eq!(alive.load(SeqCst), 0);
}
