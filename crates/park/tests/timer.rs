//! Timers at times of our own making: nothing here depends on a clock.
#![cfg(not(loom))]

use gompa_park::time::{NEVER, Nanos};
use gompa_park::timer::{Timer, Timers};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

type Log = Arc<Mutex<Vec<(Nanos, Nanos)>>>;

/// A timer that notes when it was due and when it ran.
fn logged() -> (Timer, Log) {
    let log = Log::default();
    let ours = log.clone();
    let timer = Timer::new(move |fired| ours.lock().unwrap().push((fired.when, fired.now)));
    (timer, log)
}

fn heap() -> Arc<Timers> {
    Arc::new(Timers::new(|_| {}))
}

fn log_of(log: &Log) -> Vec<(Nanos, Nanos)> {
    log.lock().unwrap().clone()
}

#[test]
fn fires_once_at_its_time() {
    let heap = heap();
    let (timer, log) = logged();
    assert_eq!(heap.next(), NEVER);
    assert!(!timer.reset_in(&heap, 100, None));
    assert_eq!((heap.next(), heap.len()), (100, 1));
    assert_eq!(timer.when(), Some(100));
    assert_eq!(heap.run(99), 0);
    assert_eq!(heap.run(105), 1);
    assert_eq!(heap.run(1000), 0);
    assert_eq!(log_of(&log), [(100, 105)]);
    assert!(heap.is_empty() && timer.when().is_none());
    assert!(!timer.stop());
    assert!(!timer.reset_in(&heap, 2000, None), "it had fired");
    assert_eq!(heap.run(2000), 1);
}

#[test]
fn stop_says_whether_it_was_in_time() {
    let heap = heap();
    let (timer, log) = logged();
    assert!(!timer.stop());
    timer.reset_in(&heap, 100, None);
    assert!(timer.stop());
    assert!(!timer.stop());
    assert_eq!(heap.run(1000), 0);
    assert_eq!(log_of(&log), []);
    assert!(heap.is_empty());
}

#[test]
fn a_reset_moves_it_both_ways() {
    let heap = heap();
    let (timer, log) = logged();
    timer.reset_in(&heap, 100, None);
    assert!(timer.reset_in(&heap, 200, None));
    assert_eq!(heap.next(), 100, "postponing does not touch the heap");
    assert_eq!(heap.run(150), 0);
    assert_eq!(heap.next(), 200);
    assert!(timer.reset_in(&heap, 170, None));
    assert_eq!(heap.next(), 170);
    assert_eq!(heap.run(300), 1);
    assert_eq!(log_of(&log), [(170, 300)]);
    assert!(heap.is_empty(), "nothing is left of the abandoned entry");
}

#[test]
fn a_stopped_timer_lives_again_where_it_lies() {
    let heap = heap();
    let (timer, log) = logged();
    let (other, _) = logged();
    for when in 1..10 {
        other.reset_in(&heap, 10_000 + when, None);
    }
    timer.reset_in(&heap, 100, None);
    timer.stop();
    assert!(!timer.reset_in(&heap, 150, None));
    assert_eq!(heap.run(149), 0);
    assert_eq!(heap.run(150), 1);
    assert_eq!(log_of(&log), [(150, 150)]);
}

#[test]
fn a_period_keeps_step_and_skips_what_was_missed() {
    let heap = heap();
    let (timer, log) = logged();
    timer.reset_in(&heap, 100, Some(10));
    heap.run(100);
    heap.run(109);
    heap.run(110);
    heap.run(155);
    assert_eq!(heap.next(), 160);
    assert!(timer.stop());
    heap.run(1000);
    assert_eq!(log_of(&log), [(100, 100), (110, 110), (120, 155)]);
}

#[test]
fn a_period_past_the_end_of_time_waits_for_it() {
    let heap = heap();
    let (timer, _) = logged();
    timer.reset_in(&heap, 100, Some(NEVER));
    assert_eq!(heap.run(100), 1);
    assert_eq!(heap.run(NEVER - 2), 0);
    assert!(timer.stop());
    timer.reset_in(&heap, NEVER, None);
    assert_eq!(heap.run(NEVER - 2), 0);
    assert!(timer.stop(), "NEVER is pending, as in Go");
}

#[test]
fn a_callback_may_use_its_own_timer() {
    let heap = heap();
    let slot = Arc::new(Mutex::new(None::<Timer>));
    let (count, mine, ours) = (Arc::new(AtomicUsize::new(0)), heap.clone(), slot.clone());
    let calls = count.clone();
    let timer = Timer::new(move |fired| {
        let timer = mine_timer(&ours);
        match calls.fetch_add(1, SeqCst) {
            0 => assert!(!timer.reset_in(&mine, fired.now + 5, Some(5))),
            1 => assert!(timer.stop()),
            n => panic!("call {n} of a stopped timer"),
        }
        assert!(!fired.is_current());
    });
    *slot.lock().unwrap() = Some(timer.clone());
    timer.reset_in(&heap, 10, None);
    assert_eq!(heap.run(10), 1);
    assert_eq!(heap.run(15), 1);
    assert_eq!(heap.run(100), 0);
    assert_eq!(count.load(SeqCst), 2);
    *slot.lock().unwrap() = None;
}

fn mine_timer(slot: &Mutex<Option<Timer>>) -> Timer {
    slot.lock().unwrap().clone().expect("set before the start")
}

#[test]
fn tells_who_sleeps_only_of_earlier_times() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let ours = told.clone();
    let heap = Arc::new(Timers::new(move |when| ours.lock().unwrap().push(when)));
    let (a, _) = logged();
    let (b, _) = logged();
    a.reset_in(&heap, 100, None);
    b.reset_in(&heap, 200, None);
    b.reset_in(&heap, 300, None);
    a.reset_in(&heap, 150, None);
    b.reset_in(&heap, 50, None);
    assert_eq!(*told.lock().unwrap(), [100, 50]);
    // A periodic timer was out of the heap while it fired: somebody may have missed it.
    told.lock().unwrap().clear();
    a.stop();
    b.stop();
    let (c, _) = logged();
    c.reset_in(&heap, 400, Some(10));
    heap.run(400);
    assert_eq!(told.lock().unwrap().last(), Some(&410));
}

#[test]
fn what_is_dropped_is_freed_by_a_sweep() {
    let heap = heap();
    let captured = Arc::new(());
    for i in 0..100 {
        let held = captured.clone();
        let timer = Timer::new(move |_| drop(held.clone()));
        timer.reset_in(&heap, 1_000_000 + i, None);
        timer.stop();
    }
    assert!(
        Arc::strong_count(&captured) < 5,
        "stopped timers are swept as others come"
    );
    heap.sweep();
    assert_eq!(Arc::strong_count(&captured), 1);
    assert!(heap.is_empty());
}

#[test]
fn a_dropped_handle_does_not_stop_its_timer() {
    let heap = heap();
    let (timer, log) = logged();
    timer.reset_in(&heap, 100, None);
    drop(timer);
    assert_eq!(heap.run(100), 1);
    assert_eq!(log_of(&log).len(), 1);
    assert_eq!(Arc::strong_count(&log), 1, "fired, and freed");
}

#[test]
fn destructors_of_swept_timers_may_use_timers() {
    struct Nasty(Timer, Arc<Timers>);
    impl Drop for Nasty {
        fn drop(&mut self) {
            self.0.stop();
            self.0.reset_in(&self.1, 77, None);
        }
    }
    let heap = heap();
    let (victim, log) = logged();
    for _ in 0..20 {
        let nasty = Nasty(victim.clone(), heap.clone());
        let timer = Timer::new(move |_| assert!(nasty.0.when().is_none()));
        timer.reset_in(&heap, 1_000, None);
        timer.stop();
        // The sweep happens while this one's lock is held.
        victim.reset_in(&heap, 500, None);
    }
    heap.sweep();
    assert_eq!(heap.run(77), 1);
    assert_eq!(log_of(&log), [(77, 77)]);
    victim.stop();
    heap.sweep();
}

#[test]
fn moved_timers_are_stopped_and_reset_where_they_are() {
    let (from, to) = (heap(), heap());
    let timers: Vec<_> = (0..4).map(|_| logged()).collect();
    for (i, (timer, _)) in timers.iter().enumerate() {
        timer.reset_in(&from, 100 + i as Nanos, None);
    }
    timers[0].0.stop();
    timers[1].0.reset_in(&from, 50, None);
    timers[2].0.reset_in(&from, 500, None);
    from.move_all_to(&to);
    assert!(from.is_empty() && from.next() == NEVER);
    assert_eq!((to.next(), to.len()), (50, 3));
    assert!(timers[3].0.stop());
    assert_eq!(to.run(499), 1);
    assert!(timers[2].0.stop());
    to.sweep();
    assert!(to.is_empty());
    let counts: Vec<_> = timers.iter().map(|t| log_of(&t.1).len()).collect();
    assert_eq!(counts, [0, 1, 0, 0]);
    from.move_all_to(&from);
}

#[test]
fn the_fallback_thread_fires_for_plain_threads() {
    let (tx, rx) = std::sync::mpsc::channel();
    let tx = Mutex::new(tx);
    let timer = Timer::new(move |fired| tx.lock().unwrap().send(fired.when).unwrap());
    let at = gompa_park::time::now() + 5_000_000;
    // Much later first: the thread must wake for the earlier one.
    timer.start(at + 3_600_000_000_000, None);
    timer.start(at, Some(1_000_000));
    assert_eq!(rx.recv(), Ok(at));
    assert!(gompa_park::time::now() >= at);
    assert!(rx.recv().unwrap() > at);
    assert!(gompa_park::timer::fallback_pending());
    assert!(timer.stop());
}

#[test]
fn a_panicking_callback_ends_the_process() {
    if std::env::var_os("GOMPA_TEST_PANICS").is_some() {
        let heap = heap();
        let timer = Timer::new(|_| panic!("from the callback"));
        timer.reset_in(&heap, 1, None);
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| heap.run(1)));
        std::process::exit(0);
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_panicking_callback_ends_the_process",
            "--nocapture",
        ])
        .env("GOMPA_TEST_PANICS", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.status.code().is_none());
    assert!(text.contains("from the callback") && text.contains("a timer's callback panicked"));
}
