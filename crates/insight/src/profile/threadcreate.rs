//! The threadcreate profile: threads the scheduler has made.
//!
//! As in Go, where a thread is nobody's in particular, the samples say how many, not where: by the
//! kind of thread.

use super::samples::{Key, Samples};
use gompa_sched::debug::threads;

pub(crate) fn take() -> Samples {
    let mut samples = Samples::new(&[("threadcreate", "count")]);
    samples.period = Some((("threadcreate", "count"), 1));
    for runtime in threads() {
        let kinds = [
            ("[scheduler thread]", runtime.made),
            ("[monitor thread]", 1),
        ];
        for (instead, n) in kinds {
            let key = Key {
                instead: Some(instead),
                ..Key::default()
            };
            samples.add(key, &[i64::from(n)]);
        }
    }
    samples
}
