//! Starting, joining, yielding, panicking, ending.

use gompa_sched::{
    Builder, Goexit, current, go, goexit, gomaxprocs, gosched, num_goroutine, release_stack, run,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[test]
fn results_come_back() {
    let sum = run(|| {
        let all: Vec<_> = (0..1000u64).map(|i| go(move || i * i)).collect();
        all.into_iter().map(|h| h.join().unwrap()).sum::<u64>()
    });
    assert_eq!(sum, (0..1000u64).map(|i| i * i).sum());
}

#[test]
fn a_panic_is_its_goroutines() {
    run(|| {
        let h = go(|| panic!("mine"));
        let e = h.join().unwrap_err();
        assert_eq!(e.downcast_ref::<&str>(), Some(&"mine"));
        assert_eq!(go(|| 5).join().unwrap(), 5);
    });
}

#[test]
fn the_main_goroutines_panic_leaves_run() {
    let e = std::panic::catch_unwind(|| run(|| panic!("out"))).unwrap_err();
    assert_eq!(e.downcast_ref::<&str>(), Some(&"out"));
}

#[test]
fn yielding_lets_all_progress() {
    for procs in [1, 2, 4] {
        let n = Builder::new().procs(procs).run(|| {
            let count = Arc::new(AtomicUsize::new(0));
            let all: Vec<_> = (0..100)
                .map(|_| {
                    let count = count.clone();
                    go(move || {
                        for _ in 0..100 {
                            count.fetch_add(1, SeqCst);
                            gosched();
                        }
                    })
                })
                .collect();
            for h in all {
                h.join().unwrap();
            }
            count.load(SeqCst)
        });
        assert_eq!(n, 10_000);
    }
}

#[test]
fn goexit_runs_destructors_and_joins_as_an_error() {
    struct Mark(Arc<AtomicUsize>);
    impl Drop for Mark {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    run(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let mark = Mark(dropped.clone());
        let h = go(move || {
            let _mark = mark;
            goexit()
        });
        assert!(h.join().map(|_: ()| ()).unwrap_err().is::<Goexit>());
        assert_eq!(dropped.load(SeqCst), 1);
    });
}

#[test]
fn goexit_on_a_plain_thread_is_an_error() {
    let e = std::panic::catch_unwind(|| goexit()).unwrap_err();
    assert_eq!(
        e.downcast_ref::<&str>(),
        Some(&"goexit outside of a goroutine")
    );
}

#[test]
fn ids_are_unique_and_known() {
    run(|| {
        let me = current().unwrap();
        let all: Vec<_> = (0..500).map(|_| go(|| current().unwrap())).collect();
        let mut ids: Vec<_> = all
            .into_iter()
            .map(|h| {
                let id = h.id();
                assert_eq!(h.join().unwrap(), id);
                id
            })
            .collect();
        ids.push(me);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 501);
    });
    assert_eq!(current(), None);
}

#[test]
fn a_plain_thread_starts_goroutines_in_the_default_runtime() {
    let h = go(|| {
        let inner = go(|| 1);
        inner.join().unwrap() + 1
    });
    assert_eq!(h.join().unwrap(), 2);
}

#[test]
fn joining_oneself_is_refused() {
    run(|| {
        let slot = Arc::new(std::sync::Mutex::new(None::<gompa_sched::JoinHandle<()>>));
        let theirs = slot.clone();
        let (tx, rx) = std::sync::mpsc::channel();
        let h = go(move || {
            loop {
                if let Some(me) = theirs.lock().unwrap().take() {
                    let e = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| me.join()));
                    tx.send(e.is_err()).unwrap();
                    return;
                }
                gosched();
            }
        });
        *slot.lock().unwrap() = Some(h);
        assert!(rx.recv().unwrap());
    });
}

#[test]
fn the_number_of_ps_changes_while_it_runs() {
    Builder::new().procs(2).run(|| {
        assert_eq!(gomaxprocs(0), 2);
        let stop = Arc::new(AtomicUsize::new(0));
        let all: Vec<_> = (0..8)
            .map(|_| {
                let stop = stop.clone();
                go(move || {
                    let mut n = 0u64;
                    while stop.load(SeqCst) == 0 {
                        n += 1;
                        gosched();
                    }
                    n
                })
            })
            .collect();
        for (n, before) in [(4, 2), (1, 4), (3, 1), (1, 3), (2, 1)] {
            assert_eq!(gomaxprocs(n), before);
            for _ in 0..200 {
                gosched();
            }
        }
        stop.store(1, SeqCst);
        // Which of them got how far is the operating system's business; that they ran is ours.
        assert!(all.into_iter().map(|h| h.join().unwrap()).sum::<u64>() > 0);
    });
}

#[test]
fn goroutines_are_counted() {
    run(|| {
        assert_eq!(num_goroutine(), 1);
        let stop = Arc::new(AtomicUsize::new(0));
        let all: Vec<_> = (0..10)
            .map(|_| {
                let stop = stop.clone();
                go(move || {
                    while stop.load(SeqCst) == 0 {
                        gosched();
                    }
                })
            })
            .collect();
        assert_eq!(num_goroutine(), 11);
        stop.store(1, SeqCst);
        for h in all {
            h.join().unwrap();
        }
    });
}

#[test]
fn nested_runs_work() {
    let n = run(|| {
        let inner = run(|| go(|| 20).join().unwrap());
        inner + Builder::new().procs(1).run(|| 1)
    });
    assert_eq!(n, 21);
}

#[test]
fn more_than_a_ring_holds() {
    let n = Builder::new().procs(1).run(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let all: Vec<_> = (0..10_000)
            .map(|_| {
                let count = count.clone();
                go(move || {
                    count.fetch_add(1, SeqCst);
                })
            })
            .collect();
        for h in all {
            h.join().unwrap();
        }
        count.load(SeqCst)
    });
    assert_eq!(n, 10_000);
}

/// What deep calls have left goes; what is in use stays.
#[test]
fn a_stack_is_released_below_what_is_in_use() {
    const DEEP: usize = 100;

    /// So many frames of more than half a KiB; at the bottom the stack is released, or not.
    #[inline(never)]
    fn down(depth: usize, release: bool) -> usize {
        let frame = std::hint::black_box([depth as u8; 600]);
        if depth > 0 {
            let below = down(depth - 1, release);
            assert!(frame.iter().all(|b| *b == depth as u8), "{depth}");
            return below;
        }
        if release {
            release_stack();
        }
        &raw const frame as usize
    }

    /// Whether the page at this address is in memory.
    fn is_resident(address: usize) -> bool {
        let mut there = [0_u8];
        // SAFETY: asks about a page that is mapped, and has room for the answer.
        let result =
            unsafe { libc::mincore((address & !4095) as *mut _, 4096, there.as_mut_ptr()) };
        assert_eq!(result, 0);
        there[0] & 1 == 1
    }

    release_stack();
    go(|| {
        let deepest = down(DEEP, false);
        assert!(is_resident(deepest));
        release_stack();
        assert!(!is_resident(deepest), "it has been given back");
        // In the midst of deep calls, and again where pages come back empty.
        down(DEEP, true);
        down(DEEP, false);
    })
    .join()
    .unwrap();
}
