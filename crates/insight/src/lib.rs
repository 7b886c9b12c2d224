//! A look inside a running program: what every goroutine does, where time and memory go, what can
//! never run again. Always there, without a rebuild, without stopping anything.
//!
//! # Rooms
//! One line each, so that the list is easy to add to:
//! - [`dump`]: every goroutine with its stack, as text.
//! - [`leak`]: goroutines that can never run again.
//! - [`profile`]: pprof's profiles.
//! - [`registry`]: the profiles there are, by name.

#![allow(rustdoc::private_intra_doc_links)]

pub mod dump;
pub mod leak;
pub mod profile;
pub mod registry;
