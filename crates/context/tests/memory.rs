//! What contexts leave behind, and what they allocate: counted by an allocator of this program's own.
#![cfg(not(loom))]

use gompa_context::{
    self as context, Context, Error, background, with_cancel, with_timeout, with_value,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3600);

struct Counting;

/// Of the process: for what other threads free.
static LIVE: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    /// Of this thread, which the test harness does not disturb: bytes, their peak, allocations.
    static OURS: Cell<(isize, isize, usize)> = const { Cell::new((0, 0, 0)) };
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (live, peak, calls) = OURS.get();
        let live = live + layout.size() as isize;
        OURS.set((live, peak.max(live), calls + 1));
        LIVE.fetch_add(layout.size() as isize, Relaxed);
        // SAFETY: the caller's duties.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        let (live, peak, calls) = OURS.get();
        OURS.set((live - layout.size() as isize, peak, calls));
        LIVE.fetch_sub(layout.size() as isize, Relaxed);
        // SAFETY: the caller's duties.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static GLOBAL: Counting = Counting;

/// One test at a time uses the process's timers.
static ALONE: Mutex<()> = Mutex::new(());

/// The bytes that `f` leaves allocated by this thread, and the most it has had.
fn left_by(f: impl FnOnce()) -> (isize, isize) {
    let (before, _, calls) = OURS.get();
    OURS.set((before, before, calls));
    f();
    let (after, peak, _) = OURS.get();
    (after - before, peak - before)
}

/// How often `f` allocates.
fn allocations(f: impl FnOnce()) -> usize {
    let before = OURS.get().2;
    f();
    OURS.get().2 - before
}

/// A million children of a parent that lives on, each of which ends in its own way.
#[test]
fn a_million_short_lived_children_leave_nothing() {
    let _alone = ALONE.lock();
    let (parent, _cancel) = with_cancel(&background());
    let child = |i: usize, parent: &Context| match i % 5 {
        0 => drop(with_cancel(parent)),
        1 => with_cancel(parent).1.cancel(),
        2 => {
            let (ctx, cancel) = with_cancel(&with_value(parent, i, i));
            drop((ctx.done().clone(), cancel.guard()));
        }
        3 => {
            let stop = context::after_func(parent, || unreachable!("called off"));
            assert!(stop.stop());
        }
        _ => {
            let (ctx, cancel) = with_cancel(parent);
            let (below, _below) = with_cancel(&ctx);
            drop((ctx, cancel));
            assert_eq!(below.err(), None);
        }
    };
    (0..100).for_each(|i| child(i, &parent)); // what is made once
    let (left, peak) = left_by(|| (0..1_000_000).for_each(|i| child(i, &parent)));
    assert_eq!(left, 0);
    assert!(peak < 4096, "{peak} bytes at a time");
    assert_eq!(parent.err(), None);
}

/// With a deadline an hour off each; their timers are stopped, and swept.
#[test]
fn children_with_deadlines_leave_nothing() {
    let _alone = ALONE.lock();
    let (parent, _cancel) = with_timeout(&background(), HOUR);
    let late = || std::io::Error::other("late");
    let child = |i: usize| match i % 3 {
        0 => drop(with_timeout(&parent, HOUR / 2)),
        1 => with_timeout(&parent, HOUR / 2).1.cancel(),
        _ => drop(context::with_timeout_cause(&parent, HOUR / 2, late())),
    };
    (0..1000).for_each(child);
    // Of the process: the timers' thread may be who sweeps.
    let before = LIVE.load(Relaxed);
    (0..300_000).for_each(child);
    let left = || LIVE.load(Relaxed) - before;
    // Stopped timers stay in the heap until a quarter of it are such and somebody comes by. The
    // harness prints meanwhile.
    let begun = Instant::now();
    while left() > 128 << 10 {
        assert!(begun.elapsed() < HOUR / 60, "{} bytes", left());
        child(0);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn asking_allocates_nothing() {
    let _alone = ALONE.lock();
    let (root, cancel) = with_cancel(&background());
    let (ctx, _below) = with_cancel(&with_value(&root, "key", 1));
    let _ = ctx.done();
    let ask = |ctx: &Context| {
        black_box((
            ctx.err(),
            ctx.done(),
            ctx.deadline(),
            ctx.value::<&str, i32>(&"key"),
        ));
    };
    assert_eq!(allocations(|| ask(&ctx)), 0);
    assert_eq!(allocations(|| cancel.cancel()), 0);
    black_box(ctx.cause()); // made once for the process
    assert_eq!(allocations(|| ask(&ctx)), 0);
    assert_eq!(allocations(|| drop(black_box(ctx.cause()))), 0);
    assert_eq!(ctx.err(), Some(Error::Canceled));
    // Asked for the first time after the end: one channel for all.
    let (late, cancel) = with_cancel(&background());
    cancel.cancel();
    black_box(late.done());
    let (late, cancel) = with_cancel(&background());
    assert_eq!(allocations(|| cancel.cancel()), 0);
    assert_eq!(allocations(|| assert!(late.done().try_recv().is_err())), 0);
}

#[test]
fn what_the_others_allocate() {
    let _alone = ALONE.lock();
    let (root, _cancel) = with_cancel(&background());
    drop(with_timeout(&root, HOUR)); // the heap
    let of = |f: &dyn Fn()| allocations(f);
    assert_eq!(of(&|| drop(with_cancel(&root))), 1);
    assert_eq!(of(&|| assert!(!with_cancel(&root).0.done().is_closed())), 2);
    assert_eq!(of(&|| drop(with_value(&root, 1, 1))), 2);
    // Go needs twelve at most.
    let timed = of(&|| with_timeout(&root, HOUR).1.cancel());
    assert!(timed <= 5, "{timed}");
}

#[test]
fn waits_under_a_context_allocate_nothing() {
    use gompa_chan as chan;
    use gompa_context::{RecvExt, SendExt};
    let _alone = ALONE.lock();
    let (ctx, cancel) = with_cancel(&background());
    let ch = chan::make(1);
    let spent = allocations(|| {
        for n in 0..100 {
            ch.send_ctx(&ctx, n).unwrap();
            assert_eq!(ch.recv_ctx(&ctx), Ok(n));
        }
        let brief = Duration::from_micros(1);
        context::sleep_ctx(&ctx, brief).unwrap();
        ctx.run(|| ch.recv_timeout(brief).unwrap_err());
        cancel.cancel();
        assert!(ch.recv_ctx(&ctx).is_err());
    });
    assert_eq!(spent, 0);
}
