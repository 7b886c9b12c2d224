//! What the scheduler is to [`gompa_park`]: the host of goroutines. Every way into the runtime from
//! a goroutine begins with [`enter`] and ends with `tenure.leave`.

use crate::debug;
use crate::goroutine::park_word::Resumed;
use crate::goroutine::task::Task;
use crate::goroutine::{G, Status};
use crate::machine::switching::switch_away;
use crate::machine::{Commit, M};
use crate::runtime::Sched;
use crate::trace;
use gompa_park::cut::{Cutting, Entry};
use gompa_park::host::{Host, Vtable};
use gompa_park::time::{self, ENDLESS, NEVER, Nanos};
use gompa_park::timer::Timers;
use gompa_park::waiter::Then;
use gompa_park::{WaitReason, Wake};
use std::cell::Cell;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;

static VTABLE: Vtable = Vtable {
    park,
    unpark,
    yield_now,
    timers,
    spawn,
    cutting: Some(&Cutting {
        entries,
        number,
        cut,
    }),
};

/// The scheduler itself, on an M's own stack: it runs timers' callbacks.
static HOME: Vtable = Vtable {
    park: home::park,
    unpark: home::unpark,
    yield_now: home::yield_now,
    timers: home::timers,
    spawn: home::spawn,
    cutting: None,
};

/// An M at home as a host.
pub(crate) fn home(m: &M) -> Host {
    Host {
        data: NonNull::from(m).cast(),
        vtable: &HOME,
    }
}

/// A goroutine as a host.
pub(crate) fn of(g: &G) -> Host {
    Host {
        data: NonNull::from(g).cast(),
        vtable: &VTABLE,
    }
}

/// The goroutine that runs here.
#[inline]
pub(crate) fn goroutine() -> Option<&'static G> {
    let host = gompa_park::host::current()?;
    // SAFETY: with our vtable `data` is a goroutine, alive while it runs. The reference is used by
    // that goroutine alone, which cannot outlive itself.
    std::ptr::eq(host.vtable, &VTABLE).then(|| unsafe { host.data.cast().as_ref() })
}

/// The M that carries `g`, which runs here.
#[inline(always)]
pub(crate) fn machine(g: &G) -> &M {
    // SAFETY: written before each resume; an M lives while it carries a goroutine. Read afresh each
    // time: after a switch it may be another.
    unsafe { &*g.m.as_ptr().read_volatile() }
}

/// The running goroutine goes into the runtime; gives the M that carries it.
#[inline(always)]
pub(crate) fn enter(g: &G) -> &M {
    let m = machine(g);
    m.tenure.enter();
    m
}

/// Whether the code that runs here may wait until `sched` has ended: it is no part of it.
pub(crate) fn may_wait_for(sched: &Sched) -> bool {
    match gompa_park::host::current() {
        Some(host) if std::ptr::eq(host.vtable, &HOME) => false,
        _ => goroutine().is_none_or(|g| !std::ptr::eq(g.rt.as_ptr(), sched)),
    }
}

/// Who calls the runtime.
pub(crate) enum Caller<'a> {
    /// A goroutine, now inside.
    Goroutine(&'a G, &'a M),
    /// The scheduler itself: a timer's callback, say. Inside anyway.
    Scheduler(&'a M),
    /// A thread that is none of ours.
    Thread,
}

impl Caller<'_> {
    #[inline]
    pub(crate) fn here() -> Caller<'static> {
        let Some(host) = gompa_park::host::current() else {
            return Caller::Thread;
        };
        if std::ptr::eq(host.vtable, &VTABLE) {
            // SAFETY: with that vtable `data` is the running goroutine.
            let g: &G = unsafe { host.data.cast().as_ref() };
            Caller::Goroutine(g, enter(g))
        } else if std::ptr::eq(host.vtable, &HOME) {
            // SAFETY: with that vtable `data` is the M of this thread.
            Caller::Scheduler(unsafe { host.data.cast().as_ref() })
        } else {
            Caller::Thread
        }
    }

    #[inline]
    pub(crate) fn leave(self) {
        if let Caller::Goroutine(_, m) = self {
            m.tenure.leave();
        }
    }

    /// The M, if it belongs to the runtime `rt`.
    #[inline]
    pub(crate) fn machine_of(&self, rt: NonNull<Sched>) -> Option<&M> {
        match self {
            Caller::Goroutine(_, m) | Caller::Scheduler(m) if m.rt == rt => Some(m),
            _ => None,
        }
    }
}

unsafe fn unpark(data: NonNull<()>) {
    let g = data.cast::<G>();
    // SAFETY: it waits for this very call, so it is alive.
    let word = unsafe { &g.as_ref().park };
    // SAFETY: as above; the runtime of a goroutine does not change.
    let rt = unsafe { g.as_ref() }.rt;
    let caller = Caller::here();
    let mut outsider = None;
    match caller.machine_of(rt) {
        Some(m) => m.unpark(g, word),
        None => {
            // SAFETY: a runtime outlives its goroutines. But this one may be the last, and the
            // runtime end before we are done here; hence as another owner.
            let sched = outsider.insert(unsafe { rt.as_ref() }.strong());
            if word.notify() {
                sched.push_from_outside(g);
            }
        }
    }
    caller.leave();
}

/// Queues a goroutine that the caller has taken out of its wait.
pub(crate) fn runnable(g: NonNull<G>) {
    // SAFETY: taken out of its wait: ours.
    let rt = unsafe { g.as_ref() }.rt;
    let caller = Caller::here();
    match caller.machine_of(rt) {
        Some(m) => m.make_woken_runnable(g),
        None => {
            // SAFETY: a runtime outlives its goroutines.
            let sched = unsafe { rt.as_ref() };
            // SAFETY: as above.
            unsafe { g.as_ref() }.set_status(Status::Runnable);
            sched.push_from_outside(g);
        }
    }
    caller.leave();
}

unsafe fn park(
    data: NonNull<()>,
    reason: WaitReason,
    deadline: Nanos,
    mut then: Option<Then>,
) -> Wake {
    // SAFETY: the running goroutine.
    let g: &G = unsafe { data.cast().as_ref() };
    let m = enter(g);
    let sched = m.sched();
    if let Some(wake) = no_need_to_park(g, sched, deadline) {
        if wake != Wake::Unparked && deadline != NEVER {
            // The number of a wait that may have been cut is used up.
            g.park.give_up();
        }
        m.tenure.leave();
        if let Some(then) = then {
            // SAFETY: once, in the waiter's own code.
            unsafe { then.run() };
        }
        return wake;
    }
    let mut timers = None;
    if deadline < ENDLESS {
        let heap = sched.timers_of(m);
        // SAFETY: a goroutine's memory is type-stable and outlives the heaps' entries for it; only
        // its owner, here, begins and ends its waits.
        let earliest =
            unsafe { heap.insert_wait(deadline, NonNull::from(&g.timer), g.park.number()) };
        if earliest {
            sched.timer_became_earliest(deadline);
        }
        timers = Some(heap);
    }
    let object = then.as_ref().map_or(std::ptr::null(), |then| then.data);
    let began = debug::blocked::begin();
    g.set_waiting(reason, sched.clock(), object, deadline == NEVER);
    let mut asked = false;
    let wake = loop {
        let m = machine(g);
        let commit = match then.take() {
            // Nobody can take it out of the wait before `then`: no timer, no cut, no waker.
            Some(then) if deadline == NEVER => Commit::ParkThen(NonNull::from(g), then),
            Some(then) => Commit::TimedParkThen(NonNull::from(g), then),
            None => Commit::Park(NonNull::from(g)),
        };
        // SAFETY: `g` runs here, inside.
        unsafe { switch_away(g, m, commit) };
        match g.park.resumed() {
            Resumed::Unparked => {
                if let Some(heap) = timers {
                    heap.note_dead_wait(&g.timer);
                }
                break Wake::Unparked;
            }
            Resumed::TimedOut => {
                if let Some(heap) = timers
                    && was_cut(g, deadline)
                {
                    heap.note_dead_wait(&g.timer);
                }
                break Wake::TimedOut;
            }
            Resumed::Held => {
                if ends_waits(g, machine(g).sched()) {
                    g.park.give_up();
                    if let Some(heap) = timers {
                        heap.note_dead_wait(&g.timer);
                    }
                    break Wake::Interrupted;
                }
                // Back to the same wait.
                if machine(g).sched().is_closing() {
                    asked |= !g.keep_waiting(true); // once is enough
                }
                g.set_status(Status::Waiting);
            }
        }
    };
    if asked {
        g.keep_waiting(false);
    }
    machine(g).tenure.leave();
    if began != 0 {
        debug::blocked::end(g, reason, began, wake);
    }
    wake
}

/// Whether a wait that timed out has been cut before its time.
fn was_cut(g: &G, deadline: Nanos) -> bool {
    !g.reach.get().is_null() && time::now() < deadline
}

unsafe fn entries(data: NonNull<()>) -> NonNull<Cell<*const Entry>> {
    // SAFETY: the running goroutine.
    let g: &G = unsafe { data.cast().as_ref() };
    NonNull::from(&g.reach)
}

unsafe fn number(data: NonNull<()>) -> u32 {
    // SAFETY: the running goroutine.
    unsafe { data.cast::<G>().as_ref() }.park.number()
}

/// Under somebody's lock, hence from outside, whoever calls: going inside may mean to wait for a P.
unsafe fn cut(data: NonNull<()>, number: u32) {
    let g = data.cast::<G>();
    // SAFETY: it cannot end before the caller has given its lock back.
    let goroutine = unsafe { g.as_ref() };
    if goroutine.park.time_out(number) {
        // SAFETY: a runtime outlives its goroutines.
        let sched = unsafe { goroutine.rt.as_ref() };
        goroutine.set_status(Status::Runnable);
        sched.push_from_outside(g);
    }
}

/// Whether a wait of `g`, which runs here, ends because its runtime does.
#[inline]
pub(crate) fn ends_waits(g: &G, sched: &Sched) -> bool {
    sched.is_closing() && !g.keeps_waiting() && !std::thread::panicking()
}

/// How a wait ends that need not begin.
#[inline]
fn no_need_to_park(g: &G, sched: &Sched, deadline: Nanos) -> Option<Wake> {
    if g.park.take_notification() {
        return Some(Wake::Unparked);
    }
    if ends_waits(g, sched) || !gompa_park::seat::may_wait() {
        return Some(Wake::Interrupted);
    }
    (deadline != NEVER && deadline <= time::now()).then_some(Wake::TimedOut)
}

unsafe fn yield_now(_: NonNull<()>) {
    if let Some(g) = goroutine() {
        crate::handle::yield_now(g);
    }
}

unsafe fn timers(data: NonNull<()>) -> Option<Arc<Timers>> {
    // SAFETY: the running goroutine.
    let g: &G = unsafe { data.cast().as_ref() };
    let m = enter(g);
    let timers = m.sched().timers_arc(m);
    m.tenure.leave();
    Some(timers)
}

unsafe fn spawn(_: NonNull<()>, f: Box<dyn FnOnce() + Send>) {
    drop(crate::go(f));
}

/// Makes a goroutine of `task` and queues it. From anywhere; a thread that is none of `sched`'s
/// takes the long way.
#[inline]
pub(crate) fn spawn_on(sched: &Sched, task: Task, at: &'static Location<'static>) -> u64 {
    spawn_kind(sched, task, at, false)
}

/// As above, one of the runtime's own; see [`debug::go_system`](crate::debug::go_system).
pub(crate) fn spawn_system_on(sched: &Sched, task: Task, at: &'static Location<'static>) {
    spawn_kind(sched, task, at, true);
}

#[inline(always)]
fn spawn_kind(sched: &Sched, task: Task, at: &'static Location<'static>, system: bool) -> u64 {
    let caller = Caller::here();
    let creator = match &caller {
        Caller::Goroutine(g, _) => g.id(),
        _ => 0,
    };
    let rt = NonNull::from(sched);
    let id = match caller.machine_of(rt) {
        Some(m) if let Some(p) = m.p() => {
            let g = sched.slab.take(Some(&p.free), rt);
            let id = p.new_id();
            // SAFETY: free, hence ours.
            unsafe { g.as_ref() }.born(id, creator, at, task);
            if system {
                // SAFETY: as above.
                unsafe { g.as_ref() }.set_system();
            }
            p.counts.spawned.add(1);
            // SAFETY: as above.
            trace::create(p, unsafe { g.as_ref() }, at);
            m.make_runnable(g);
            id
        }
        _ => sched.spawn_from_outside(creator, task, at, system),
    };
    caller.leave();
    id
}

mod home {
    //! What timers' callbacks may do on the scheduler's stack: all but wait.
    use super::*;

    pub(super) unsafe fn park(_: NonNull<()>, _: WaitReason, _: Nanos, _: Option<Then>) -> Wake {
        panic!("a timer's callback must not block: it runs on the scheduler's stack")
    }

    pub(super) unsafe fn unpark(_: NonNull<()>) {
        unreachable!("the scheduler never waits, so nobody has its unparker")
    }

    pub(super) unsafe fn yield_now(_: NonNull<()>) {}

    pub(super) unsafe fn timers(data: NonNull<()>) -> Option<Arc<Timers>> {
        // SAFETY: the M of this thread.
        let m: &M = unsafe { data.cast().as_ref() };
        Some(m.sched().timers_arc(m))
    }

    pub(super) unsafe fn spawn(data: NonNull<()>, f: Box<dyn FnOnce() + Send>) {
        // SAFETY: the M of this thread.
        let m: &M = unsafe { data.cast().as_ref() };
        // SAFETY: the closure borrows nothing.
        let (task, promise) = unsafe { crate::goroutine::task::new(f) };
        spawn_on(m.sched(), task, Location::caller());
        drop(promise);
    }
}
