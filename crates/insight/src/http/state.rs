//! What the live page asks for: the runtime at this moment, as JSON; and stacks, as text.

use super::request::Request;
use crate::census::Census;
use crate::metrics::{heap, resident_bytes};
use crate::stall;
use gompa_park::note::Note;
use gompa_park::time;
use gompa_sched::Status;
use gompa_sched::debug::{
    GoroutineInfo, Look, MachineInfo, Of, ProcStats, each_stack, goroutines, machines, sched_stats,
};
use gompa_sched::trace::{What, outside_recording};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::time::Instant;

/// Notes of the collector that are given at the most.
const NOTES: usize = 400;
/// Goroutines whose stacks are looked at for one reason, at the most.
const STACKS: usize = 20_000;
/// Different stacks shown at the most.
const SHOWN: usize = 40;

/// The state. Every goroutine is looked at, some tens of nanoseconds each: `cost` says how long that
/// took, for the page to ask less often where it is long.
pub(super) fn json() -> String {
    let began = Instant::now();
    let all = goroutines();
    let census = Census::of(&all);
    let stats = sched_stats();
    let stalls = stall::totals();
    let reasons = census.reasons.iter();
    let state = json!({
        "now": time::now() / 1000,
        "process": std::process::id(),
        "program": program(),
        "goroutines": stats.goroutines,
        "system": stats.system_goroutines,
        "states": census.states.iter().map(|(s, n)| json!([s, n])).collect::<Vec<_>>(),
        "reasons": reasons.map(|(r, n)| json!([r.text(), n])).collect::<Vec<_>>(),
        "procs": stats.procs.iter().map(proc).collect::<Vec<_>>(),
        "machines": machines().iter().map(machine).collect::<Vec<_>>(),
        "blocked": blocked(&all),
        "global": stats.global_queue,
        "spinning": stats.spinning_threads,
        "idleThreads": stats.idle_threads,
        "idleProcs": stats.idle_procs,
        "netpoll": stats.netpoll_waiters,
        "spawned": stats.spawned,
        "handoffs": [stats.handoffs - stats.handoffs_blocked, stats.handoffs_blocked],
        "latency": stats.latency.buckets,
        "stalls": { "count": stalls.count, "ms": stalls.nanos / 1_000_000 },
        "resident": resident_bytes(),
        "heap": heap().map(|h| json!({
            "alive": h.alive, "goal": h.goal, "inUse": h.in_use, "idle": h.idle,
            "cycles": h.cycles, "marking": h.marking, "assists": h.assists,
        })),
        "gc": collector(),
        "cost": began.elapsed().as_micros() as u64,
    });
    state.to_string()
}

fn program() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn proc(p: &ProcStats) -> Value {
    json!({
        "idle": p.idle, "queue": p.queue, "next": p.has_next, "ticks": p.sched_ticks,
        "switches": p.switches, "steals": p.steals, "timers": p.timers, "fired": p.timers_fired,
    })
}

fn machine(m: &MachineInfo) -> Value {
    let runs = m.goroutine.as_ref();
    json!({
        "thread": m.thread, "proc": m.proc, "busy": m.busy,
        "g": runs.map(|g| g.id.as_u64()),
        "at": runs.map(place),
        "syscall": runs.is_some_and(|g| g.status == Status::Syscall),
    })
}

fn place(g: &GoroutineInfo) -> String {
    let file = g.created_at.file();
    let short = file
        .rmatch_indices('/')
        .nth(1)
        .map_or(file, |(at, _)| &file[at + 1..]);
    format!("{short}:{}", g.created_at.line())
}

/// Those that have waited longest, some for each reason.
fn blocked(all: &[GoroutineInfo]) -> Value {
    let mut oldest: Vec<&GoroutineInfo> =
        all.iter().filter(|g| g.waiting_since.is_some()).collect();
    let most = oldest.len().min(8);
    if most > 0 {
        oldest.select_nth_unstable_by_key(most - 1, |g| g.waiting_since);
        oldest.truncate(most);
        oldest.sort_by_key(|g| g.waiting_since);
    }
    let shown = oldest.iter().map(|g| {
        let since = g
            .waiting_since
            .map_or(0, |s| s.elapsed().as_millis() as u64);
        json!([g.id.as_u64(), g.wait_reason.text(), since, place(g)])
    });
    shown.collect()
}

/// The collector's last notes: microseconds, phase, number.
fn collector() -> Value {
    let lane = outside_recording();
    let notes = lane.events.iter().filter_map(|e| match e.what {
        What::Note(note, n) => {
            let phase = match note {
                Note::GcBegin => "begin",
                Note::GcScan => "scan",
                Note::GcMark => "mark",
                Note::GcVerdict => "verdict",
                Note::GcSweep => "sweep",
                Note::GcDone => "done",
                _ => return None,
            };
            Some(json!([e.at / 1000, phase, n]))
        }
        _ => None,
    });
    let mut notes: Vec<Value> = notes.collect();
    notes.drain(..notes.len().saturating_sub(NOTES));
    notes.into()
}

/// The stacks of those that wait for `?reason=`, or are in `?state=`: equal ones together, the most
/// frequent first.
pub(super) fn stacks(request: &Request) -> String {
    let (reason, state) = (request.parameter("reason"), request.parameter("state"));
    let wanted = |g: &GoroutineInfo| match (&reason, &state) {
        (Some(reason), _) => g.status == Status::Waiting && g.wait_reason.text() == reason,
        (_, Some(state)) => g.status.text() == state,
        _ => true,
    };
    /// Frames and where started; how many, and the first ids.
    type Groups = HashMap<(Option<Vec<usize>>, String), (usize, String)>;
    let mut groups = Groups::new();
    let (mut seen, mut cut) = (0, false);
    each_stack(Look::at(Of::Mine), |g| {
        if !wanted(&g.info) {
            return ControlFlow::Continue(());
        }
        if seen == STACKS {
            cut = true;
            return ControlFlow::Break(());
        }
        seen += 1;
        let key = (g.frames.clone(), place(&g.info));
        let group = groups.entry(key).or_insert((0, String::new()));
        group.0 += 1;
        if group.0 <= 6 {
            let _ = write!(group.1, " {}", g.info.id);
        }
        ControlFlow::Continue(())
    });
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
    let mut out = match cut {
        true => format!("the first {STACKS} goroutines; there are more\n\n"),
        false => format!("{seen} goroutines\n\n"),
    };
    let mut names = gompa_unwind::names::Names::new();
    for ((frames, place), (n, ids)) in groups.iter().take(SHOWN) {
        let more = if *n > 6 { " ..." } else { "" };
        let _ = writeln!(out, "{n} started at {place}: goroutine{ids}{more}");
        out += &text_of(frames.as_deref(), &mut names);
        out.push('\n');
    }
    if groups.len() > SHOWN {
        let _ = writeln!(out, "... and {} other stacks", groups.len() - SHOWN);
    }
    out
}

fn text_of(frames: Option<&[usize]>, names: &mut gompa_unwind::names::Names) -> String {
    let Some(frames) = frames else {
        return "  (running, or not begun: no stack)\n".into();
    };
    let mut out = String::new();
    for address in gompa_unwind::names::places(frames) {
        for frame in names.of(address).iter() {
            if gompa_sched::debug::is_ours(&frame.function) {
                continue;
            }
            let file = frame.file.as_deref().map(|f| f.display().to_string());
            let _ = writeln!(
                out,
                "  {}\n      {}:{}",
                frame.function,
                file.unwrap_or_else(|| "?".into()),
                frame.line
            );
        }
    }
    out
}
