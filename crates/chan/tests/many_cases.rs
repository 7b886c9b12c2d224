//! Selects of many cases; and what selects and operations allocate.
#![cfg(not(loom))]

mod common;

use common::{Recorder, hosted, panic_text};
use gompa_chan::{self as chan, Chan, Select, select};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

/// The system's allocator, counting what this thread asks of it.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: it is the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's duties are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(f: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    f();
    ALLOCATIONS.get() - before
}

#[test]
fn no_allocation_but_for_the_channel() {
    let made = allocations(|| drop(chan::make::<[u64; 4]>(100)));
    assert_eq!(made, 1);
    let chans: Vec<Chan<[u64; 4]>> = (0..8).map(|_| chan::make(1)).collect();
    let ch = chans[0].clone();
    let recorder = Recorder {
        on_park: Some(Box::new({
            let ch = ch.clone();
            // Whoever waits is served: receivers with a value, senders by taking theirs.
            move || match ch.try_recv() {
                Ok(_) => {}
                Err(_) => ch.try_send([1; 4]).unwrap(),
            }
        })),
        ..Recorder::default()
    };
    recorder.reasons.lock().unwrap().reserve(100);
    hosted(&recorder, || {
        let made = allocations(|| {
            for _ in 0..3 {
                // Waiting for a value, then for room.
                assert!(ch.recv().is_some());
                ch.send([2; 4]);
                ch.send([3; 4]);
                assert!(ch.clone().receiver().try_recv().is_ok());
            }
        });
        assert_eq!(made, 0, "plain operations");
        let made = allocations(|| {
            for _ in 0..3 {
                select! {
                    recv(chans[0]) => {}
                    recv(chans[1]) => {}
                    recv(chans[2]) => {}
                    default(Duration::from_secs(60)) => panic!(),
                }
                let mut select = Select::new();
                for c in &chans {
                    select.recv(c);
                }
                assert!(select.try_select().is_err());
                let op = select.select();
                assert_eq!(op.index(), 0);
                assert!(op.recv(&chans[0]).is_some());
            }
        });
        assert_eq!(made, 0, "selects of up to 8 cases");
    });
}

#[test]
fn sixty_five_thousand_cases() {
    let chans: Vec<Chan<u32>> = (0..65_536).map(|_| chan::make(1)).collect();
    let mut select = Select::new();
    for c in &chans {
        select.recv(c);
    }
    assert_eq!(
        panic_text(|| select.recv(&chans[0])),
        "too many cases in a select (max 65536)"
    );
    assert!(select.try_select().is_err());
    let start = Instant::now();
    for i in [65_535, 0, 40_000] {
        chans[i].send(7);
        let op = select.select();
        assert_eq!((op.index(), op.recv(&chans[i])), (i, Some(7)));
        // Waiting, for something that comes and for something that does not.
        thread::scope(|s| {
            s.spawn(|| {
                while !format!("{:?}", chans[i]).contains("receivers_waiting: 1") {
                    thread::yield_now();
                }
                chans[i].send(8);
            });
            let op = select.select();
            assert_eq!((op.index(), op.recv(&chans[i])), (i, Some(8)));
        });
        assert!(select.select_timeout(Duration::from_millis(1)).is_err());
    }
    // Some hundred milliseconds; were it quadratic, minutes.
    assert!(start.elapsed() < Duration::from_secs(20));
    // No residue: nobody waits anywhere.
    for c in &chans {
        assert!(format!("{c:?}").ends_with("senders_waiting: 0, receivers_waiting: 0 }"));
    }
}

#[test]
fn cases_come_and_go() {
    let chans: Vec<Chan<usize>> = (0..20).map(|_| chan::make(1)).collect();
    for (i, c) in chans.iter().enumerate() {
        c.send(i);
    }
    let mut select = Select::new();
    let mut left: Vec<usize> = chans.iter().map(|c| select.recv(c)).collect();
    while !left.is_empty() {
        let op = select.select();
        let i = op.index();
        assert_eq!(op.recv(&chans[i]), Some(i));
        left.retain(|l| *l != i);
        select.remove(i);
        chans[i].send(i); // would be ready again
    }
    assert!(select.try_select().is_err());
    assert_eq!(select.send(&chans[0]), 20);
    assert!(select.try_select().is_err());
    assert_eq!(
        panic_text(|| select.remove(21)),
        "no such case in this select"
    );
}

#[test]
fn no_case_at_all() {
    let nil = Chan::<u8>::nil();
    let mut select = Select::default();
    assert!(select.try_select().is_err());
    assert!(select.select_timeout(Duration::from_millis(1)).is_err());
    select.recv(&nil);
    select.send(&nil);
    assert!(select.try_select().is_err());
    let start = Instant::now();
    assert!(select.select_timeout(Duration::from_millis(5)).is_err());
    assert!(start.elapsed() >= Duration::from_millis(5));
    assert!(select.select_deadline(start).is_err());
}
