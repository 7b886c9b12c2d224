//! The crate as its users see it: over streams and in pieces, beside another implementation, through
//! the cases of the Autobahn suite, and with what fuzzers have found.

mod common;
mod conformance;
mod corpora;
mod deflate;
mod distances;
mod memory;
mod properties;
mod sizes;
mod socket;
mod tungstenite;
