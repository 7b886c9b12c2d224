//! Looking at many goroutines that wait.

use crate::result;
use gompa_chan::{Chan, make};
use gompa_insight::leak::Search;
use gompa_insight::profile::{Profile, write_profile};
use gompa_insight::{dump, metrics};
use gompa_sched::debug::{Look, Of, each_stack};
use gompa_sched::{Status, go, gosched};
use std::hint::black_box;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

#[inline(never)]
fn waits(ch: &Chan<u32>) {
    black_box(ch.recv());
}

/// Counts, and forgets.
#[derive(Default)]
struct Bytes(u64);

impl Write for Bytes {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0 += buf.len() as u64;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many wait, and how many frames they have.
fn look(look: Look) -> (usize, usize) {
    let (mut waiting, mut frames) = (0, 0);
    each_stack(look, |g| {
        waiting += usize::from(g.info.status == Status::Waiting);
        frames += g.frames.as_ref().map_or(0, Vec::len);
        ControlFlow::Continue(())
    });
    (waiting, frames)
}

pub fn measure(n: usize) {
    let ch = make::<u32>(0);
    for _ in 0..n {
        let ch = ch.clone();
        drop(go(move || waits(&ch)));
    }
    let bare = Look::at(Of::Mine).without_stacks();
    while look(bare).0 < n {
        gosched();
    }
    let timed = |what: &str, f: &mut dyn FnMut()| {
        let began = Instant::now();
        f();
        let took = began.elapsed().as_secs_f64();
        result("many", what, took * 1e3, "ms");
        result("many-each", what, took * 1e9 / n as f64, "ns");
    };
    timed("metrics, as text", &mut || _ = black_box(metrics::text()));
    timed("a list, with state and reason", &mut || {
        _ = black_box(look(bare));
    });
    timed("their stacks", &mut || {
        _ = black_box(look(Look::at(Of::Mine)));
    });
    timed("dump, each (debug=2)", &mut || {
        dump::write_each(&mut Bytes::default()).expect("memory");
    });
    timed("dump, grouped (debug=1)", &mut || {
        dump::write_grouped(&mut Bytes::default()).expect("memory");
    });
    timed("dump, a sample of 1000", &mut || {
        dump::write_sample(&mut Bytes::default(), 1000).expect("memory");
    });
    timed("goroutine profile", &mut || {
        write_profile(Profile::Goroutine, &mut Bytes::default()).expect("memory");
    });
    timed("search for leaks", &mut || {
        _ = black_box(Search::new().find().len());
    });
    beside();
    ch.close();
}

/// Two goroutines hand a number to and fro on one P, while the other P computes, and while it dumps.
fn beside() {
    let trips = Arc::new(AtomicU64::new(0));
    let (ping, pong) = (make::<u32>(0), make::<u32>(0));
    let (theirs, ours) = (ping.clone(), pong.clone());
    let partner = go(move || theirs.into_iter().for_each(|n| ours.send(n)));
    let stop = Arc::new(AtomicBool::new(false));
    let (count, its) = (trips.clone(), stop.clone());
    let player = go(move || {
        while !its.load(Relaxed) {
            ping.send(1);
            black_box(pong.recv());
            count.fetch_add(1, Relaxed);
        }
        ping.close();
    });
    let rate = |f: &mut dyn FnMut()| {
        let (began, before) = (Instant::now(), trips.load(Relaxed));
        while began.elapsed() < Duration::from_secs(2) {
            f();
        }
        let made = trips.load(Relaxed) - before;
        began.elapsed().as_nanos() as f64 / made.max(1) as f64
    };
    let computing = rate(&mut || {
        black_box((0..1000u64).fold(0, |a, b| a ^ b.wrapping_mul(a | 1)));
    });
    let dumping = rate(&mut || dump::write_each(&mut Bytes::default()).expect("memory"));
    stop.store(true, Relaxed);
    player.join().expect("it only plays");
    partner.join().expect("it only answers");
    let names = ["a goroutine that computes", "one that dumps all"];
    for (name, each) in names.into_iter().zip([computing, dumping]) {
        result("beside", &format!("ping-pong beside {name}"), each, "ns");
    }
}
