//! What the short looks share.

use criterion::Criterion;
use std::time::Duration;

/// A second and a third of one for each: a look, not a study.
pub fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
}
