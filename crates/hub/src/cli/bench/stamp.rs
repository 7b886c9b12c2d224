//! What is in each message: which run, who said it, which one it is, and when it was due.
//!
//! ```text
//!   G <run, 8 hex> <sender, 6> <number, 8> <microseconds of the monotonic clock, 12> xxx...
//! ```
//! That clock is the machine's, so that several processes may share a run.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The shortest message.
pub const LENGTH: usize = 40;

/// The monotonic clock, since whenever it began.
pub fn clock() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// See the [module](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub run: u32,
    pub sender: u32,
    pub number: u32,
    pub micros: u64,
}

impl Stamp {
    /// A text of `size` bytes, at least [`LENGTH`].
    pub fn text(&self, size: usize) -> String {
        let Stamp {
            run,
            sender,
            number,
            micros,
        } = self;
        let mut text = format!("G {run:08x} {sender:06x} {number:08x} {micros:012x} ");
        text.extend(std::iter::repeat_n('x', size.saturating_sub(text.len())));
        text
    }

    /// None if it is not one of ours.
    pub fn read(text: &str) -> Option<Stamp> {
        let mut words = text.split(' ');
        let mut number = || u64::from_str_radix(words.next()?, 16).ok();
        let rest = text.strip_prefix("G ")?;
        number();
        let (run, sender, count, micros) = (number()?, number()?, number()?, number()?);
        rest.len().ge(&(LENGTH - 2)).then_some(Stamp {
            run: run as u32,
            sender: sender as u32,
            number: count as u32,
            micros,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let stamp = Stamp {
            run: 0xdead_beef,
            sender: 19_000,
            number: u32::MAX,
            micros: 1 << 40,
        };
        assert_eq!(stamp.text(0).len(), LENGTH);
        for size in [LENGTH, 64, 1000] {
            let text = stamp.text(size);
            assert_eq!((text.len(), Stamp::read(&text)), (size, Some(stamp)));
        }
        for other in ["", "G", "G x", "hello", "G 1 2 3"] {
            assert_eq!(Stamp::read(other), None, "{other}");
        }
    }
}
