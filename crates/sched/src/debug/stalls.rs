//! Who held their thread for too long, undeclared: call sites, with how often and how long.
//!
//! The monitor notes a goroutine here whose P it has taken and that has not come back to the scheduler
//! for 10 ms; [`monitor::stalls`](crate::monitor) tells how it gets the stack. A site is a stack: the
//! addresses of its frames.

use crate::goroutine::GoroutineId;
use gompa_park::futex;
use gompa_park::lock::real::Lock;
use std::panic::Location;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// Sites that are remembered; later ones are counted together, as one without frames.
const MOST: usize = 256;

/// A call site that has held its thread.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stall {
    /// The addresses of the frames, innermost first, 10 ms into the stall; none if the stack could not
    /// be had.
    pub frames: Vec<usize>,
    /// The thread was asleep in the kernel: an undeclared blocking call. Else it computed.
    pub asleep: bool,
    /// How often, those that still last included.
    pub count: u64,
    /// How long together, of those that are over.
    pub total: Duration,
    /// The longest.
    pub longest: Duration,
    /// The last goroutine that did it, and where that was started.
    pub goroutine: GoroutineId,
    /// Where it was started.
    pub created_at: &'static Location<'static>,
}

impl Stall {
    /// One by `goroutine`, begun just now, with an unknown stack.
    pub fn unknown(goroutine: GoroutineId, created_at: &'static Location<'static>) -> Stall {
        Stall {
            frames: Vec::new(),
            asleep: false,
            count: 1,
            total: Duration::ZERO,
            longest: Duration::ZERO,
            goroutine,
            created_at,
        }
    }
}

static SITES: Lock<Vec<Stall>> = Lock::new(Vec::new());

/// Goes up with each stall that begins to be one.
static NEWS: AtomicU32 = AtomicU32::new(0);

/// The sites so far, in the order of their first stall.
pub fn stalls() -> Vec<Stall> {
    SITES.lock().clone()
}

/// Waits on the calling thread until there were other stalls than the `seen` ones, and returns how many
/// there were (modulo 2^32). Counts as a thread that wakes nobody.
pub fn wait_for_stall(seen: u32) -> u32 {
    let _asleep = gompa_park::thread::AsleepForGood::new();
    loop {
        let now = NEWS.load(SeqCst);
        if now != seen {
            return now;
        }
        futex::wait(&NEWS, seen, None);
    }
}

/// The monitor: a goroutine is in a stall. Returns the site's number, for [`end`].
pub(crate) fn begin(new: Stall) -> usize {
    let mut sites = SITES.lock();
    let same = |s: &Stall| s.asleep == new.asleep && s.frames == new.frames;
    let at = match sites.iter().position(same) {
        Some(at) => at,
        None if sites.len() < MOST => {
            sites.push(Stall {
                count: 0,
                ..new.clone()
            });
            sites.len() - 1
        }
        None => MOST - 1, // the last one stands for the rest
    };
    let site = &mut sites[at];
    site.count += 1;
    site.goroutine = new.goroutine;
    if at == MOST - 1 {
        site.frames.clear();
    }
    drop(sites);
    NEWS.fetch_add(1, SeqCst);
    futex::wake(&NEWS, i32::MAX);
    at
}

/// The monitor: it is over, after so long.
pub(crate) fn end(site: usize, lasted: Duration) {
    let site = &mut SITES.lock()[site];
    site.total += lasted;
    site.longest = site.longest.max(lasted);
}
