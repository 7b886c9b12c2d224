//! The thread that collects: it sees to it that every thread of the process has a timer, and empties
//! the rings, ten times a second.

use super::super::samples::{Key, Samples, Site};
use super::signal::{HEAD, Slot, Timer};
use std::collections::{HashMap, HashSet};
use std::panic::Location;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

const EVERY: Duration = Duration::from_millis(100);

/// Slots that no thread uses at the moment.
static FREE: Mutex<Vec<&'static Slot>> = Mutex::new(Vec::new());

/// Profiling that goes on.
pub(super) struct Session {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Samples>,
}

impl Session {
    /// Takes a sample after each `period` nanoseconds of processor time.
    pub(super) fn start(period: u64) -> std::io::Result<Session> {
        let stop = Arc::new(AtomicBool::new(false));
        let its = stop.clone();
        let thread = std::thread::Builder::new()
            .name("gompa-profile".into())
            .spawn(move || Collector::new(period).run(&its))?;
        Ok(Session { stop, thread })
    }

    /// What was recorded.
    pub(super) fn stop(self) -> Samples {
        self.stop.store(true, SeqCst);
        self.thread.thread().unpark();
        let samples = self.thread.join();
        samples.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

struct Watched {
    slot: &'static Slot,
    name: String,
    timer: Timer,
}

struct Collector {
    period: u64,
    threads: HashMap<u32, Watched>,
    samples: Samples,
    lost: u64,
    record: Vec<u64>,
}

impl Collector {
    fn new(period: u64) -> Collector {
        let mut samples = Samples::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
        samples.period = Some((("cpu", "nanoseconds"), period as i64));
        samples.system_frames = true;
        Collector {
            period,
            threads: HashMap::new(),
            samples,
            lost: 0,
            record: Vec::new(),
        }
    }

    fn run(mut self, stop: &AtomicBool) -> Samples {
        // It wakes no goroutine.
        let _asleep = gompa_park::thread::AsleepForGood::new();
        let began = Instant::now();
        self.samples.time = SystemTime::now();
        while !stop.load(SeqCst) {
            self.watch_all();
            std::thread::park_timeout(EVERY);
            self.empty_rings();
        }
        self.samples.duration = Some(began.elapsed());
        let threads = std::mem::take(&mut self.threads);
        threads.into_values().for_each(|w| self.unwatch(w));
        if self.lost > 0 {
            let comment = format!("{} samples were lost: rings were full", self.lost);
            self.samples.comments.push(comment);
        }
        self.samples
    }

    /// Threads that have begun get a timer; those that have ended lose it.
    fn watch_all(&mut self) {
        let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
        let ids = tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok());
        let there_are: HashSet<u32> = ids.collect();
        let ended: Vec<u32> = self
            .threads
            .keys()
            .filter(|id| !there_are.contains(id))
            .copied()
            .collect();
        for id in ended {
            if let Some(watched) = self.threads.remove(&id) {
                self.unwatch(watched);
            }
        }
        for id in there_are {
            if self.threads.contains_key(&id) {
                continue;
            }
            let slot = free_slots()
                .pop()
                .unwrap_or_else(|| Box::leak(Box::new(Slot::new())));
            // Signals of an earlier session may have come late.
            while slot.ring.pop(&mut self.record) {}
            slot.ring.take_lost();
            // A thread that has just ended has no clock.
            match Timer::new(id, slot, self.period) {
                Ok(timer) => {
                    let name = std::fs::read_to_string(format!("/proc/self/task/{id}/comm"));
                    let name = name.unwrap_or_default().trim_end().to_owned();
                    self.threads.insert(id, Watched { slot, name, timer });
                }
                Err(_) => free_slots().push(slot),
            }
        }
    }

    fn unwatch(&mut self, watched: Watched) {
        drop(watched.timer);
        self.empty(watched.slot, &watched.name);
        free_slots().push(watched.slot);
    }

    fn empty_rings(&mut self) {
        let rings: Vec<_> = self
            .threads
            .values()
            .map(|w| (w.slot, w.name.clone()))
            .collect();
        rings.iter().for_each(|(slot, name)| self.empty(slot, name));
    }

    fn empty(&mut self, slot: &Slot, thread: &str) {
        let mut record = std::mem::take(&mut self.record);
        while slot.ring.pop(&mut record) {
            let (&[times, goroutine, site], frames) =
                record.split_first_chunk::<HEAD>().expect("a head");
            let stack: Vec<usize> = frames.iter().map(|at| *at as usize).collect();
            // SAFETY: null, or the address of a `&'static Location` that the handler exposed.
            let root: Option<Site> = unsafe {
                std::ptr::with_exposed_provenance::<Location<'static>>(site as usize).as_ref()
            };
            let mut key = Key::of(&stack);
            if goroutine == 0 {
                key.labels = vec![("thread", thread.to_owned())];
                key.instead = Some("[outside of goroutines]");
            } else {
                key.numbers = vec![("goroutine", goroutine as i64)];
                key.root = root;
            }
            let times = times as i64;
            self.samples.add(key, &[times, times * self.period as i64]);
        }
        self.record = record;
        self.lost += slot.ring.take_lost();
    }
}

fn free_slots() -> std::sync::MutexGuard<'static, Vec<&'static Slot>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}
