//! Models of a timer's channel: its alarm and a receiver that comes or goes, against stop and reset.
//! `RUSTFLAGS="--cfg loom" cargo test --release -p gompa-chan --test loom_time`
#![cfg(loom)]

use gompa_chan::time::{Duration, Timer};
use gompa_park::sync::thread;
use gompa_park::time::NEVER;
use gompa_park::timer::{Timers, model_fallback};
use std::sync::{Arc, Mutex};

/// So far off that by the real clock nothing is ever due; the models run their heap at the end of
/// time instead.
const HOUR: Duration = Duration::from_secs(3600);
const END: u64 = NEVER - 1;

/// The heap that models name is one for the process.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn model(f: impl Fn(Arc<Timers>) + Sync + Send + 'static) {
    let _one = ONE_AT_A_TIME.lock();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(move || {
        let heap = Arc::new(Timers::new(|_| {}));
        model_fallback(Some(heap.clone()));
        f(heap.clone());
        heap.run(END);
        heap.sweep();
        assert!(heap.is_empty());
        model_fallback(None);
    });
}

#[test]
fn a_waiting_receiver_is_woken_by_the_alarm() {
    model(|heap| {
        let timer = Arc::new(Timer::new(HOUR));
        let receiver = {
            let timer = timer.clone();
            thread::spawn(move || timer.c().recv().is_ok())
        };
        while heap.run(END) == 0 {
            thread::yield_now();
        }
        assert!(receiver.join().unwrap());
        assert!(!timer.stop());
    });
}

#[test]
fn stop_against_alarm_against_a_receiver_that_gives_up() {
    model(|heap| {
        let timer = Arc::new(Timer::new(HOUR));
        let receiver = {
            let timer = timer.clone();
            thread::spawn(move || timer.c().recv_timeout(HOUR).is_ok())
        };
        let runner = thread::spawn(move || heap.run(END));
        let stopped = timer.stop();
        runner.join().unwrap();
        assert!(receiver.join().unwrap() != stopped, "one or the other");
        assert!(timer.c().try_recv().is_err(), "nothing stale");
    });
}

#[test]
fn reset_against_alarm() {
    model(|heap| {
        let timer = Arc::new(Timer::new(HOUR));
        let receiver = {
            let timer = timer.clone();
            thread::spawn(move || timer.c().recv_timeout(HOUR).is_ok())
        };
        let runner = {
            let heap = heap.clone();
            thread::spawn(move || heap.run(END))
        };
        let was = timer.reset(2 * HOUR);
        runner.join().unwrap();
        let received = receiver.join().unwrap();
        assert!(was || received, "a value that is gone has been received");
        // Whatever happened, nobody waits now: no alarm is left, and nothing fires.
        heap.sweep();
        assert!(heap.is_empty());
    });
}
