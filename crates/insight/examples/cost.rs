//! What looking costs: `cargo run --release -p gompa-insight --example cost [GOROUTINES]`.
//!
//! A million goroutines wait; they are dumped, profiled and searched for leaks. Then two play ping-pong,
//! with the block profile off and on, in turns.

use gompa_chan::{Chan, make};
use gompa_insight::leak::Search;
use gompa_insight::profile::{Profile, set_block_profile_rate, write_profile};
use gompa_sched::debug::{Look, Of, each_stack};
use gompa_sched::{Builder, Status, go, gosched};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

fn main() {
    let n = std::env::args()
        .nth(1)
        .map_or(1_000_000, |n| n.parse().expect("how many goroutines"));
    Builder::new().procs(2).run(move || {
        many(n);
        ping_pong();
    });
}

#[inline(never)]
fn waits(ch: &Chan<u32>) {
    black_box(ch.recv());
}

fn many(n: usize) {
    let ch = make::<u32>(0);
    for _ in 0..n {
        let ch = ch.clone();
        drop(go(move || waits(&ch)));
    }
    let waiting = |look: Look| {
        let (mut waiting, mut frames) = (0, 0);
        each_stack(look, |g| {
            waiting += usize::from(g.info.status == Status::Waiting);
            frames += g.frames.as_ref().map_or(0, Vec::len);
            ControlFlow::Continue(())
        });
        (waiting, frames)
    };
    let bare = Look::at(Of::Mine).without_stacks();
    while waiting(bare).0 < n {
        gosched();
    }
    let timed = |what: &str, f: &mut dyn FnMut()| {
        let began = Instant::now();
        f();
        let took = began.elapsed();
        println!("{what}: {took:?}, {:?} a goroutine", took / n as u32);
    };
    timed("list", &mut || {
        black_box(waiting(bare));
    });
    let mut frames = 0;
    timed("stacks", &mut || frames = waiting(Look::at(Of::Mine)).1);
    println!("  {:.1} frames each", frames as f64 / n as f64);
    let mut profile = Vec::new();
    timed("goroutine profile", &mut || {
        write_profile(Profile::Goroutine, &mut profile).unwrap()
    });
    println!("  {} bytes", profile.len());
    timed("sample of 1000", &mut || {
        _ = black_box(waiting(Look::at(Of::Mine).most(1000)));
    });
    let mut leaks = 0;
    timed("leaks", &mut || leaks = Search::new().find().len());
    println!("  {leaks} found");
    ch.close();
}

fn ping_pong() {
    let (ping, pong) = (make::<u32>(0), make::<u32>(0));
    let (theirs, ours) = (ping.clone(), pong.clone());
    let other = go(move || theirs.into_iter().for_each(|n| ours.send(n)));
    let round = |rounds: u32| {
        let began = Instant::now();
        for n in 0..rounds {
            ping.send(n);
            black_box(pong.recv());
        }
        began.elapsed().as_nanos() as f64 / f64::from(rounds)
    };
    round(100_000);
    let rates = [
        ("off", Duration::ZERO),
        ("1 ms", Duration::from_millis(1)),
        ("10 us", Duration::from_micros(10)),
        ("1 ns: all", Duration::from_nanos(1)),
    ];
    let mut best = [f64::MAX; 4];
    for _ in 0..5 {
        for (best, (_, rate)) in best.iter_mut().zip(rates) {
            set_block_profile_rate(rate);
            *best = best.min(round(100_000));
        }
    }
    set_block_profile_rate(Duration::ZERO);
    for (best, (name, _)) in best.iter().zip(rates) {
        println!("ping-pong, block profile {name}: {best:.1} ns");
    }
    ping.close();
    other.join().unwrap();
}
