//! Timers' channels as plain threads see them: waiting, stopping and resetting meanwhile, going.
#![cfg(not(loom))]

use gompa_chan::time::{Duration, Instant, Ticker, Timer, after, after_func, sleep, tick};
use gompa_chan::{RecvTimeoutError, TryRecvError, channel};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::thread;

const HOUR: Duration = Duration::from_secs(3600);
const MS: Duration = Duration::from_millis(1);

/// Long enough for anything that happens at all.
const LONG: Duration = Duration::from_secs(30);

#[test]
fn sleep_takes_its_time() {
    let begin = Instant::now();
    sleep(20 * MS);
    assert!(begin.elapsed() >= 20 * MS);
}

#[test]
fn a_waiting_receiver_gets_the_value_when_it_is_due() {
    let begin = Instant::now();
    let at = after(20 * MS).recv().unwrap();
    assert!(begin.elapsed() >= 20 * MS);
    assert!(at >= begin + 20 * MS && at <= Instant::now());
}

#[test]
fn it_is_sent_once() {
    let timer = Timer::new(MS);
    timer.c().recv().unwrap();
    assert_eq!(timer.c().try_recv(), Err(TryRecvError::Empty));
    assert_eq!(
        timer.c().recv_timeout(20 * MS),
        Err(RecvTimeoutError::Timeout)
    );
    assert!(!timer.reset(MS));
    timer.c().recv().unwrap();
}

#[test]
fn a_receiver_that_leaves_leaves_nothing_behind() {
    let timer = Timer::new(50 * MS);
    assert!(timer.c().recv_timeout(MS).is_err());
    assert!(timer.c().recv_timeout(LONG).is_ok());
}

#[test]
fn reset_hastens_and_postpones_under_a_waiting_receiver() {
    let timer = Arc::new(Timer::new(HOUR));
    let begin = Instant::now();
    let receiver = {
        let timer = timer.clone();
        thread::spawn(move || timer.c().recv().unwrap())
    };
    sleep(20 * MS);
    assert!(timer.reset(LONG));
    assert!(timer.reset(2 * LONG));
    assert!(timer.reset(80 * MS));
    let at = receiver.join().unwrap();
    assert!(at >= begin + 100 * MS, "the last reset counts");
    assert!(at <= Instant::now());
}

#[test]
fn stop_and_restart_under_a_waiting_receiver() {
    let timer = Arc::new(Timer::new(30 * MS));
    let (tx, rx) = std::sync::mpsc::channel();
    let receiver = {
        let timer = timer.clone();
        thread::spawn(move || tx.send(timer.c().recv().unwrap()).unwrap())
    };
    if timer.stop() {
        sleep(60 * MS);
        assert!(rx.try_recv().is_err(), "stopped in time");
        assert!(!timer.reset(MS));
    }
    rx.recv_timeout(LONG).unwrap();
    receiver.join().unwrap();
}

#[test]
fn each_tick_goes_to_one_receiver() {
    let ticker = Arc::new(Ticker::new(30 * MS));
    let order = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = (0..3)
        .map(|i| {
            let (ticker, order) = (ticker.clone(), order.clone());
            let thread = thread::spawn(move || {
                let at = ticker.c().recv().unwrap();
                order.lock().unwrap().push((at, i));
            });
            sleep(2 * MS);
            thread
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let mut times: Vec<_> = order.lock().unwrap().iter().map(|&(at, _)| at).collect();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), 3, "each got a tick of its own");
}

#[test]
fn a_ticker_keeps_step() {
    let begin = Instant::now();
    let ticker = Ticker::new(10 * MS);
    let ticks: Vec<_> = ticker.c().iter().take(5).collect();
    for pair in ticks.windows(2) {
        let between = (pair[1] - pair[0]).as_nanos();
        assert_eq!(
            between % (10 * MS).as_nanos(),
            0,
            "in step, perhaps with gaps"
        );
        assert!(between > 0);
    }
    assert!(begin.elapsed() >= 50 * MS);
    let reset = Instant::now();
    ticker.reset(20 * MS);
    let first = ticker.c().recv().unwrap();
    let second = ticker.c().recv().unwrap();
    assert!(first >= reset + 20 * MS);
    assert_eq!((second - first).as_nanos() % (20 * MS).as_nanos(), 0);
    ticker.stop();
    assert!(ticker.c().recv_timeout(60 * MS).is_err());
}

#[test]
fn tick_ticks_until_it_is_dropped() {
    let ticks = tick(MS);
    assert_eq!(ticks.iter().take(3).count(), 3);
    let nil = tick(Duration::ZERO);
    assert_eq!(nil.recv_timeout(MS), Err(RecvTimeoutError::Timeout));
}

#[test]
fn nothing_stale_is_ever_received() {
    let timer = Arc::new(Timer::new(HOUR));
    let (done, resets) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|s| {
        // It fires now and then, lazily or for the waiting receiver below.
        let receiver = s.spawn(|| {
            while !done.load(SeqCst) {
                let _ = timer.c().recv_timeout(MS);
            }
        });
        let begin = Instant::now();
        while begin.elapsed() < 200 * MS {
            timer.reset(Duration::from_micros(50));
            let wait = Instant::now();
            while wait.elapsed() < Duration::from_micros(60) {}
            timer.reset(HOUR);
            // Due in an hour: what is received now is stale.
            assert!(timer.c().try_recv().is_err());
            timer.reset(Duration::from_micros(20));
            timer.stop();
            assert!(timer.c().try_recv().is_err());
            resets.fetch_add(1, SeqCst);
        }
        done.store(true, SeqCst);
        receiver.join().unwrap();
    });
    assert!(resets.load(SeqCst) > 0);
}

#[test]
fn stop_and_the_value_are_one_or_the_other() {
    for i in (0..300).step_by(3) {
        let timer = Arc::new(Timer::new(Duration::from_micros(i)));
        let receiver = {
            let timer = timer.clone();
            thread::spawn(move || timer.c().recv_timeout(20 * MS).is_ok())
        };
        let wait = Instant::now();
        while wait.elapsed() < Duration::from_micros(i) {}
        let stopped = timer.stop();
        let received = receiver.join().unwrap();
        assert!(
            stopped != received,
            "stopped {stopped}, received {received}"
        );
    }
}

#[test]
fn after_func_runs_in_a_place_of_its_own() {
    let (tx, rx) = channel(0);
    let here = thread::current().id();
    // The timer is dropped at once.
    after_func(MS, move || {
        // Blocking is allowed.
        sleep(MS);
        tx.send(thread::current().id()).unwrap();
    });
    assert_ne!(rx.recv_timeout(LONG).unwrap(), here);
}

#[test]
fn calls_of_a_function_do_not_overlap_and_a_panic_does_not_end_them() {
    let (tx, rx) = channel(10);
    let mut calls = 0;
    let busy = Arc::new(AtomicUsize::new(0));
    let ours = busy.clone();
    let timer = after_func(Duration::ZERO, move || {
        assert_eq!(ours.fetch_add(1, SeqCst), 0);
        calls += 1;
        sleep(10 * MS);
        ours.fetch_sub(1, SeqCst);
        tx.send(calls).unwrap();
        assert!(calls != 1, "a panic for the test's sake");
    });
    for call in 1..=3 {
        timer.reset(Duration::ZERO);
        let begin = Instant::now();
        // The next one is due while this one runs.
        while busy.load(SeqCst) == 0 && begin.elapsed() < LONG {
            thread::yield_now();
        }
        timer.reset(Duration::ZERO);
        assert_eq!(rx.recv_timeout(LONG), Ok(call));
    }
}

#[test]
fn what_a_function_has_captured_is_dropped_when_it_cannot_run_any_more() {
    struct Slow(std::sync::mpsc::Sender<()>);
    impl Drop for Slow {
        fn drop(&mut self) {
            // A destructor may block: it does not run on the timers' own stack.
            sleep(5 * MS);
            self.0.send(()).unwrap();
        }
    }
    let (tx, rx) = std::sync::mpsc::channel();
    let slow = Slow(tx.clone());
    let timer = after_func(HOUR, move || {
        let _kept = &slow;
    });
    timer.stop();
    drop(timer);
    // It goes with the next sweep, which comes when a quarter of the heap is dead; other tests fill
    // the heap too, so this one sweeps by hand.
    gompa_park::timer::fallback().sweep();
    rx.recv_timeout(LONG).unwrap();
    let slow = Slow(tx);
    after_func(MS, move || {
        let _kept = &slow;
    });
    rx.recv_timeout(LONG).unwrap();
}
