//! Hand-off: the right to run (a P) leaves a thread that does not use it.
//!
//! - [`tenure`]: how the monitor takes a P from a thread that runs user code, without a single
//!   read-modify-write on the thread's own path, by [`gompa_park::barrier`].
//! - [`call`]: `blocking`, the declared form, which gives the P away at once.
//!
//! The protocol of the monitor's way is in `README.md` beside this file.

pub(crate) mod call;
pub(crate) mod tenure;
#[cfg(test)]
mod tenure_tests;
