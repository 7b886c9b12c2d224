//! How many are in a room on other hubs, as those say every few seconds.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The other hubs' counts.
#[derive(Debug, Default)]
pub struct Remote(HashMap<u64, (u32, Instant)>);

impl Remote {
    /// A hub says how many it has. Whether the sum has changed.
    pub fn hear(&mut self, source: u64, members: u32, now: Instant) -> bool {
        let before = if members == 0 {
            self.0.remove(&source)
        } else {
            self.0.insert(source, (members, now))
        };
        before.map_or(0, |(n, _)| n) != members
    }

    /// Forgets hubs that have not been heard of for so long. Whether the sum has changed.
    pub fn forget(&mut self, now: Instant, after: Duration) -> bool {
        let before = self.0.len();
        self.0
            .retain(|_, (_, heard)| now.saturating_duration_since(*heard) < after);
        self.0.len() != before
    }

    /// The sum.
    pub fn members(&self) -> u32 {
        self.0
            .values()
            .fold(0, |sum, (n, _)| sum.saturating_add(*n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_grow_old() {
        let begin = Instant::now();
        let s = Duration::from_secs;
        let mut remote = Remote::default();
        assert!(remote.hear(1, 5, begin));
        assert!(!remote.hear(1, 5, begin + s(8)));
        assert!(remote.hear(2, 7, begin));
        assert_eq!(remote.members(), 12);
        assert!(!remote.forget(begin + s(9), s(10)));
        assert!(remote.forget(begin + s(11), s(10)));
        assert_eq!(remote.members(), 5);
        assert!(remote.hear(1, 0, begin));
        assert_eq!((remote.members(), remote.0.len()), (0, 0));
    }
}
