//! The two orders of a select: a random one to look in, that of addresses to lock in.

use super::case::Case;
use super::rng::Rng;
use crate::hchan::Core;

/// A random order, drawn as it is needed.
pub(crate) struct Shuffle<'o> {
    order: &'o mut [u32],
    /// So many are drawn.
    drawn: usize,
    rng: Rng,
}

impl<'o> Shuffle<'o> {
    /// Writes 0, 1, 2, ... to `order`, of which a random order will be drawn.
    pub(crate) fn new(order: &'o mut [u32]) -> Self {
        for (place, i) in order.iter_mut().zip(0..) {
            *place = i;
        }
        Shuffle {
            order,
            drawn: 0,
            rng: Rng::new(),
        }
    }

    /// All of the order; complete once `next` has returned `None`.
    pub(crate) fn order(self) -> &'o [u32] {
        self.order
    }
}

impl Iterator for Shuffle<'_> {
    type Item = usize;

    /// Draws the next one: each that is left is as likely as another.
    #[inline]
    fn next(&mut self) -> Option<usize> {
        let left = self.order.len() - self.drawn;
        if left == 0 {
            return None;
        }
        let pick = self.drawn + self.rng.below(left as u32) as usize;
        self.order.swap(self.drawn, pick);
        self.drawn += 1;
        Some(self.order[self.drawn - 1] as usize)
    }
}

/// Sorts the cases that are not nil by the addresses of their channels, into `order`; returns that
/// part of it.
pub(crate) fn by_address<'o>(cases: &[Case<'_>], order: &'o mut [u32]) -> &'o [u32] {
    let mut len = 0;
    for (case, i) in cases.iter().zip(0..) {
        if case.channel.is_some() {
            order[len] = i;
            len += 1;
        }
    }
    let order = &mut order[..len];
    order.sort_unstable_by_key(|&i| cases[i as usize].core().map(Core::rank));
    order
}
