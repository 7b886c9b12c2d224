//! The CPU profile: where processor time goes, by goroutine, creation site and stack.
//!
//! Each thread of the process is interrupted after so much of *its own* processor time; what it runs
//! at that moment is a sample. The goroutine's creation site is the outermost frame, its number a
//! label (`go tool pprof -tagfocus=goroutine=7`). Frames of the scheduler are shown here: they take
//! time.
//!
//! # What it is
//! - [`signal`]: the timers and the handler, and why it is safe in one.
//! - [`ring`]: between the handler and the thread that collects; no lock.
//! - [`collect`]: that thread.
//!
//! # Limits
//! Code outside of goroutines (the scheduler looking for work, plain threads) is recorded without
//! callers. In the few nanoseconds of a switch a stack may end early. A thread younger than a tenth
//! of a second may be missed.

mod collect;
mod ring;
mod signal;

use super::encode;
use super::samples::Samples;
use crate::registry::Request;
use collect::Session;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Samples a second of processor time that Go takes, and that [`record`] does.
pub const RATE: u32 = 100;

/// Why profiling does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is on already.
    #[error("cpu profiling already in use: stop it first")]
    AlreadyOn,
    /// The rate makes no sense.
    #[error("a rate of {0} samples a second: take 1 to 1000")]
    Rate(u32),
    /// There can be no thread to collect.
    #[error("no thread to collect samples: {0}")]
    Thread(#[from] io::Error),
}

#[derive(Default)]
struct State {
    on: Option<Session>,
    /// What the last session has recorded, until somebody takes it.
    recorded: Option<Samples>,
}

static STATE: Mutex<State> = Mutex::new(State {
    on: None,
    recorded: None,
});

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The signal that makes a thread [stand still](crate::leak), if one thread sends it to another; its
/// handler is there from here on.
pub(crate) fn stop_signal() -> i32 {
    signal::install_handler();
    libc::SIGPROF
}

/// Begins to take `rate` samples for each second of processor time that a thread uses, until
/// [`stop`]. Forgets what was recorded before.
///
/// # Errors
/// [`Error`]: it is on, the rate is 0 or above 1000, or there is no thread for it.
pub fn start(rate: u32) -> Result<(), Error> {
    if !(1..=1000).contains(&rate) {
        return Err(Error::Rate(rate));
    }
    let mut state = state();
    if state.on.is_some() {
        return Err(Error::AlreadyOn);
    }
    signal::install();
    state.recorded = None;
    state.on = Some(Session::start(1_000_000_000 / u64::from(rate))?);
    Ok(())
}

/// Ends it. What was recorded stays for [`write_profile`](super::write_profile) to write, once. Does
/// nothing if it is off.
pub fn stop() {
    if let Some(samples) = finish() {
        state().recorded = Some(samples);
    }
}

fn finish() -> Option<Samples> {
    let session = state().on.take();
    session.map(Session::stop)
}

/// Profiles for as long as `duration` and writes what it has found, in pprof's form.
///
/// # Errors
/// [`Error`] if it does not start, as an [`io::Error`] of kind `ResourceBusy` if it is on; else those
/// of `out`.
pub fn record(duration: Duration, out: &mut dyn Write) -> io::Result<()> {
    start(RATE).map_err(|e| match e {
        Error::AlreadyOn => io::Error::new(io::ErrorKind::ResourceBusy, e),
        e => io::Error::other(e),
    })?;
    // If the wait unwinds.
    let on = Stop;
    wait(duration);
    std::mem::forget(on);
    // Its own, whoever has begun another meanwhile; of nothing if somebody has stopped it.
    let samples = finish().unwrap_or_else(take);
    encode::write(samples, out)
}

struct Stop;

impl Drop for Stop {
    fn drop(&mut self) {
        stop();
    }
}

pub(crate) fn serve(request: &Request, out: &mut dyn Write) -> io::Result<()> {
    record(request.seconds.unwrap_or(Duration::from_secs(30)), out)
}

/// What the last session has recorded; nothing if it has been taken, or is going on.
pub(crate) fn take() -> Samples {
    let recorded = state().recorded.take();
    recorded.unwrap_or_else(|| Samples::new(&[("samples", "count"), ("cpu", "nanoseconds")]))
}

/// Parks the goroutine, or blocks the thread.
fn wait(duration: Duration) {
    let until = gompa_park::time::after(duration);
    let parker = gompa_park::Parker::current();
    if parker.park(gompa_park::WaitReason::Sleep, until) == gompa_park::Wake::Interrupted {
        parker.abandon();
    }
}
