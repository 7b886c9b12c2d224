//! The collector's own thread: drives one cycle after the other.

use super::mark::{MARKED, Marker, POOL};
use super::quiet::Quiet;
use super::trace_line::Timing;
use super::{cleanup, pacer, pay, request, trace_line};
use crate::api::{root, weak};
use crate::heap::{class, large, pages};
use crate::mutator::registry::{self, handshake};
use crate::profile::table;
use crate::protocol::pause;
use crate::protocol::phase::{Ctl, Phase};
use crate::protocol::pool::CHUNK;
use gompa_park::{barrier, time};
use std::sync::atomic::Ordering::Relaxed;

/// What the thread runs, for ever.
pub(super) fn run() {
    /// Without this thread everybody would wait for ever.
    struct Abort;
    impl Drop for Abort {
        fn drop(&mut self) {
            eprintln!("fatal error: gompa-gc: the collector panicked");
            std::process::abort();
        }
    }
    let _abort = Abort;
    loop {
        let forced = request::next();
        cycle(forced);
        request::over();
    }
}

fn cycle(forced: bool) {
    let mut timing = Timing::begin(forced);
    let last = registry::ctl().cycle();
    let n = last + 1;
    class::sweep_all(last, || {});

    let now = Ctl::new(n, Phase::Prep);
    MARKED.store(0, Relaxed);
    POOL.open(n);
    pacer::begin();
    pay::begin();
    timing.swept();
    handshake(now);
    // Again: of two stores to one field, one may have begun before the barrier was on everywhere,
    // with the other one's old value read already.
    registry::wait_for(&registry::workers());

    #[cfg(test)]
    super::gate::pass(super::gate::Point::Prepared);
    handshake(Ctl::new(n, Phase::Mark));
    let mut grey = Grey::default();
    root::each(|object| grey.push(object));
    let mut i = 0;
    while let Some(m) = registry::mutator(i) {
        m.scan_for(n, |object| grey.push(object));
        i += 1;
    }
    grey.share();
    timing.scanned();
    #[cfg(test)]
    super::gate::pass(super::gate::Point::Marking);

    let mut marker = Marker::new(n);
    loop {
        mark(&mut marker);
        #[cfg(test)]
        super::gate::pass(super::gate::Point::Marked);
        let quiet = Quiet::if_wanted();
        handshake(Ctl::new(n, Phase::Term));
        // What an upgrade of a weak pointer shaded before it knew that the end is near.
        let mut late = Grey::default();
        drain_logs(|object| late.push_unmarked(&marker, object));
        if late.is_empty() {
            if let Some(quiet) = quiet {
                quiet.look(&marker);
            }
            // What is not marked now no mutator can reach. Weak pointers go first: a finalizer may
            // bring its object back, but not they.
            weak::clear(&marker);
            cleanup::resurrect(&marker, |object| late.push_unmarked(&marker, object));
        }
        if late.is_empty() {
            break;
        }
        late.share();
        handshake(Ctl::new(n, Phase::Mark));
    }
    timing.marked();

    cleanup::release(&marker);
    table::settle(&marker);
    pacer::end(MARKED.load(Relaxed));
    handshake(Ctl::new(n, Phase::Off));
    for w in registry::workers() {
        w.log.drain(|_| {});
        w.keep_up(n);
    }
    timing.ended();
    trace_line::print(&timing, n);

    large::sweep(n);
    class::sweep_all(n, || {});
    let goal = usize::try_from(pacer::goal()).unwrap_or(usize::MAX);
    pages::release(
        goal.saturating_add(goal / 10)
            .saturating_sub(pages::in_use()),
    );
    timing.record(n);
}

/// Marks until nothing is grey and nothing was logged.
fn mark(marker: &mut Marker) {
    let mut patience = 0;
    loop {
        while let Some((chunk, _)) = POOL.begin() {
            patience = 0;
            pay::deposit(marker.drain(chunk, 256 << 10));
            log_round(marker);
        }
        if log_round(marker) {
            continue;
        }
        if !POOL.is_quiet() {
            pause(&mut patience); // others mark
            continue;
        }
        // All stacks are empty. What was shaded before this fence is in some log, if anything is
        // grey at all; nobody but us takes it out.
        barrier::heavy();
        if registry::workers().iter().all(|w| w.log.is_empty()) {
            return;
        }
    }
}

/// Makes what was logged grey; whether there was anything.
fn log_round(marker: &Marker) -> bool {
    let mut grey = Grey::default();
    drain_logs(|object| grey.push_unmarked(marker, object));
    let any = !grey.is_empty();
    grey.share();
    any
}

fn drain_logs(mut f: impl FnMut(usize)) {
    for w in registry::workers() {
        w.log.drain(&mut f);
    }
}

/// Objects found outside of marking, on their way to the pool.
#[derive(Default)]
struct Grey(Vec<usize>);

impl Grey {
    fn push(&mut self, object: usize) {
        self.0.push(object);
        if self.0.len() == 8 * CHUNK {
            self.spill();
        }
    }

    fn push_unmarked(&mut self, marker: &Marker, object: usize) {
        if !marker.is_marked(object) {
            self.0.push(object);
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn spill(&mut self) {
        POOL.put(std::mem::take(&mut self.0));
    }

    fn share(mut self) {
        for chunk in std::mem::take(&mut self.0).chunks(CHUNK) {
            POOL.put(chunk.to_vec());
        }
    }
}

/// Nanoseconds since `began`.
pub(super) fn since(began: u64) -> u64 {
    time::now() - began
}
