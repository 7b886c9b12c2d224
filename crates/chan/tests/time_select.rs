//! Timers in selects: which case wins, and what the losing timers leave behind.
#![cfg(not(loom))]

use gompa_chan::time::{Duration, Instant, Ticker, Timer, after, sleep};
use gompa_chan::{Select, channel, make, select};
use std::thread;

const HOUR: Duration = Duration::from_secs(3600);
const MS: Duration = Duration::from_millis(1);

#[test]
fn a_timer_ends_a_select_in_vain() {
    let never = make::<()>(0);
    let begin = Instant::now();
    select! {
        recv(never) -> _ => panic!("nobody sends"),
        recv(after(20 * MS)) -> at => assert!(at.unwrap() >= begin + 20 * MS),
    }
    assert!(begin.elapsed() >= 20 * MS);
}

#[test]
fn the_earlier_of_two_timers_wins() {
    let (early, late) = (after(10 * MS), after(HOUR));
    select! {
        recv(late) -> _ => panic!("an hour has not passed"),
        recv(early) -> at => assert!(at.is_ok()),
    }
    assert!(late.try_recv().is_err());
}

#[test]
fn a_due_timer_is_ready_although_nobody_has_looked() {
    let timer = after(MS);
    sleep(5 * MS);
    select! {
        recv(timer) -> at => assert!(at.is_ok()),
        default => panic!("it was due"),
    }
    select! {
        recv(timer) -> _ => panic!("once only"),
        default => {}
    }
}

#[test]
fn a_timer_that_loses_can_still_be_stopped() {
    let (tx, rx) = channel(0);
    let sender = thread::spawn(move || {
        for i in 0..200 {
            tx.send(i).unwrap();
        }
    });
    let timer = Timer::new(HOUR);
    let mut next = 0;
    while let Ok(n) = select! {
        recv(rx) -> n => n,
        recv(timer.c()) -> _ => panic!("an hour has not passed"),
    } {
        assert_eq!(n, next);
        next += 1;
        assert!(timer.reset(HOUR));
    }
    assert_eq!(next, 200);
    assert!(timer.stop());
    sender.join().unwrap();
}

#[test]
fn ticks_and_messages_in_one_loop() {
    let ticker = Ticker::new(2 * MS);
    let (tx, rx) = channel(1);
    let sender = thread::spawn(move || {
        for i in 0..50 {
            tx.send(i).unwrap();
            thread::sleep(MS);
        }
    });
    let (mut messages, mut ticks) = (0, Vec::new());
    let mut select = Select::new();
    let (message, tick) = (select.recv(&rx), select.recv(ticker.c()));
    loop {
        let chosen = select.select();
        match chosen.index() {
            i if i == message => match chosen.recv(&rx) {
                Ok(n) => {
                    assert_eq!(n, messages);
                    messages += 1;
                }
                Err(_) => break,
            },
            i if i == tick => ticks.push(chosen.recv(ticker.c()).unwrap()),
            i => panic!("no case has number {i}"),
        }
    }
    assert_eq!(messages, 50);
    assert!(ticks.len() >= 2 && ticks.is_sorted());
    sender.join().unwrap();
}
