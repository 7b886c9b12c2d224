//! What the hub counts, and the picture of this moment that `/stats` gives.

mod counters;
mod snapshot;

pub use counters::Counters;
pub use snapshot::{Clients, Scheduler, Snapshot};
