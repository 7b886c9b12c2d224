//! A picture of a recording: `cargo run -p gompa-insight --example picture > trace.svg`.
//!
//! Four goroutines hand numbers on in a ring, others compute, sleep and make garbage; ten milliseconds
//! of that are recorded and drawn as the tracing pages draw them: a row for each P, one for the
//! collector.
//! `... --example picture FILE` draws a trace that was written before.

use gompa_chan::{Chan, make, time};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

const WIDTH: f64 = 1180.0;
const LEFT: f64 = 110.0;
const ROW: f64 = 46.0;
const TOP: f64 = 30.0;

fn main() {
    let trace = match std::env::args().nth(1) {
        Some(file) => std::fs::read(file).expect("a trace"),
        None => gompa_sched::Builder::new().procs(2).run(record),
    };
    print!("{}", draw(&serde_json::from_slice(&trace).expect("JSON")));
}

/// The work begins when the recording has, which so knows where each goroutine was started.
fn record() -> Vec<u8> {
    drop(gompa_sched::go(|| {
        time::sleep(Duration::from_millis(1));
        work();
    }));
    let mut trace = Vec::new();
    gompa_insight::trace::write_for(Duration::from_millis(11), &mut trace).expect("memory");
    trace
}

fn work() {
    let stop = Arc::new(AtomicBool::new(false));
    let ring: Vec<Chan<u64>> = (0..4).map(|_| make(0)).collect();
    for n in 0..4 {
        let (from, to) = (ring[n].clone(), ring[(n + 1) % 4].clone());
        drop(gompa_sched::go(move || {
            for number in &from {
                std::hint::black_box(
                    (0..20_000).fold(number, |a: u64, b: u64| a ^ b.wrapping_mul(a | 1)),
                );
                to.send(number + 1);
            }
        }));
    }
    for n in 1..4 {
        let stop = stop.clone();
        drop(gompa_sched::go(move || {
            while !stop.load(Relaxed) {
                std::hint::black_box(
                    (0..60_000 * n).fold(n, |a: u64, b: u64| a ^ b.wrapping_mul(31)),
                );
                time::sleep(Duration::from_micros(300));
            }
        }));
    }
    let garbage = stop.clone();
    drop(gompa_sched::go(move || {
        while !garbage.load(Relaxed) {
            gompa_gc::scope(|s| (0..4_000u64).for_each(|n| _ = s.alloc([n; 16])));
            time::sleep(Duration::from_micros(200));
        }
    }));
    ring[0].send(0);
    time::sleep(Duration::from_millis(12));
    stop.store(true, Relaxed);
}

type Track = (u64, u64);

fn draw(trace: &Value) -> String {
    let events = trace["traceEvents"].as_array().expect("events");
    let at = |e: &Value| e["ts"].as_f64().expect("a time");
    let track = |e: &Value| -> Track {
        (
            e["pid"].as_u64().unwrap_or(0),
            e["tid"].as_u64().unwrap_or(0),
        )
    };
    let ph = |e: &Value, what: &str| e["ph"] == what;
    let times = events.iter().filter(|e| ph(e, "B") || ph(e, "E")).map(at);
    let (from, to) = times.fold((f64::MAX, 0.0), |(a, b), t| (t.min(a), t.max(b)));
    let x = |t: f64| LEFT + (t - from).max(0.0) * (WIDTH - LEFT - 10.0) / (to - from).max(1.0);

    let mut names: BTreeMap<Track, &str> = BTreeMap::new();
    for e in events.iter().filter(|e| e["name"] == "thread_name") {
        names.insert(track(e), e["args"]["name"].as_str().unwrap_or(""));
    }
    let drawn = events.iter().filter(|e| ph(e, "B")).map(track);
    let mut rows: Vec<Track> = drawn.collect();
    rows.sort_unstable();
    rows.dedup();
    let y = |t: Track| {
        rows.iter()
            .position(|r| *r == t)
            .map(|n| TOP + n as f64 * ROW)
    };
    let height = TOP + rows.len() as f64 * ROW + 12.0;

    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"11\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#0d1313\"/>\n"
    );
    for ms in 0..=((to - from) / 1000.0) as u32 {
        let at = x(from + f64::from(ms) * 1000.0);
        let _ = writeln!(
            out,
            "<path d=\"M{at:.1} 20V{height}\" stroke=\"#253130\"/><text x=\"{at:.1}\" y=\"15\" fill=\"#8fa39f\">{ms} ms</text>"
        );
    }
    for row in &rows {
        let (name, y) = (
            names.get(row).copied().unwrap_or("collector"),
            y(*row).unwrap_or(0.0),
        );
        let _ = writeln!(
            out,
            "<text x=\"12\" y=\"{:.1}\" fill=\"#e3ecea\" font-size=\"14\">{name}</text>",
            y + 24.0
        );
    }
    slices(&mut out, events, &x, &y, &at, &track);
    arrows(&mut out, events, &x, &y, &at, &track);
    out + "</svg>\n"
}

/// What ran: a bar for each, the nested ones thinner.
fn slices(
    out: &mut String,
    events: &[Value],
    x: &dyn Fn(f64) -> f64,
    y: &dyn Fn(Track) -> Option<f64>,
    at: &dyn Fn(&Value) -> f64,
    track: &dyn Fn(&Value) -> Track,
) {
    let mut open: HashMap<Track, Vec<f64>> = HashMap::new();
    for e in events {
        match e["ph"].as_str() {
            Some("B") => open.entry(track(e)).or_default().push(at(e)),
            Some("E") => {
                let nested = open.entry(track(e)).or_default();
                let (Some(since), Some(top)) = (nested.pop(), y(track(e))) else {
                    continue;
                };
                let deep = nested.len() as f64;
                let (a, b) = (x(since), x(at(e)));
                let name = e["name"]
                    .as_str()
                    .unwrap_or("")
                    .replace('&', "&amp;")
                    .replace('<', "&lt;");
                let (from, height) = (top + 4.0 + deep * 15.0, 30.0 - deep * 15.0);
                // Neighbours differ by the golden angle.
                let digits = name.bytes().filter(u8::is_ascii_digit).take(4);
                let number = digits.fold(u32::from(name.as_bytes()[0]), |n, b| {
                    n * 10 + u32::from(b - b'0')
                });
                let hue = number * 137 % 360;
                let (width, colour) = ((b - a).max(0.6), format!("hsl({hue},55%,55%)"));
                let _ = writeln!(
                    out,
                    "<rect x=\"{a:.1}\" y=\"{from:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"1.5\" fill=\"{colour}\"><title>{name}</title></rect>"
                );
                let letters = ((b - a - 6.0) / 6.2) as usize;
                if letters >= 3 {
                    let name: String = name.chars().take(letters).collect();
                    let _ = writeln!(
                        out,
                        "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#04110f\">{name}</text>",
                        a + 3.0,
                        from + 11.0
                    );
                }
            }
            _ => {}
        }
    }
}

/// From who woke to who was woken.
fn arrows(
    out: &mut String,
    events: &[Value],
    x: &dyn Fn(f64) -> f64,
    y: &dyn Fn(Track) -> Option<f64>,
    at: &dyn Fn(&Value) -> f64,
    track: &dyn Fn(&Value) -> Track,
) {
    let mut tails: HashMap<u64, (f64, Option<f64>)> = HashMap::new();
    for e in events {
        let id = e["id"].as_u64().unwrap_or(0);
        match e["ph"].as_str() {
            Some("s") => _ = tails.insert(id, (x(at(e)), y(track(e)))),
            Some("f") => {
                let (Some((a, Some(from))), Some(to)) = (tails.remove(&id), y(track(e))) else {
                    continue;
                };
                let (b, from, to) = (x(at(e)), from + 34.0, to + 4.0);
                let _ = writeln!(
                    out,
                    "<path d=\"M{a:.1} {from:.1}L{b:.1} {to:.1}\" stroke=\"#e3ecea\" stroke-width=\"0.7\" opacity=\"0.7\"/>"
                );
            }
            _ => {}
        }
    }
}
