//! What is run after objects have died: destructors, cleanups, finalizers; on a thread of its own.
//!
//! Destructors belong to values in the heap ([`destroy`]). A cleanup belongs to an object and runs
//! after it was found unreachable. A finalizer gets the object back: it is kept for one more cycle,
//! together with all it points to.

use super::hooks;
use crate::api::scope::{Scope, scope};
use crate::heap::region::region;
use gompa_park::lock::real::Lock;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::atomic::fence;
use std::sync::{Condvar, Mutex, Once, PoisonError};

/// Something to run.
enum Job {
    /// The destructor of the object at this address.
    Destroy(usize),
    /// A cleanup.
    Run(Cleanup),
    /// A finalizer, and its object.
    Finalize(Finalizer, usize),
}

/// A function of a user's.
type Cleanup = Box<dyn FnOnce() + Send>;

/// A function of a user's, and the one that knows its type.
pub(crate) struct Finalizer {
    /// Given `f`, a scope, and the address of an object that the scope holds.
    pub(crate) call: unsafe fn(*const (), &Scope, usize),
    pub(crate) f: *const (),
}

// SAFETY: a function pointer.
unsafe impl Send for Finalizer {}

static JOBS: Mutex<Vec<Job>> = Mutex::new(Vec::new());
static BELL: Condvar = Condvar::new();
/// Jobs that panicked.
static PANICS: AtomicU64 = AtomicU64::new(0);
/// Jobs done.
static DONE: AtomicU64 = AtomicU64::new(0);

/// What was registered for objects, by address.
static REGISTERED: Lock<Option<Registered>> = Lock::new(None);

#[derive(Default)]
struct Registered {
    cleanups: HashMap<usize, Vec<(u64, Cleanup)>>,
    finalizers: HashMap<usize, Finalizer>,
    tickets: u64,
    /// Objects whose finalizers wait to be run: they are alive until then.
    waiting: HashMap<usize, usize>,
}

fn registered<R>(f: impl FnOnce(&mut Registered) -> R) -> R {
    f(REGISTERED.lock().get_or_insert_with(Registered::default))
}

fn queue(jobs: impl IntoIterator<Item = Job>) {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let thread = std::thread::Builder::new().name("gompa-gc-cleanup".into());
        if let Err(e) = thread.spawn(run) {
            panic!("gompa-gc: cannot start the cleanup thread: {e}");
        }
    });
    JOBS.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .extend(jobs);
    BELL.notify_one();
}

/// The object's destructor is to run. It stays allocated until that is done.
pub(crate) fn destroy(object: usize) {
    queue([Job::Destroy(object)]);
}

fn run() {
    loop {
        let jobs = {
            let mut jobs = JOBS.lock().unwrap_or_else(PoisonError::into_inner);
            let asleep = gompa_park::thread::AsleepForGood::new();
            while jobs.is_empty() {
                jobs = BELL.wait(jobs).unwrap_or_else(PoisonError::into_inner);
            }
            drop(asleep);
            std::mem::take(&mut *jobs)
        };
        for job in jobs {
            if catch_unwind(AssertUnwindSafe(|| job.run())).is_err() {
                PANICS.fetch_add(1, Relaxed);
            }
            DONE.fetch_add(1, Relaxed);
        }
    }
}

impl Job {
    fn run(self) {
        match self {
            Job::Run(f) => f(),
            Job::Destroy(object) => {
                /// Frees the cell, also when the destructor panics.
                struct Free(usize);
                impl Drop for Free {
                    fn drop(&mut self) {
                        // What was done to the cell comes before what its next owner does.
                        fence(Release);
                        // The last thing done to it: the next sweep clears the other bit.
                        region().born.clear(self.0);
                    }
                }
                let _free = Free(region().granule(object));
                let desc = region().span_of(object).desc();
                let drop = desc.drop.expect("only such objects are queued");
                // SAFETY: of that type, found unreachable, and queued once.
                unsafe { drop(std::ptr::with_exposed_provenance_mut(object)) }
            }
            Job::Finalize(f, object) => scope(|s| {
                // In a slot before it is let go; shaded, for this thread may have been scanned and
                // nobody else needs to hold it.
                s.adopt(|| object);
                registered(|r| {
                    if let Some(n) = r.waiting.get_mut(&object) {
                        *n -= 1;
                        if *n == 0 {
                            r.waiting.remove(&object);
                        }
                    }
                });
                // SAFETY: 1. made together. 2. registered for such an object, which a slot holds.
                unsafe { (f.call)(f.f, s, object) }
            }),
        }
    }
}

/// Registers a cleanup for the object; its ticket.
pub(crate) fn add(object: usize, f: Cleanup) -> u64 {
    registered(|r| {
        r.tickets += 1;
        let ticket = r.tickets;
        r.cleanups.entry(object).or_default().push((ticket, f));
        ticket
    })
}

/// Takes a cleanup back; false if it is too late.
pub(crate) fn stop(object: usize, ticket: u64) -> bool {
    let found = registered(|r| {
        let list = r.cleanups.get_mut(&object)?;
        let at = list.iter().position(|c| c.0 == ticket)?;
        let taken = list.swap_remove(at);
        if list.is_empty() {
            r.cleanups.remove(&object);
        }
        Some(taken)
    });
    found.is_some() // dropped here, outside of the lock
}

/// Sets the object's finalizer; false if it has one.
pub(crate) fn set_finalizer(object: usize, f: Finalizer) -> bool {
    use std::collections::hash_map::Entry;
    let refused = registered(|r| match r.finalizers.entry(object) {
        Entry::Occupied(_) => Some(f),
        Entry::Vacant(place) => {
            place.insert(f);
            None
        }
    });
    refused.is_none()
}

/// Nothing but what is marked is reachable, as it seems: what has a finalizer is queued and kept,
/// and so is what still waits for one.
pub(super) fn resurrect(is_marked: impl Fn(usize) -> bool, mut keep: impl FnMut(usize)) {
    let jobs = registered(|r| {
        let dead = r.finalizers.extract_if(|object, _| !is_marked(*object));
        let jobs: Vec<(usize, Finalizer)> = dead.collect();
        for (object, _) in &jobs {
            *r.waiting.entry(*object).or_default() += 1;
        }
        r.waiting.keys().for_each(|object| keep(*object));
        jobs
    });
    if !jobs.is_empty() {
        queue(jobs.into_iter().map(|(object, f)| Job::Finalize(f, object)));
    }
}

/// Calls `f` with each object whose finalizer is to run.
pub(super) fn each_waiting(mut f: impl FnMut(usize)) {
    registered(|r| r.waiting.keys().for_each(|object| f(*object)));
}

/// What is not marked is unreachable: its cleanups run.
pub(super) fn release(is_marked: impl Fn(usize) -> bool) {
    let jobs = registered(|r| {
        let dead = r.cleanups.extract_if(|object, _| !is_marked(*object));
        let jobs: Vec<Job> = dead
            .flat_map(|(_, l)| l)
            .map(|(_, f)| Job::Run(f))
            .collect();
        jobs
    });
    if !jobs.is_empty() {
        queue(jobs);
    }
}

/// A cycle is over: who wants to know is told.
pub(super) fn after_cycle() {
    if hooks::is_any() {
        queue([Job::Run(Box::new(hooks::after_cycle))]);
    }
}

/// Runs `f` after all that has been queued so far, where code of a user's may run.
pub(super) fn run_soon(f: impl FnOnce() + Send + 'static) {
    queue([Job::Run(Box::new(f))]);
}

/// Jobs done, and how many of them panicked.
pub(crate) fn counts() -> (u64, u64) {
    (DONE.load(Relaxed), PANICS.load(Relaxed))
}
