//! Samples as text: Go's `debug=1`, which `go tool pprof` reads, too.
//!
//! ```text
//! goroutine profile: total 7
//! 3 @ 0x43e2ee 0x40967a 0x47a1ac
//! # labels: {"state":"chan receive", "created":"src/main.rs:12"}
//! #   0x47a1ab    my_crate::worker+0x2b   src/worker.rs:12
//! ```
//! (with tabs).

use super::Profile;
use super::samples::{Key, Samples};
use gompa_sched::debug::is_ours;
use gompa_unwind::names::Names;
use std::io::{self, Write};

/// Writes `samples`, taken of `profile`.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(profile: Profile, mut samples: Samples, out: &mut dyn Write) -> io::Result<()> {
    let heap = matches!(profile, Profile::Heap | Profile::Allocs);
    let contention = matches!(profile, Profile::Block | Profile::Mutex);
    if contention {
        // Delays are in nanoseconds, which Go would call cycles.
        let name = if profile == Profile::Block {
            "contention"
        } else {
            "mutex"
        };
        writeln!(out, "--- {name}:\ncycles/second=1000000000")?;
        if profile == Profile::Mutex {
            let period = samples.period.map_or(1, |p| p.1);
            writeln!(out, "sampling period={period}")?;
        }
    } else if heap {
        // Go's first line: in use, and ever allocated, each objects and bytes.
        let mut sums = [0_i64; 4];
        for (_, values) in samples.sorted() {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = sum.saturating_add(*value);
            }
        }
        let rate = samples.period.map_or(0, |p| p.1);
        writeln!(
            out,
            "heap profile: {} @ heap/{}",
            in_use_and_all(&sums),
            rate.saturating_mul(2)
        )?;
    } else {
        writeln!(out, "{} profile: total {}", profile.name(), samples.total())?;
    }
    for comment in &samples.comments {
        writeln!(out, "# {comment}")?;
    }
    let mut names = Names::new();
    samples.trim(&mut names);
    for (key, values) in samples.sorted() {
        match (contention, values) {
            (true, [count, delay, ..]) => write!(out, "{delay} {count} @")?,
            _ if heap => write!(out, "{} @", in_use_and_all(values))?,
            _ => write!(out, "{} @", values[0])?,
        }
        for at in &key.stack {
            write!(out, " {:#x}", at + 1)?;
        }
        writeln!(out)?;
        write_labels(key, out)?;
        write_stack(key, samples.system_frames, &mut names, out)?;
        writeln!(out)?;
    }
    Ok(())
}

/// `1: 32 [5: 160]` of the heap's four values.
fn in_use_and_all(values: &[i64]) -> String {
    match values {
        [all, all_bytes, now, now_bytes] => format!("{now}: {now_bytes} [{all}: {all_bytes}]"),
        _ => String::new(),
    }
}

fn write_labels(key: &Key, out: &mut dyn Write) -> io::Result<()> {
    let words = key
        .labels
        .iter()
        .map(|(name, word)| format!("{name:?}:{word:?}"));
    let numbers = key
        .numbers
        .iter()
        .map(|(name, n)| format!("{name:?}:\"{n}\""));
    let labels: Vec<String> = words.chain(numbers).collect();
    if labels.is_empty() {
        return Ok(());
    }
    writeln!(out, "# labels: {{{}}}", labels.join(", "))
}

fn write_stack(key: &Key, system: bool, names: &mut Names, out: &mut dyn Write) -> io::Result<()> {
    if let Some((what, site)) = key.allocated {
        writeln!(out, "#\t{what}\t{}:{}", site.file(), site.line())?;
    }
    for at in &key.stack {
        for frame in names.of(*at).iter() {
            if !system && is_ours(&frame.function) {
                continue;
            }
            let into = at.saturating_sub(frame.start);
            let file = frame.file.as_ref().map(|f| f.display().to_string());
            writeln!(
                out,
                "#\t{at:#x}\t{}+{into:#x}\t{}:{}",
                frame.function,
                file.as_deref().unwrap_or("?"),
                frame.line
            )?;
        }
    }
    if let Some(instead) = key.instead {
        writeln!(out, "#\t{instead}")?;
    }
    if let Some(site) = key.root {
        writeln!(out, "#\tcreated by go\t{}:{}", site.file(), site.line())?;
    }
    Ok(())
}
