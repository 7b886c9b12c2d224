//! Waits with deadlines, as a scheduler's goroutines have them, at times of our own making.
#![cfg(not(loom))]

use gompa_park::time::{NEVER, Nanos};
use gompa_park::timer::{Timer, Timers, WaitTimer};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

/// Something that waits. Leaked: entries outlive waits.
#[repr(C)]
struct Sleeper {
    timer: WaitTimer,
    /// The number of the last wait.
    seq: AtomicU32,
    /// How often a deadline ended one.
    fired: AtomicU32,
}

unsafe fn fire(target: NonNull<WaitTimer>, seq: u32) {
    // SAFETY: every target here is the first field of a leaked Sleeper.
    let sleeper = unsafe { target.cast::<Sleeper>().as_ref() };
    if sleeper.seq.load(SeqCst) == seq {
        sleeper.fired.fetch_add(1, SeqCst);
    }
}

impl Sleeper {
    fn leaked() -> &'static Sleeper {
        Box::leak(Box::new(Sleeper {
            // SAFETY: `fire` tells present waits from past ones.
            timer: unsafe { WaitTimer::new(fire) },
            seq: AtomicU32::new(0),
            fired: AtomicU32::new(0),
        }))
    }

    fn wait(&'static self, heap: &Timers, when: Nanos) -> bool {
        let seq = self.seq.fetch_add(1, SeqCst).wrapping_add(1);
        // SAFETY: 1. leaked. 2. each test's sleepers are used by one thread.
        unsafe { heap.insert_wait(when, NonNull::from(self).cast(), seq) }
    }

    fn end(&self, heap: &Timers) {
        self.seq.fetch_add(1, SeqCst);
        heap.note_dead_wait(&self.timer);
    }

    fn fired(&self) -> u32 {
        self.fired.load(SeqCst)
    }
}

#[test]
fn a_deadline_ends_its_wait() {
    let heap = Timers::new(|_| panic!("waits tell by their return value"));
    let (a, b) = (Sleeper::leaked(), Sleeper::leaked());
    assert!(a.wait(&heap, 100));
    assert!(!b.wait(&heap, 200));
    assert_eq!((heap.next(), heap.len()), (100, 2));
    assert_eq!(heap.run(99), 0);
    assert_eq!(heap.run(100), 1);
    assert_eq!((a.fired(), b.fired()), (1, 0));
    assert!(a.wait(&heap, 150));
    assert_eq!(heap.run(300), 2);
    assert_eq!((a.fired(), b.fired()), (2, 1));
    assert_eq!(heap.next(), NEVER);
}

#[test]
fn a_wait_that_ended_early_is_not_fired() {
    let heap = Timers::new(|_| {});
    let a = Sleeper::leaked();
    a.wait(&heap, 100);
    a.end(&heap);
    a.wait(&heap, 200);
    assert_eq!(heap.run(100), 0);
    assert_eq!(heap.run(200), 1);
    assert_eq!(a.fired(), 1);
}

#[test]
fn one_deadline_for_many_waits() {
    let heap = Timers::new(|_| {});
    let a = Sleeper::leaked();
    for _ in 0..1000 {
        a.wait(&heap, 100);
        a.end(&heap);
    }
    a.wait(&heap, 100);
    assert!(heap.len() < 10, "dead entries of the same time are found");
    heap.run(100);
    assert_eq!(a.fired(), 1);
    assert!(heap.is_empty());
}

#[test]
fn a_sequence_number_that_comes_round_fires_nothing_early() {
    let heap = Timers::new(|_| {});
    let (a, others) = (Sleeper::leaked(), [(); 9].map(|()| Sleeper::leaked()));
    for other in others {
        other.wait(&heap, 1_000_000);
    }
    a.seq.store(7, SeqCst);
    a.wait(&heap, 100);
    a.end(&heap);
    // The entry's tag has room for fewer bits than this.
    a.seq.store(7 | 1 << 31, SeqCst);
    a.wait(&heap, 200);
    assert_eq!(heap.run(150), 0);
    assert_eq!(heap.run(200), 1);
    assert_eq!(a.fired(), 1);
}

#[test]
fn dead_waits_do_not_pile_up() {
    let heap = Timers::new(|_| {});
    let sleepers: Vec<_> = (0..100).map(|_| Sleeper::leaked()).collect();
    let busy = Sleeper::leaked();
    for (i, sleeper) in sleepers.iter().enumerate() {
        sleeper.wait(&heap, 1_000_000 + 1_000 * i as Nanos);
    }
    for i in 0..100_000 {
        busy.wait(&heap, 1_000_000 + i);
        busy.end(&heap);
        // As a scheduler does after each park.
        assert_eq!(heap.run(1), 0);
        assert!(heap.len() <= 100 + 100 / 4 + 3);
    }
    assert_eq!(heap.run(NEVER - 1), 100);
    assert!(heap.is_empty() && sleepers.iter().all(|s| s.fired() == 1));
}

#[test]
fn a_retiring_p_hands_its_waits_on_and_a_runtime_that_ends_forgets_them() {
    let (first, second, last) = (
        Arc::new(Timers::new(|_| {})),
        Arc::new(Timers::new(|_| {})),
        Arc::new(Timers::new(|_| {})),
    );
    let (a, b) = (Sleeper::leaked(), Sleeper::leaked());
    a.wait(&first, 100);
    b.wait(&first, 200);
    b.end(&first);
    let timer = Timer::new(|_| {});
    timer.reset_in(&first, 300, None);
    first.move_all_to(&second);
    assert_eq!((first.len(), second.len(), second.next()), (0, 2, 100));
    second.move_timers_to(&last);
    assert_eq!((second.len(), last.len(), last.next()), (0, 1, 300));
    assert_eq!(last.run(300), 1);
    assert_eq!(a.fired(), 0);
    a.wait(&last, 100);
    last.move_timers_to_fallback();
    assert!(last.is_empty());
    assert!(!gompa_park::timer::fallback_started(), "nobody needs it");
    timer.reset_in(&last, 300, None);
    last.move_timers_to_fallback();
    assert!(last.is_empty() && gompa_park::timer::fallback_started());
    // Long due: its thread fires it.
    while timer.when().is_some() {
        std::thread::yield_now();
    }
}

#[test]
fn a_million_waits_come_out_in_order() {
    const N: usize = if cfg!(debug_assertions) {
        50_000
    } else {
        1_000_000
    };
    let heap = Timers::new(|_| {});
    let sleepers: &'static [Sleeper] = Vec::leak(
        (0..N)
            .map(|_| Sleeper {
                // SAFETY: as above.
                timer: unsafe { WaitTimer::new(fire) },
                seq: AtomicU32::new(0),
                fired: AtomicU32::new(0),
            })
            .collect(),
    );
    let mut x = 42_u64;
    let mut deadlines: Vec<Nanos> = Vec::new();
    for sleeper in sleepers {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        deadlines.push(1 + x % 1000);
        sleeper.wait(&heap, 1 + x % 1000);
    }
    for now in 1..=1000 {
        let due = heap.run(now);
        assert_eq!(due, deadlines.iter().filter(|&&d| d == now).count());
    }
    assert!(sleepers.iter().all(|s| s.fired() == 1));
}
