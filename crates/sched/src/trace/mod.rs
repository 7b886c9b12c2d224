//! The flight recorder: what the scheduler did last, always on.
//!
//! Each P has a [`ring`] of words into which its holder writes what happens: goroutines started, run,
//! stopped and why, woken, stolen; Ps idle, handed over, taken; sockets, timers. What happens without
//! a P is in one more ring ([`outside`]), the collector's notes too. `README.md` tells how they are
//! read while they are written.
//!
//! # Rooms
//! - [`word`]: what a word says.
//! - [`ring`]: one writer, readers that do not disturb it.
//! - [`recorder`]: when an event gets a time stamp. [`ticks`]: the clock.
//! - [`outside`]: the ring of those without a P.
//! - [`latency`]: from runnable to running.
//! - [`decode`]: from words to events with times.
//!
//! For readers: [`recording`] gives what the rings hold; [`Follow`] reads on for as long as one likes.
//!
//! `RUSTFLAGS="--cfg gompa_no_recorder"` builds without, to measure what it costs.

mod decode;
mod follow;
pub(crate) mod latency;
pub(crate) mod outside;
pub(crate) mod recorder;
mod ring;
pub(crate) mod ticks;
mod word;

pub use decode::{Event, Left, What};
pub use follow::{Follow, Lane, Recording, outside_recording, recording};
pub use gompa_park::note::Note;
pub use latency::Histogram;
pub(crate) use word::{Kind, left};

use crate::goroutine::G;
use crate::machine::Commit;
use crate::processor::P;
use std::panic::Location;

/// The word for how `g`, which runs, leaves.
#[inline(always)]
pub(crate) fn left_by(g: &G, commit: &Commit) -> u8 {
    match commit {
        Commit::Yield(_) => left::YIELDED,
        Commit::Dead(_) => left::ENDED,
        _ => g.reason_word(),
    }
}

/// `g` runs on `p` from now on; what ran before left as `left` says.
#[inline(always)]
pub(crate) fn run(p: &P, left: u8, g: &G) {
    p.trace.add(Kind::Run, left, g.id());
    if !cfg!(gompa_no_recorder) && g.is_tracked() {
        ran(p, g);
    }
}

/// `g`, which nobody else has, was woken by the holder of `p`.
#[inline(always)]
pub(crate) fn wake(p: &P, g: &G) {
    if p.trace.add(Kind::Wake, 0, g.id()) {
        track(p, g);
    }
}

/// `g` is new, and nobody else has it; the holder of `p` has made it.
#[inline(always)]
pub(crate) fn create(p: &P, g: &G, at: &'static Location<'static>) {
    if p.trace
        .add_after(Kind::Site, address(at), Kind::Create, g.id())
    {
        track(p, g);
    }
}

/// As above, where no P is held.
#[cold]
pub(crate) fn create_outside(id: u64, at: &'static Location<'static>) {
    outside::add_at(address(at), Kind::Create, id);
}

#[inline(always)]
fn address(at: &'static Location<'static>) -> u64 {
    std::ptr::from_ref(at).expose_provenance() as u64
}

/// `g` became runnable at the last stamp: when it runs, that was a sample of the latency.
#[cold]
fn track(p: &P, g: &G) {
    if let Some(scale) = ticks::rough() {
        g.track(scale.nanos(p.trace.last_stamp()));
    }
}

#[cold]
fn ran(p: &P, g: &G) {
    let since = g.untrack();
    if let Some(scale) = ticks::rough() {
        p.latency
            .note(scale.nanos(ticks::now()).saturating_sub(since));
    }
}

/// The collector's notes, and others', go to the outside ring.
pub(crate) fn listen_to_notes() {
    // SAFETY: writes to a ring, under a lock that is held for that alone.
    unsafe {
        gompa_park::note::install(|(note, argument)| {
            outside::add(Kind::Note, note as u8, argument);
        });
    }
}
