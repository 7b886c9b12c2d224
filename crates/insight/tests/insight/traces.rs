//! A trace is what Chrome's tracing page and Perfetto read: every event by the rules of the format,
//! every slice closed, arrows and waits in pairs.

use gompa_insight::trace;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

/// What a checked trace has.
#[derive(Debug, Default)]
pub struct Checked {
    pub slices: usize,
    pub arrows: usize,
    pub waits: HashMap<String, usize>,
    pub instants: HashMap<String, usize>,
    pub tracks: Vec<String>,
    pub names: Vec<String>,
}

/// Reads a trace and checks every event.
pub fn check(text: &[u8]) -> Checked {
    let file: Value = serde_json::from_slice(text).expect("JSON");
    assert_eq!(file["displayTimeUnit"], "ns");
    let mut checked = Checked::default();
    let mut open: HashMap<(u64, u64), Vec<(String, f64)>> = HashMap::new();
    let mut last: HashMap<(u64, u64), f64> = HashMap::new();
    let mut arrows: HashMap<u64, f64> = HashMap::new();
    let mut waits: HashMap<(u64, String), f64> = HashMap::new();
    for event in file["traceEvents"].as_array().expect("events") {
        let text = |key: &str| {
            event[key]
                .as_str()
                .unwrap_or_else(|| panic!("{key}: {event}"))
        };
        let number = |key: &str| {
            event[key]
                .as_u64()
                .unwrap_or_else(|| panic!("{key}: {event}"))
        };
        let ts = event["ts"]
            .as_f64()
            .unwrap_or_else(|| panic!("ts: {event}"));
        assert!(ts >= 0.0 && ts.is_finite(), "{event}");
        let track = (number("pid"), number("tid"));
        let name = text("name").to_owned();
        assert!(!text("cat").is_empty(), "{event}");
        let mut in_order = || {
            let before = last.insert(track, ts).unwrap_or(0.0);
            assert!(ts >= before, "{event}: after {before}");
        };
        match text("ph") {
            "M" => match name.as_str() {
                "process_name" | "thread_name" => {
                    checked
                        .tracks
                        .push(event["args"]["name"].as_str().unwrap().into());
                }
                "process_sort_index" => assert!(event["args"]["sort_index"].is_u64()),
                _ => panic!("{event}"),
            },
            "B" => {
                in_order();
                open.entry(track).or_default().push((name.clone(), ts));
                checked.names.push(name);
            }
            "E" => {
                in_order();
                let begun = open.entry(track).or_default().pop();
                let (its, since) = begun.unwrap_or_else(|| panic!("nothing open: {event}"));
                assert!(its == name && ts >= since, "{event} ends {its}");
                checked.slices += 1;
            }
            "i" => {
                assert_eq!(event["s"], "t", "{event}");
                let kind = name.split(' ').next().unwrap().to_owned();
                *checked.instants.entry(kind).or_default() += 1;
            }
            "s" => assert!(arrows.insert(number("id"), ts).is_none(), "{event}"),
            "f" => {
                assert_eq!(event["bp"], "e", "{event}");
                assert!(arrows.remove(&number("id")).is_some(), "no tail: {event}");
                checked.arrows += 1;
            }
            "b" => assert!(waits.insert((number("id"), name), ts).is_none(), "{event}"),
            "e" => {
                let since = waits.remove(&(number("id"), name.clone()));
                assert!(since.is_some_and(|since| since <= ts), "{event}");
                *checked.waits.entry(name).or_default() += 1;
            }
            "C" => assert!(
                event["args"]
                    .as_object()
                    .is_some_and(|a| a.values().all(Value::is_number))
            ),
            other => panic!("no such phase: {other}: {event}"),
        }
    }
    let left: Vec<_> = open.values().flatten().collect();
    assert!(left.is_empty(), "never end: {left:?}");
    assert!(
        arrows.is_empty() && waits.is_empty(),
        "{arrows:?} {waits:?}"
    );
    checked
}

/// Two goroutines that wake each other, others that sleep and block, on two Ps.
fn stir(rounds: u32) {
    let (there, back) = (gompa_chan::make::<u32>(0), gompa_chan::make::<u32>(0));
    let (a, b) = (there.clone(), back.clone());
    let partner = gompa_sched::go(move || {
        for n in &a {
            b.send(n + 1);
        }
    });
    for n in 0..rounds {
        there.send(n);
        assert_eq!(back.recv(), Some(n + 1));
    }
    there.close();
    partner.join().unwrap();
    let others: Vec<_> = (0..4)
        .map(|_| {
            gompa_sched::go(|| {
                gompa_chan::time::sleep(Duration::from_millis(2));
                gompa_sched::blocking(|| std::thread::sleep(Duration::from_millis(1)));
                gompa_sched::gosched();
            })
        })
        .collect();
    others.into_iter().for_each(|h| h.join().unwrap());
}

#[test]
fn what_happened_before_one_asked() {
    let mut out = Vec::new();
    gompa_sched::Builder::new()
        .procs(2)
        .run(|| {
            stir(200);
            let mut out = Vec::new();
            trace::write(&mut out).unwrap();
            out
        })
        .into_iter()
        .for_each(|b| out.push(b));
    let checked = check(&out);
    for track in [
        "Ps",
        "P0",
        "P1",
        "collector",
        "without a P",
        "goroutines that wait",
    ] {
        assert!(
            checked.tracks.iter().any(|t| t == track),
            "{track}: {:?}",
            checked.tracks
        );
    }
    assert!(checked.slices > 300 && checked.arrows > 200, "{checked:?}");
    // Who of the two waits in which operation is a matter of who comes first.
    let of = |why: &str| checked.waits.get(why).copied().unwrap_or(0);
    assert!(
        of("chan receive") + of("chan send") > 50,
        "{:?}",
        checked.waits
    );
    assert!(
        checked.waits["sleep"] >= 1 && checked.waits["blocking call"] >= 1,
        "{checked:?}"
    );
    assert!(
        checked.instants["wake"] > 100 && checked.instants["timers"] >= 1,
        "{checked:?}"
    );
    let named = |n: &&String| n.contains("insight/traces.rs:");
    assert!(
        checked.names.iter().filter(named).count() > 100,
        "{:?}",
        checked.names
    );
}

#[test]
fn from_now_on() {
    let out = gompa_sched::Builder::new().procs(2).run(|| {
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stirring = {
            let stop = stop.clone();
            gompa_sched::go(move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    stir(20);
                }
            })
        };
        let mut out = Vec::new();
        trace::write_for(Duration::from_millis(60), &mut out).unwrap();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        stirring.join().unwrap();
        out
    });
    let checked = check(&out);
    assert!(checked.slices > 50, "{checked:?}");
    // Each has a time of its own.
    let text = String::from_utf8(out).unwrap();
    let rough = text.matches("within µs").count();
    assert!(
        rough < text.lines().count() / 10,
        "{rough} of {}",
        text.lines().count()
    );
}

/// Notes of crates that know no scheduler: the collector's phases and assists, maps that grow.
#[test]
fn what_others_note() {
    use gompa_park::note::{Note, note};
    let out = gompa_sched::Builder::new().procs(1).run(|| {
        let phases = [
            (Note::GcBegin, 4 << 20),
            (Note::GcScan, 1 << 20),
            (Note::GcMark, 0),
            (Note::GcAssist, 30_000),
            (Note::GcVerdict, 1 << 20),
            (Note::GcSweep, 0),
            (Note::GcDone, 1 << 20),
            (Note::MapResize, 2048),
        ];
        phases.into_iter().for_each(|(what, n)| note(what, n));
        let mut out = Vec::new();
        trace::write(&mut out).unwrap();
        out
    });
    let checked = check(&out);
    for instant in ["assist", "map"] {
        assert!(checked.instants[instant] >= 1, "{checked:?}");
    }
    let text = String::from_utf8(out).unwrap();
    for part in [
        "\"name\":\"cycle\"",
        "\"name\":\"mark\"",
        "\"microseconds\":30",
        "\"buckets\":2048",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn an_empty_one_is_one() {
    let mut out = Vec::new();
    trace::write_recording(&gompa_sched::trace::Recording::default(), &mut out).unwrap();
    assert_eq!(check(&out).slices, 0);
}
