//! The life of an M: its thread begins, looks for goroutines and runs them, ends.

use super::M;
use crate::fatal;
use crate::find;
use crate::goroutine::G;
use crate::host;
use crate::processor::P;
use crate::runtime::Sched;
use crate::stack::overflow;
use crate::switch;
use gompa_park::lock::real::Lock;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::thread;

/// Bytes of an M's own stack. The scheduler and timers' callbacks run there.
const HOME_STACK: usize = 256 << 10;

/// The Ms of a runtime.
pub(crate) struct Machines {
    /// Threads begun and not ended.
    count: AtomicUsize,
    list: Lock<List>,
}

struct List {
    /// Ms whose threads run.
    all: Vec<NonNull<M>>,
    /// To wait for at the end.
    threads: Vec<thread::JoinHandle<()>>,
    /// How many there have been.
    made: u32,
}

// SAFETY: Ms take themselves off the list before they end.
unsafe impl Send for List {}

impl Machines {
    pub(crate) const fn new() -> Self {
        Machines {
            count: AtomicUsize::new(0),
            list: Lock::new(List {
                all: Vec::new(),
                threads: Vec::new(),
                made: 0,
            }),
        }
    }

    /// Threads there are.
    pub(crate) fn count(&self) -> usize {
        self.count.load(SeqCst)
    }

    /// How many there have been, and the kernel's ids of those there are.
    pub(crate) fn census(&self) -> (u32, Vec<u32>) {
        let list = self.list.lock();
        // SAFETY: on the list, hence alive.
        let tids = list.all.iter().map(|m| unsafe { m.as_ref() }.tid);
        (list.made, tids.collect())
    }

    /// Calls `f` with each M, if that takes no waiting. For who has stopped every other thread.
    pub(crate) fn try_for_each(&self, mut f: impl FnMut(&M)) {
        if let Some(list) = self.list.try_lock() {
            // SAFETY: on the list, hence alive.
            list.all.iter().for_each(|m| f(unsafe { m.as_ref() }));
        }
    }

    /// Calls `f` with each M; none begins or ends meanwhile.
    pub(crate) fn for_each(&self, mut f: impl FnMut(&M)) {
        let list = self.list.lock();
        // SAFETY: on the list, hence alive.
        list.all.iter().for_each(|m| f(unsafe { m.as_ref() }));
    }

    /// Calls `f` with the M that seems to hold `p`, which does not end meanwhile.
    pub(crate) fn with_holder<R>(&self, p: &P, f: impl FnOnce(&M) -> Option<R>) -> Option<R> {
        let list = self.list.try_lock()?;
        // SAFETY: on the list, hence alive.
        let mut ms = list.all.iter().map(|m| unsafe { m.as_ref() });
        f(ms.find(|m| std::ptr::eq(m.tenure.peek(), p))?)
    }

    /// The threads that have ended or will; for the runtime's end.
    pub(crate) fn take_threads(&self) -> Vec<thread::JoinHandle<()>> {
        std::mem::take(&mut self.list.lock().threads)
    }
}

/// What a new M is given.
struct Start {
    sched: Arc<Sched>,
    p: Option<NonNull<P>>,
    spinning: bool,
}

// SAFETY: the P is handed over.
unsafe impl Send for Start {}

impl Sched {
    /// Starts a thread, which begins with `p`.
    ///
    /// The process ends where a thread more than allowed would be needed: everything else would
    /// stall the goroutines for whom it is needed.
    pub(crate) fn new_machine(&self, p: Option<NonNull<P>>, spinning: bool) {
        let count = self.machines.count.fetch_add(1, SeqCst) + 1;
        let most = self.config.max_threads;
        if count > most {
            fatal::error(
                self,
                &format!("runtime: program exceeds {most}-thread limit"),
                "thread exhaustion",
            );
        }
        let index = {
            let mut list = self.machines.list.lock();
            list.made += 1;
            list.made - 1
        };
        let start = Start {
            sched: self.strong(),
            p,
            spinning,
        };
        // On the thread's own thread-locals: making a thread touches many of libc's.
        let spawned = switch::on_carrier(move || {
            thread::Builder::new()
                .name(format!("gompa-m{index}"))
                .stack_size(HOME_STACK)
                .spawn(move || machine(start))
        });
        match spawned {
            Ok(thread) => {
                let mut list = self.machines.list.lock();
                list.threads.retain(|t| !t.is_finished());
                list.threads.push(thread);
            }
            Err(e) => fatal::error(
                self,
                &format!("runtime: failed to create new OS thread (have {count} already): {e}"),
                "newosproc",
            ),
        }
    }
}

/// What an M's thread runs.
fn machine(start: Start) {
    let Start { sched, p, spinning } = start;
    let _alternate = overflow::AlternateStack::install();
    let m = M::new(sched.clone());
    if let Some(p) = p {
        m.take_p(p);
    }
    m.spinning.set(spinning);
    sched.machines.list.lock().all.push(NonNull::from(&m));
    // SAFETY: the M outlives this; the thread-local is this thread's own.
    unsafe { gompa_park::host::enter(Some(host::home(&m))) };

    let half_done = fatal::AbortOnPanic("gompa: the scheduler panicked");
    m.work();
    std::mem::forget(half_done);

    // SAFETY: a plain thread again.
    unsafe { gompa_park::host::enter(None) };
    m.carrier.flush();
    let me = NonNull::from(&m);
    sched.machines.list.lock().all.retain(|other| *other != me);
    sched.machines.count.fetch_sub(1, SeqCst);
}

impl M {
    fn work(&self) {
        loop {
            self.settle();
            if !self.locked.get().is_null() {
                self.wait_for_locked();
            }
            let (g, inherits) = match self.picked.take() {
                Some(g) => (g, false),
                None => match find::find_runnable(self) {
                    Some(found) => found,
                    None => return,
                },
            };
            self.found_work();
            // SAFETY: taken from a queue: ours.
            let owner = unsafe { g.as_ref() }.locked_to.get();
            if !owner.is_null() && !std::ptr::eq(owner, self) {
                self.give_to_owner(g, owner);
                continue;
            }
            self.execute(g, inherits);
        }
    }

    /// No longer looking. Was this the one who looked, another one shall.
    fn found_work(&self) {
        self.lingers.set(0);
        if self.spinning.replace(false) {
            self.sched().global.wakes.stop_spinning();
            self.sched().wake_p();
        }
    }

    /// `g` runs on its own thread only: that one gets it, and our P with it.
    fn give_to_owner(&self, g: NonNull<G>, owner: *const M) {
        let p = self.tenure.hold(None).expect("who finds work holds a P");
        // SAFETY: an M with a goroutine locked to it does not end; it waits for its note, so its
        // cells are ours until we ring.
        let owner = unsafe { &*owner };
        owner.picked.set(Some(g));
        owner.next_p.store(p.as_ptr(), Relaxed);
        owner.note.ring();
    }

    /// Home, with a goroutine locked to this thread that does not run now: gives the P away and
    /// waits until somebody brings that goroutine, and a P.
    fn wait_for_locked(&self) {
        if let Some(p) = self.tenure.hold(None) {
            self.sched().hand_off(p);
        }
        self.note.sleep(gompa_park::time::NEVER);
        find::take_handed_p(self);
    }
}

impl Drop for M {
    fn drop(&mut self) {
        debug_assert!(self.left.is_empty());
        debug_assert!(self.tenure.held().is_none());
    }
}
