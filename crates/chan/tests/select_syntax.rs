//! Every form of `select!`, in the positions a program may put it.
#![deny(warnings)]
#![cfg(not(loom))]

use gompa_chan::{self as chan, Chan, RecvError, SendError, select};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn ready<T>(value: T) -> Chan<T> {
    let ch = chan::make(1);
    ch.send(value);
    ch
}

#[test]
fn all_arm_forms() {
    let a = ready(1);
    select! { recv(a) -> v => assert_eq!(v, Some(1)) }
    select! { recv(a) -> _ => panic!(), default => {} }
    select! { recv(a) => panic!("empty"), default() => () }
    select! { send(a, 5) => {} }
    assert_eq!(select! { recv(a,) -> v => v, }, Some(5));
    select! { send(a, 6,) -> () => {}, }
    select! {
        recv(&a) -> v => { assert_eq!(v, Some(6)) }
        default(Duration::from_secs(9),) => unreachable!(),
    }
    select! {
        default => {}
    }
    let mut n = 0;
    select! { default(Duration::from_millis(1)) => n += 1 }
    assert_eq!(n, 1);
    // Blocks with and without commas, expressions, method calls on blocks.
    let b = ready("b");
    let text = select! {
        recv(a) -> v => { let _ = v; String::new() }
        recv(b) -> v => { v.unwrap() }.to_string(),
        default => String::from("none")
    };
    assert_eq!(text, "b");
}

#[test]
fn both_faces_and_pointers_mixed() {
    let (tx, rx) = chan::channel::<u8>(1);
    let ch = chan::make::<u8>(1);
    let shared = Arc::new(ch.clone());
    let boxed = Box::new(ch.receiver());
    let send = select! {
        send(tx, 1) -> r => r,
        recv(shared) -> v => { let _: Option<u8> = v; unreachable!() }
        recv(boxed) -> v => { let _: Result<u8, RecvError> = v; unreachable!() }
    };
    assert_eq!(send, Ok::<(), SendError<u8>>(()));
    let got = select! { recv(rx) -> v => v, recv(*shared) => unreachable!() };
    assert_eq!(got, Ok(1));
    drop(rx);
    assert_eq!(select! { send(tx, 9) -> r => r }, Err(SendError(9)));
}

#[test]
fn control_flow_in_bodies_and_values() {
    fn question(ch: &Chan<i32>) -> Result<i32, String> {
        select! {
            recv(ch) -> v => {
                let v = v.ok_or("closed")?;
                if v == 1 {
                    return Ok(2);
                }
            }
            default => return Err("empty".into()),
        }
        Ok(0)
    }
    let ch = chan::make(1);
    assert_eq!(question(&ch), Err("empty".into()));
    ch.send(1);
    assert_eq!(question(&ch), Ok(2));
    ch.close();
    assert_eq!(question(&ch), Err("closed".into()));

    fn value(ch: &Chan<i32>, text: &str) -> Option<()> {
        select! { send(ch, text.parse().ok()?) => Some(()) }
    }
    let ch = chan::make(1);
    assert_eq!(value(&ch, "x"), None);
    assert_eq!(value(&ch, "7"), Some(()));
    assert_eq!(ch.recv(), Some(7));

    let ch = chan::make(8);
    let (mut sum, mut rounds) = (0, 0);
    'outer: loop {
        rounds += 1;
        for i in 0..3 {
            select! {
                send(ch, if rounds == 3 { break 'outer } else { rounds }) => if i > 0 { break },
                default => continue 'outer,
            }
        }
        select! {
            recv(ch) -> v => sum += v.unwrap(),
            default => continue,
        }
    }
    assert_eq!((sum, rounds, ch.len()), (2, 3, 2));
}

#[test]
fn channels_may_move_in_bodies() {
    let (tx, rx) = chan::channel::<i32>(1);
    tx.send(1).unwrap();
    select! {
        recv(rx) -> v => { assert_eq!(v, Ok(1)); drop(rx); }
        default => drop(tx),
    }
    let mut ch = ready(1);
    select! {
        recv(ch) -> v => ch = ready(v.unwrap() + 1),
    }
    assert_eq!(ch.recv(), Some(2));
}

#[test]
fn operands_are_evaluated_once_and_in_order() {
    let trace = std::cell::RefCell::new(Vec::new());
    let say = |what: &'static str, ch: Chan<i32>| {
        trace.borrow_mut().push(what);
        ch
    };
    select! {
        recv(say("nil", Chan::nil())) => unreachable!(),
        send(say("full", ready(0)), { trace.borrow_mut().push("value"); 1 }) => unreachable!(),
        recv(say("ready", ready(3))) -> v => assert_eq!(v, Some(3)),
        default({ trace.borrow_mut().push("time"); Duration::from_secs(9) }) => unreachable!(),
    }
    assert_eq!(*trace.borrow(), ["nil", "full", "ready", "time"]);
}

#[test]
fn nested_and_many() {
    let (a, b) = (ready(1), ready(2));
    let sum = select! {
        recv(a) -> x => select! { recv(b) -> y => x.unwrap() + y.unwrap() },
    };
    assert_eq!(sum, 3);
    let c: Vec<Chan<usize>> = (0..20).map(|_| chan::make(1)).collect();
    c[19].send(19);
    let got = select! {
        recv(c[0]) -> v => v, recv(c[1]) -> v => v, recv(c[2]) -> v => v, recv(c[3]) -> v => v,
        recv(c[4]) -> v => v, recv(c[5]) -> v => v, recv(c[6]) -> v => v, recv(c[7]) -> v => v,
        recv(c[8]) -> v => v, recv(c[9]) -> v => v, recv(c[10]) -> v => v, recv(c[11]) -> v => v,
        recv(c[12]) -> v => v, recv(c[13]) -> v => v, recv(c[14]) -> v => v, recv(c[15]) -> v => v,
        recv(c[16]) -> v => v, recv(c[17]) -> v => v, recv(c[18]) -> v => v, recv(c[19]) -> v => v,
        recv(c[0]) -> v => v, recv(c[1]) -> v => v, recv(c[2]) -> v => v, recv(c[3]) -> v => v,
        recv(c[4]) -> v => v, recv(c[5]) -> v => v, recv(c[6]) -> v => v, recv(c[7]) -> v => v,
        recv(c[8]) -> v => v, recv(c[9]) -> v => v, recv(c[10]) -> v => v, recv(c[11]) -> v => v,
        default => None,
    };
    assert_eq!(got, Some(19));
}

#[test]
fn default_waits_its_time() {
    let ch = chan::make::<()>(0);
    let start = Instant::now();
    select! {
        recv(ch) => unreachable!(),
        send(ch, ()) => unreachable!("nobody receives from itself"),
        default(Duration::from_millis(20)) => {}
    }
    assert!(start.elapsed() >= Duration::from_millis(20));
}
