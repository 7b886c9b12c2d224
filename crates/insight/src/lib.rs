//! A look inside a running program: what every goroutine does, where time and memory go, what can
//! never run again. Always there, without a rebuild, without stopping anything.
//!
//! # Rooms
//! One line each, so that the list is easy to add to:
//! - [`dump`]: every goroutine with its stack, as text.
//! - [`http`]: all of it over HTTP, and a live page.
//! - [`leak`]: goroutines that can never run again.
//! - [`metrics`]: Prometheus' text.
//! - [`profile`]: pprof's profiles.
//! - [`registry`]: the profiles there are, by name.
//! - [`stall`]: who held their thread too long.
//! - [`trace`]: what the scheduler did last, for Perfetto.

#![allow(rustdoc::private_intra_doc_links)]

pub mod dump;
pub mod http;
pub mod leak;
pub mod metrics;
pub mod profile;
pub mod registry;
pub mod stall;
pub mod trace;

mod census;

/// A line on stderr.
pub(crate) fn say(line: &str) {
    gompa_park::stderr::write(format!("{line}\n"));
}
