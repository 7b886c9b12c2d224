//! The collector's protocol on a heap of two to four objects, checked exhaustively: two mutators,
//! one collector, every interleaving; optionally with store buffers (x86's memory order), with
//! pinned regions, with handles lent from one mutator to the other, with weak pointers, finalizers, a
//! second marker.
//!
//! The one promise is that no object is freed that a mutator can still get at. [`variants::ALL`]
//! names the protocol and every way of leaving a piece of it out; each of those must fail, so that
//! nobody takes a piece for decoration. Change the protocol here first.
//!
//! ```text
//! cargo test -p gompa-gc-model                     the small ones: seconds
//! GC_MODEL_LARGE=1 cargo test -p gompa-gc-model    all of them in their smallest worlds: minutes
//! cargo run --release -p gompa-gc-model            all in larger worlds, until 60 million states: an hour
//! cargo run --release -p gompa-gc-model -- -v lent only those whose name has "lent"; with the paths
//! cargo run --release -p gompa-gc-model -- pictures docs/gc   draws the lessons of the documentation
//! ```

pub mod collector;
pub mod config;
pub mod lesson;
pub mod mutator;
pub mod search;
pub mod state;
pub mod variants;
