//! The metrics are read as `promtool check metrics` reads them: syntax, types, names and units.

use gompa_insight::metrics;
use std::collections::{HashMap, HashSet};

/// A sample: labels and value.
type Sample = (Vec<(String, String)>, f64);

/// Metrics by name: type and samples by full name.
#[derive(Debug, Default)]
struct Parsed {
    types: HashMap<String, String>,
    samples: HashMap<String, Vec<Sample>>,
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

fn parse(text: &str) -> Parsed {
    assert!(text.ends_with('\n'), "the last line ends, too");
    let mut parsed = Parsed::default();
    let (mut helped, mut current, mut done) = (HashSet::new(), String::new(), HashSet::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect(line);
            assert!(is_name(name) && !help.is_empty(), "{line}");
            assert!(helped.insert(name.to_owned()), "helped twice: {line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect(line);
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(helped.contains(name), "no help: {line}");
            assert!(done.insert(name.to_owned()), "not together: {line}");
            parsed.types.insert(name.into(), kind.into());
            current = name.into();
        } else {
            let (name, sample) = sample(line);
            let base = match parsed.types.get(&current).map(String::as_str) {
                Some("histogram") => ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|s| name.strip_suffix(s))
                    .expect(line),
                _ => &name,
            };
            assert_eq!(base, current, "of another metric: {line}");
            let known = parsed.samples.entry(name.clone()).or_default();
            assert!(known.iter().all(|k| k.0 != sample.0), "twice: {line}");
            known.push(sample);
        }
    }
    parsed
}

fn sample(line: &str) -> (String, Sample) {
    let (head, value) = line.rsplit_once(' ').expect(line);
    let value: f64 = value.parse().unwrap_or_else(|_| panic!("{line}"));
    let Some((name, labels)) = head.split_once('{') else {
        assert!(is_name(head), "{line}");
        return (head.into(), (Vec::new(), value));
    };
    assert!(is_name(name), "{line}");
    let mut rest = labels.strip_suffix('}').expect(line);
    let mut out = Vec::new();
    while !rest.is_empty() {
        let (label, after) = rest.split_once("=\"").expect(line);
        assert!(is_name(label) && !label.contains(':'), "{line}");
        let (mut text, mut end, mut chars) = (String::new(), None, after.char_indices());
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    end = Some(at);
                    break;
                }
                '\\' => match chars.next().expect(line).1 {
                    'n' => text.push('\n'),
                    c @ ('"' | '\\') => text.push(c),
                    _ => panic!("no such escape: {line}"),
                },
                c => text.push(c),
            }
        }
        out.push((label.into(), text));
        rest = &after[end.expect(line) + 1..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    (name.into(), (out, value))
}

/// What promtool's linter minds.
fn lint(parsed: &Parsed) {
    for (name, kind) in &parsed.types {
        assert_eq!(
            kind == "counter",
            name.ends_with("_total"),
            "{name}: {kind}"
        );
        let units = [
            "_milliseconds",
            "_ms",
            "_ns",
            "_nanoseconds",
            "_us",
            "_kilobytes",
            "_mb",
            "_minutes",
        ];
        assert!(
            !units.iter().any(|u| name.contains(u)),
            "{name}: no base unit"
        );
        assert!(
            !name.contains("gauge") && !name.contains("counter"),
            "{name}"
        );
        assert!(
            name.starts_with("gompa_") || name.starts_with("process_"),
            "{name}"
        );
        assert!(name.chars().all(|c| !c.is_ascii_uppercase()), "{name}");
        if kind == "histogram" {
            histogram(parsed, name);
        }
    }
}

fn histogram(parsed: &Parsed, name: &str) {
    let (mut last, mut below) = (f64::NEG_INFINITY, 0.0);
    let buckets = &parsed.samples[&format!("{name}_bucket")];
    for (labels, n) in buckets {
        assert_eq!(labels[0].0, "le");
        let bound: f64 = labels[0].1.replace("+Inf", "inf").parse().unwrap();
        assert!(bound > last && *n >= below, "{name}: {labels:?} {n}");
        (last, below) = (bound, *n);
    }
    assert_eq!(last, f64::INFINITY, "{name}");
    assert_eq!(
        parsed.samples[&format!("{name}_count")][0].1,
        below,
        "{name}"
    );
    assert!(
        parsed.samples.contains_key(&format!("{name}_sum")),
        "{name}"
    );
}

#[test]
fn the_text_is_prometheus_and_says_what_is() {
    metrics::provide_heap(|| metrics::Heap {
        alive: 5 << 20,
        goal: 9 << 20,
        marking: 1_500_000_000,
        ..metrics::Heap::default()
    });
    let text = gompa_sched::Builder::new().procs(2).run(|| {
        let never = gompa_chan::make::<()>(0);
        let gates: Vec<_> = (0..7)
            .map(|_| {
                let never = never.clone();
                gompa_sched::go(move || never.recv())
            })
            .collect();
        while gompa_sched::debug::goroutines()
            .iter()
            .filter(|g| g.wait_reason == gompa_park::WaitReason::ChanReceive)
            .count()
            < 7
        {
            gompa_sched::gosched();
        }
        let text = metrics::text();
        never.close();
        gates.into_iter().for_each(|g| drop(g.join()));
        text
    });
    let parsed = parse(&text);
    lint(&parsed);
    let one = |name: &str, label: Option<(&str, &str)>| {
        let samples = &parsed.samples[name];
        let wanted = |(labels, _): &&Sample| match label {
            Some((k, v)) => labels.iter().any(|l| l.0 == k && l.1 == v),
            None => true,
        };
        samples
            .iter()
            .find(wanted)
            .unwrap_or_else(|| panic!("{name} {label:?}"))
            .1
    };
    assert_eq!(one("gompa_goroutines", Some(("state", "waiting"))), 7.0);
    assert_eq!(one("gompa_goroutines", Some(("state", "running"))), 1.0);
    assert_eq!(
        one("gompa_goroutines_waiting", Some(("reason", "chan receive"))),
        7.0
    );
    assert_eq!(one("gompa_gomaxprocs", None), 2.0);
    assert!(one("gompa_goroutines_created_total", None) >= 8.0);
    assert!(one("gompa_switches_total", None) >= 8.0);
    assert_eq!(one("gompa_gc_heap_live_bytes", None), f64::from(5 << 20));
    assert_eq!(one("gompa_gc_marking_seconds_total", None), 1.5);
    assert!(one("process_resident_memory_bytes", None) > 1e6);
    for name in [
        "gompa_steals_total",
        "gompa_handoffs_total",
        "gompa_threads_spinning",
        "gompa_netpoll_waiters",
        "gompa_timers",
        "gompa_run_queue_length",
        "gompa_sched_latency_seconds_bucket",
        "gompa_stalls_total",
    ] {
        assert!(parsed.samples.contains_key(name), "{name}");
    }
}

#[test]
fn whatever_a_label_holds() {
    let mut page = metrics::Page::default();
    let odd = "a\"b\\c\nd,e}f";
    page.metric(
        metrics::Kind::Gauge,
        "gompa_x",
        "Help.",
        [(vec![("l", odd.to_owned())], 1)],
    );
    page.histogram("gompa_h", "Help.", &[(Some(0.5), 2), (None, 1)], 3.5);
    let parsed = parse(&page.into_text());
    lint(&parsed);
    assert_eq!(parsed.samples["gompa_x"][0].0[0].1, odd);
    assert_eq!(parsed.samples["gompa_h_count"][0].1, 3.0);
}
