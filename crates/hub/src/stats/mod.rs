//! What the hub counts, and the picture of this moment that `/stats` gives.

mod counters;
mod peaks;
mod snapshot;

pub use counters::Counters;
pub use peaks::{Levels, Peaks};
pub use snapshot::{Clients, Proc, Scheduler, Snapshot};
