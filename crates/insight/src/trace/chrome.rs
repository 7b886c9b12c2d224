//! From the recorder's events to those of a trace: slices of goroutines on Ps, arrows from who woke to
//! who was woken, waits, the collector's phases.
//!
//! The lanes are gone through together, by time: what happens on one P begins or ends things on
//! others. Whatever is open when the recording ends, or where a lane lost events, is closed there.

use super::row::{Row, Track};
use gompa_park::note::Note;
use gompa_park::time::Nanos;
use gompa_sched::trace::{Event, Left, Recording, What};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{self, Write};
use std::panic::Location;

/// Writes the whole file.
pub(super) fn write(recording: &Recording, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n")?;
    let mut drawing = Drawing::new(recording, out);
    drawing.name_tracks(recording)?;
    for (lane, event) in by_time(recording) {
        drawing.draw(lane, event)?;
    }
    drawing.close_all(recording.taken)?;
    out.write_all(b"\n]}\n")
}

/// The lane of those without a P.
const OUTSIDE: usize = usize::MAX;

/// All events in the order of their times; of one lane in its own.
fn by_time(recording: &Recording) -> Vec<(usize, &Event)> {
    let lanes = recording.procs.iter().enumerate();
    let lanes = lanes.chain([(OUTSIDE, &recording.outside)]);
    let mut all: Vec<(usize, &Event)> = lanes
        .flat_map(|(i, lane)| lane.events.iter().map(move |e| (i, e)))
        .collect();
    all.sort_by_key(|(_, e)| e.at);
    all
}

/// A slice that is open on a track.
struct Open {
    name: String,
    goroutine: u64,
    since: Nanos,
}

/// A goroutine that waits.
struct Wait {
    why: &'static str,
    since: Nanos,
}

struct Drawing<'a, W: Write> {
    out: &'a mut W,
    first: bool,
    origin: Nanos,
    /// What runs on each P.
    running: Vec<Option<Open>>,
    /// The collector's phase, within a cycle.
    phase: Option<&'static str>,
    waits: HashMap<u64, Wait>,
    /// Where and when those were woken, or started, that have not run since.
    woken: HashMap<u64, (Track, Nanos)>,
    sites: HashMap<u64, &'static Location<'static>>,
    arrows: u64,
}

impl<'a, W: Write> Drawing<'a, W> {
    fn new(recording: &Recording, out: &'a mut W) -> Self {
        let lanes = recording.procs.iter().chain([&recording.outside]);
        let firsts = lanes.filter_map(|lane| lane.events.first());
        Drawing {
            out,
            first: true,
            origin: firsts.map(|e| e.at).min().unwrap_or(recording.taken),
            running: recording.procs.iter().map(|_| None).collect(),
            phase: None,
            waits: HashMap::new(),
            woken: HashMap::new(),
            sites: HashMap::new(),
            arrows: 0,
        }
    }

    fn put(&mut self, row: Row<'_>) -> io::Result<()> {
        if !std::mem::take(&mut self.first) {
            self.out.write_all(b",\n")?;
        }
        serde_json::to_writer(&mut *self.out, &row)?;
        Ok(())
    }

    fn ts(&self, at: Nanos) -> f64 {
        at.saturating_sub(self.origin) as f64 / 1000.0
    }

    fn name_tracks(&mut self, recording: &Recording) -> io::Result<()> {
        let processes = [
            (Track::proc(0), "Ps"),
            (Track::COLLECTOR, "collector"),
            (Track::OUTSIDE, "without a P"),
            (Track::WAITS, "goroutines that wait"),
        ];
        for (track, name) in processes {
            self.name_track(track, "process_name", name)?;
            let mut order = track.row("M", "process_sort_index", "__metadata", 0.0);
            order.args.insert("sort_index".into(), track.pid.into());
            self.put(order)?;
        }
        for (i, lane) in recording.procs.iter().enumerate() {
            self.name_track(Track::proc(i), "thread_name", &lane.name)?;
        }
        self.name_track(Track::COLLECTOR, "thread_name", "cycles")?;
        self.name_track(Track::OUTSIDE, "thread_name", "threads, the monitor")
    }

    fn name_track(&mut self, track: Track, what: &'static str, name: &str) -> io::Result<()> {
        let mut row = track.row("M", what, "__metadata", 0.0);
        row.args.insert("name".into(), name.into());
        self.put(row)
    }

    fn draw(&mut self, lane: usize, event: &Event) -> io::Result<()> {
        let at = event.at;
        let track = if lane == OUTSIDE {
            Track::OUTSIDE
        } else {
            Track::proc(lane)
        };
        match event.what {
            What::Run(g, left) => {
                self.close(lane, at, left)?;
                self.open(lane, event, g)
            }
            What::Exit(g) => self.open(lane, event, g),
            What::Stop(left) => self.close(lane, at, left),
            What::Enter(g) => {
                self.close(lane, at, Left::None)?;
                let why = "blocking call";
                self.waits.insert(g, Wait { why, since: at });
                Ok(())
            }
            What::Create(g, site) => {
                self.sites.extend(site.map(|site| (g, site)));
                self.woken.insert(g, (track, at));
                let name = format!("go {}", self.name_of(g));
                self.instant(track, &name, event, &[])
            }
            What::Wake(g) => {
                self.end_wait(g, at)?;
                self.woken.insert(g, (track, at));
                let name = format!("wake G{g}");
                self.instant(track, &name, event, &[])
            }
            What::Start(thread) => {
                self.close(lane, at, Left::None)?;
                self.instant(track, "start", event, &[("thread", thread)])
            }
            What::Idle => {
                self.close(lane, at, Left::None)?;
                self.instant(track, "idle", event, &[])
            }
            What::Steal(from) => self.instant(track, "steal", event, &[("from P", from)]),
            What::Poll(n) => self.instant(track, "netpoll", event, &[("ready", n)]),
            What::Timers(n) => self.instant(track, "timers", event, &[("fired", n)]),
            What::Taken { proc, asleep } => {
                let name = if asleep {
                    "hand-off: its thread sleeps"
                } else {
                    "hand-off: held too long"
                };
                self.instant(track, name, event, &[("P", proc)])
            }
            What::Note(Note::MapResize, buckets) => self.instant(
                track,
                "map grows or shrinks",
                event,
                &[("buckets", buckets)],
            ),
            What::Note(note, number) => self.collector(note, number, event),
            What::Lost(n) => {
                if lane != OUTSIDE {
                    self.close(lane, at, Left::None)?;
                }
                self.instant(track, "events lost", event, &[("words", n)])
            }
            _ => Ok(()),
        }
    }

    fn name_of(&self, g: u64) -> String {
        match self.sites.get(&g) {
            Some(site) => format!("G{g} {}:{}", short(site.file()), site.line()),
            None => format!("G{g}"),
        }
    }

    fn instant(
        &mut self,
        track: Track,
        name: &str,
        event: &Event,
        args: &[(&str, u64)],
    ) -> io::Result<()> {
        let mut row = track.row("i", name, "sched", self.ts(event.at));
        for (key, value) in args {
            row.args.insert((*key).into(), (*value).into());
        }
        uncertain(&mut row, event);
        self.put(row)
    }

    /// `g` runs on that P from now on.
    fn open(&mut self, lane: usize, event: &Event, g: u64) -> io::Result<()> {
        self.close(lane, event.at, Left::None)?;
        self.end_wait(g, event.at)?;
        let name = self.name_of(g);
        let track = Track::proc(lane);
        let ts = self.ts(event.at);
        let mut row = track.row("B", &name, "goroutine", ts);
        row.args.insert("goroutine".into(), g.into());
        if let Some(site) = self.sites.get(&g) {
            row.args
                .insert("started at".into(), site.to_string().into());
        }
        uncertain(&mut row, event);
        self.put(row)?;
        if let Some((from, at)) = self.woken.remove(&g) {
            self.arrows += 1;
            for (ph, track, ts) in [("s", from, self.ts(at)), ("f", track, ts)] {
                let mut row = track.row(ph, "wake", "wake", ts);
                row.id = Some(self.arrows);
                self.put(row)?;
            }
        }
        self.running[lane] = Some(Open {
            name,
            goroutine: g,
            since: event.at,
        });
        Ok(())
    }

    /// Whatever runs on that P leaves it.
    fn close(&mut self, lane: usize, at: Nanos, left: Left) -> io::Result<()> {
        let Some(open) = self.running[lane].take() else {
            return Ok(());
        };
        let at = at.max(open.since);
        if let Left::Waits(reason) = left {
            let why = reason.text();
            self.waits.insert(open.goroutine, Wait { why, since: at });
        }
        let mut row = Track::proc(lane).row("E", &open.name, "goroutine", self.ts(at));
        if left != Left::None {
            row.args.insert("then".into(), left.text().into());
        }
        self.put(row)
    }

    fn end_wait(&mut self, g: u64, at: Nanos) -> io::Result<()> {
        let Some(wait) = self.waits.remove(&g) else {
            return Ok(());
        };
        for (ph, at) in [("b", wait.since), ("e", at.max(wait.since))] {
            let mut row = Track::WAITS.row(ph, wait.why, "wait", self.ts(at));
            row.id = Some(g);
            row.args.insert("goroutine".into(), g.into());
            self.put(row)?;
        }
        Ok(())
    }

    fn collector(&mut self, note: Note, number: u64, event: &Event) -> io::Result<()> {
        let ts = self.ts(event.at);
        let next = match note {
            Note::GcBegin => Some("sweep the rest"),
            Note::GcScan => Some("roots and stacks"),
            Note::GcMark => Some("mark"),
            Note::GcVerdict => Some("verdict"),
            Note::GcSweep => Some("sweep"),
            Note::GcDone => None,
            Note::GcAssist => {
                let args = [("microseconds", number / 1000)];
                return self.instant(Track::COLLECTOR, "assist", event, &args);
            }
            _ => return Ok(()),
        };
        match (note, self.phase.take()) {
            (Note::GcBegin, before) => {
                if let Some(before) = before {
                    self.put(Track::COLLECTOR.row("E", before, "gc", ts))?;
                    self.put(Track::COLLECTOR.row("E", "cycle", "gc", ts))?;
                }
                let mut row = Track::COLLECTOR.row("B", "cycle", "gc", ts);
                row.args.insert("goal, bytes".into(), number.into());
                self.put(row)?;
            }
            (_, Some(before)) => self.put(Track::COLLECTOR.row("E", before, "gc", ts))?,
            (_, None) => return Ok(()), // the cycle began before the recording
        }
        match next {
            Some(next) => {
                self.put(Track::COLLECTOR.row("B", next, "gc", ts))?;
                self.phase = Some(next);
            }
            None => self.put(Track::COLLECTOR.row("E", "cycle", "gc", ts))?,
        }
        if let Note::GcScan | Note::GcVerdict | Note::GcDone = note {
            let mut row = Track::COLLECTOR.row("C", "heap", "gc", ts);
            row.args.insert("bytes alive".into(), number.into());
            self.put(row)?;
        }
        Ok(())
    }

    /// The recording ends.
    fn close_all(&mut self, at: Nanos) -> io::Result<()> {
        for lane in 0..self.running.len() {
            self.close(lane, at, Left::None)?;
        }
        let mut waiting: Vec<u64> = self.waits.keys().copied().collect();
        waiting.sort_unstable();
        for g in waiting {
            self.end_wait(g, at)?;
        }
        if let Some(phase) = self.phase.take() {
            let ts = self.ts(at);
            self.put(Track::COLLECTOR.row("E", phase, "gc", ts))?;
            self.put(Track::COLLECTOR.row("E", "cycle", "gc", ts))?;
        }
        Ok(())
    }
}

/// By how much the event's time may be off, where it may be.
fn uncertain(row: &mut Row<'_>, event: &Event) {
    if event.within > 0 {
        let within = event.within as f64 / 1000.0;
        row.args.insert("within µs".into(), Value::from(within));
    }
}

/// The last two parts of a path.
fn short(path: &str) -> &str {
    match path.rmatch_indices('/').nth(1) {
        Some((at, _)) => &path[at + 1..],
        None => path,
    }
}
