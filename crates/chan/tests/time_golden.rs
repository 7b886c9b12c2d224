//! Timers against what Go 1.27 itself printed (`golden/timers.csv`).
#![cfg(not(loom))]

use gompa_chan::time::{Duration, Instant, Ticker, Timer, after, after_func, sleep, tick};
use gompa_chan::{Chan, Receiver};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

const HOUR: Duration = Duration::from_secs(3600);
const MS: Duration = Duration::from_millis(1);

/// Durations are not negative here.
const NOT_HERE: [&str; 2] = ["negative_duration_ready", "NewTicker(-1)"];

#[derive(Default)]
struct Rows(Vec<(&'static str, String)>);

impl Rows {
    fn row(&mut self, case: &'static str, result: impl ToString) {
        self.0.push((case, result.to_string()));
    }
}

fn ready(c: &Receiver<Instant>) -> bool {
    c.try_recv().is_ok()
}

fn is_nil(c: &Receiver<Instant>) -> bool {
    c.same_channel(&Chan::nil().receiver())
}

fn panic_of(f: impl FnOnce()) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(()) => "no panic".into(),
        Err(payload) => format!(
            "panic: {} (string)",
            payload
                .downcast_ref::<&str>()
                .expect("a text without arguments")
        ),
    }
}

/// An expired timer whose value nobody has received.
fn expired() -> Timer {
    let timer = Timer::new(MS);
    sleep(5 * MS);
    timer
}

fn timers(rows: &mut Rows) {
    let t = Timer::new(HOUR);
    rows.row(
        "len_cap_of_timer_chan",
        format!("{} {}", t.c().len(), t.c().cap()),
    );
    rows.row("stop_running", t.stop());
    rows.row("stop_again", t.stop());
    rows.row("reset_stopped", t.reset(HOUR));
    rows.row("reset_running", t.reset(HOUR));
    let t = expired();
    rows.row("len_after_expiry", t.c().len());
    rows.row("stop_expired_unreceived", t.stop());
    rows.row("receive_after_stop_possible", ready(t.c()));
    let t = expired();
    rows.row("reset_expired_unreceived", t.reset(HOUR));
    rows.row("receive_after_reset_possible", ready(t.c()));
    let t = Timer::new(MS);
    t.c().recv().unwrap();
    rows.row("stop_expired_received", t.stop());
    rows.row("reset_expired_received", t.reset(HOUR));
    let t = Timer::new(Duration::ZERO);
    sleep(MS);
    rows.row("zero_duration_ready", ready(t.c()));
    let t = Timer::new(2 * MS);
    let a = Instant::now();
    sleep(30 * MS);
    let v = t.c().recv().unwrap();
    rows.row(
        "late_receive_value_is_expiry_time",
        v.saturating_duration_since(a) < 10 * MS,
    );
}

fn tickers(rows: &mut Rows) {
    rows.row(
        "NewTicker(0)",
        panic_of(|| drop(Ticker::new(Duration::ZERO))),
    );
    rows.row("Tick(0)_is_nil", is_nil(&tick(Duration::ZERO)));
    let k = Ticker::new(2 * MS);
    rows.row("ticker_Reset(0)", panic_of(|| k.reset(Duration::ZERO)));
    rows.row("ticker_len_cap", format!("{} {}", k.c().len(), k.c().cap()));
    sleep(20 * MS);
    // Ticks from now on do not count: this thread may be slow.
    let now = Instant::now();
    let kept = std::iter::from_fn(|| k.c().try_recv().ok()).take_while(|&v| v <= now);
    rows.row("ticks_kept_for_slow_receiver", kept.count());
    k.stop();
    rows.row("tick_after_stop", ready(k.c()));
}

fn zero_values(rows: &mut Rows) {
    let t = Timer::default();
    rows.row("zero_Timer_Stop", panic_of(|| _ = t.stop()));
    rows.row("zero_Timer_Reset", panic_of(|| _ = t.reset(MS)));
    let k = Ticker::default();
    rows.row("zero_Ticker_Stop", panic_of(|| k.stop()));
    rows.row("zero_Ticker_Reset", panic_of(|| k.reset(MS)));
}

fn functions(rows: &mut Rows) {
    let count = Arc::new(AtomicUsize::new(0));
    let ours = count.clone();
    let t = after_func(HOUR, move || {
        ours.fetch_add(1, SeqCst);
    });
    // Until it has run so often; longer only if something is wrong.
    let ran = |times: usize| {
        let begin = Instant::now();
        while count.load(SeqCst) < times && begin.elapsed() < Duration::from_secs(20) {
            sleep(MS);
        }
        count.load(SeqCst)
    };
    rows.row("afterfunc_C_is_nil", is_nil(t.c()));
    rows.row(
        "afterfunc_stop",
        format!("{} {}", t.stop(), count.load(SeqCst)),
    );
    rows.row("afterfunc_reset_stopped", t.reset(MS));
    rows.row("afterfunc_ran", ran(1));
    rows.row("afterfunc_stop_after_run", t.stop());
    rows.row("afterfunc_reset_after_run", t.reset(MS));
    rows.row("afterfunc_ran_twice", ran(2));
}

#[test]
fn agrees_with_go() {
    let mut rows = Rows::default();
    timers(&mut rows);
    tickers(&mut rows);
    zero_values(&mut rows);
    functions(&mut rows);
    let a = Instant::now();
    sleep(Duration::ZERO);
    rows.row(
        "sleep_nonpositive_returns_at_once",
        a.elapsed() < Duration::from_secs(5),
    );
    rows.row("After_overflow_blocks", !ready(&after(Duration::MAX)));

    let golden: Vec<(&str, String)> = include_str!("golden/timers.csv")
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').expect("case,result"))
        .map(|(case, result)| (case, result.trim_matches('"').to_string()))
        .filter(|(case, _)| !NOT_HERE.contains(case))
        .collect();
    assert_eq!(golden.len(), 33);
    assert_eq!(rows.0, golden);
}
