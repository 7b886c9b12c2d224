//! Random programs of timers and waits in two heaps, against a model that is a sorted map.
#![cfg(not(loom))]

use gompa_park::time::{NEVER, Nanos};
use gompa_park::timer::{Timer, Timers, WaitTimer};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

const TIMERS: usize = 6;
const SLEEPERS: usize = 4;

#[derive(Clone, Debug)]
enum Op {
    Reset {
        timer: usize,
        heap: usize,
        delay: Nanos,
        period: Nanos,
    },
    Stop(usize),
    Wait {
        sleeper: usize,
        heap: usize,
        delay: Nanos,
    },
    EndWait(usize),
    /// Time goes on, and the heaps are run.
    Run(Nanos),
    Sweep(usize),
    /// All from one heap to the other.
    Move(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let (heap, delay) = (0..2_usize, 0..60_u64);
    prop_oneof![
        6 => (0..TIMERS, heap.clone(), delay.clone(), 0..20_u64).prop_map(
            |(timer, heap, delay, period)| Op::Reset { timer, heap, delay, period }
        ),
        3 => (0..TIMERS).prop_map(Op::Stop),
        4 => (0..SLEEPERS, heap.clone(), delay)
            .prop_map(|(sleeper, heap, delay)| Op::Wait { sleeper, heap, delay }),
        2 => (0..SLEEPERS).prop_map(Op::EndWait),
        5 => (0..30_u64).prop_map(Op::Run),
        1 => heap.clone().prop_map(Op::Sweep),
        1 => heap.prop_map(Op::Move),
    ]
}

/// Who fired, and when it was due. Sleepers come after the timers.
type Log = Arc<Mutex<Vec<(usize, Nanos)>>>;

#[repr(C)]
struct Sleeper {
    timer: WaitTimer,
    seq: AtomicU32,
    /// The deadline of the wait that is on, and the heap it was inserted in.
    waits: Mutex<Option<(Nanos, usize)>>,
    name: usize,
    log: Log,
}

unsafe fn fire(target: NonNull<WaitTimer>, seq: u32) {
    // SAFETY: every target here is the first field of a Sleeper that outlives the heaps.
    let sleeper = unsafe { target.cast::<Sleeper>().as_ref() };
    if sleeper.seq.load(SeqCst) == seq
        && let Some((when, _)) = sleeper.waits.lock().unwrap().take()
    {
        sleeper.log.lock().unwrap().push((sleeper.name, when));
    }
}

/// When each pending one is due, and its period.
#[derive(Default)]
struct Model(BTreeMap<usize, (Nanos, Nanos)>);

impl Model {
    fn run(&mut self, now: Nanos) -> Vec<(usize, Nanos)> {
        let mut fired = Vec::new();
        self.0.retain(|&name, (when, period)| {
            if *when > now {
                return true;
            }
            fired.push((name, *when));
            if *period > 0 {
                while *when <= now {
                    *when += *period;
                }
            }
            *when > now
        });
        fired
    }

    fn next(&self) -> Nanos {
        self.0
            .values()
            .map(|&(when, _)| when)
            .min()
            .unwrap_or(NEVER)
    }
}

fn run(ops: Vec<Op>) -> Result<(), TestCaseError> {
    let log = Log::default();
    let timers: Vec<Timer> = (0..TIMERS)
        .map(|name| {
            let log = log.clone();
            Timer::new(move |fired| {
                assert!(fired.is_current() && fired.when <= fired.now);
                log.lock().unwrap().push((name, fired.when));
            })
        })
        .collect();
    let sleepers: Vec<Sleeper> = (0..SLEEPERS)
        .map(|i| Sleeper {
            // SAFETY: `fire` tells present waits from past ones.
            timer: unsafe { WaitTimer::new(fire) },
            seq: AtomicU32::new(0),
            waits: Mutex::new(None),
            name: TIMERS + i,
            log: log.clone(),
        })
        .collect();
    let end = |heaps: &[Arc<Timers>; 2], sleeper: &Sleeper| {
        let before = sleeper.waits.lock().unwrap().take();
        if let Some((_, heap)) = before {
            sleeper.seq.fetch_add(1, SeqCst);
            heaps[heap].note_dead_wait(&sleeper.timer);
        }
        before.is_some()
    };
    let heaps = [(); 2].map(|()| Arc::new(Timers::new(|_| {})));
    let mut model = Model::default();
    let mut now = 1000;
    for op in ops {
        match op {
            Op::Reset {
                timer,
                heap,
                delay,
                period,
            } => {
                let period = (period > 10).then_some(period);
                let was = timers[timer].reset_in(&heaps[heap], now + delay, period);
                let before = model.0.insert(timer, (now + delay, period.unwrap_or(0)));
                prop_assert_eq!(was, before.is_some());
            }
            Op::Stop(timer) => {
                prop_assert_eq!(timers[timer].stop(), model.0.remove(&timer).is_some());
            }
            Op::Wait {
                sleeper: i,
                heap,
                delay,
            } => {
                let sleeper = &sleepers[i];
                end(&heaps, sleeper);
                let seq = sleeper.seq.fetch_add(1, SeqCst) + 1;
                *sleeper.waits.lock().unwrap() = Some((now + delay, heap));
                // SAFETY: 1. sleepers outlive what the heaps do. 2. one thread.
                unsafe {
                    heaps[heap].insert_wait(now + delay, NonNull::from(sleeper).cast(), seq);
                }
                model.0.insert(TIMERS + i, (now + delay, 0));
            }
            Op::EndWait(i) => {
                let was = end(&heaps, &sleepers[i]);
                prop_assert_eq!(was, model.0.remove(&(TIMERS + i)).is_some());
            }
            Op::Run(by) => {
                now += by;
                heaps.iter().for_each(|heap| {
                    heap.run(now);
                });
                let mut fired = std::mem::take(&mut *log.lock().unwrap());
                fired.sort_unstable();
                prop_assert_eq!(fired, model.run(now));
            }
            Op::Sweep(heap) => heaps[heap].sweep(),
            Op::Move(from) => heaps[from].move_all_to(&heaps[1 - from]),
        }
        // Entries may be early, never late.
        prop_assert!(heaps[0].next().min(heaps[1].next()) <= model.next());
    }
    // After a sweep nothing but the truth is left.
    heaps.iter().for_each(|heap| heap.sweep());
    prop_assert_eq!(heaps[0].len() + heaps[1].len(), model.0.len());
    prop_assert_eq!(heaps[0].next().min(heaps[1].next()), model.next());
    for timer in &timers {
        timer.stop();
    }
    heaps.iter().for_each(|heap| heap.sweep());
    drop(timers);
    // The sleepers and we: every callback is freed.
    prop_assert_eq!(Arc::strong_count(&log), 1 + SLEEPERS);
    Ok(())
}

proptest! {
    #[test]
    fn agrees_with_a_sorted_map(ops in vec(op(), 0..200)) {
        run(ops)?;
    }
}
