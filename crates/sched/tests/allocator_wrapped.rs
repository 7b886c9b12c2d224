//! A global allocator of the program's choice, wrapped.

use gompa_sched::alloc::{Allocator, is_installed};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// Counts in a thread-local, as others keep their caches, how many of its blocks live, and counts
/// the threads it has seen.
struct PerThread;

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static KNOWN: Cell<bool> = const { Cell::new(false) };
}

fn count_thread() {
    if !KNOWN.replace(true) {
        THREADS.fetch_add(1, Relaxed);
    }
}

// SAFETY: System's.
unsafe impl GlobalAlloc for PerThread {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_thread();
        // SAFETY: the caller's duties.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count_thread();
        // SAFETY: the caller's duties.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static GLOBAL: Allocator<PerThread> = Allocator::over(PerThread);

#[test]
fn it_sees_threads_and_no_goroutines() {
    const GOROUTINES: usize = 2000;
    let sum = gompa_sched::Builder::new().procs(2).run(|| {
        let all: Vec<_> = (0..GOROUTINES)
            .map(|i| {
                gompa_sched::go(move || {
                    let small = Box::new([i; 10]);
                    gompa_sched::gosched();
                    let large = vec![i; 10_000];
                    gompa_sched::gosched();
                    small[9] + large[9_999]
                })
            })
            .collect();
        all.into_iter().map(|g| g.join().unwrap()).sum::<usize>()
    });
    assert_eq!(sum, GOROUTINES * (GOROUTINES - 1));
    assert!(is_installed());
    let threads = THREADS.load(Relaxed);
    assert!(
        threads < 200,
        "{threads} threads seen by the inner allocator"
    );
}
