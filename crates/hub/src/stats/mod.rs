//! What the hub counts, and the picture of this moment that `/stats` gives.

mod counters;
mod histogram;
mod operator;
mod peaks;
mod snapshot;

pub use counters::{Counters, Counts};
pub use histogram::{Bucket, Histogram};
pub use operator::{Memory, Operator};
pub use peaks::{Levels, Peaks};
pub use snapshot::{Clients, Proc, Scheduler, Snapshot};
