//! The two orders of a select: a random one to choose in, that of addresses to lock in.

use super::case::{Case, Kind};
use super::few::FEW;
use super::rng::Rng;
use crate::hchan::Core;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// Cases that may be ready, to be drawn in random order.
pub(crate) struct Candidates<'o> {
    /// The first `len` are left to be drawn.
    order: &'o mut [u32],
    len: usize,
    /// Made when there is something to choose.
    rng: Option<Rng>,
}

impl<'o> Candidates<'o> {
    /// None yet; `order` has room for all cases.
    #[inline(always)]
    pub(super) fn new(order: &'o mut [u32]) -> Self {
        Candidates {
            order,
            len: 0,
            rng: None,
        }
    }

    /// Adds a case if `ready`.
    #[inline(always)]
    pub(super) fn add(&mut self, case: u32, ready: bool) {
        self.order[self.len] = case;
        self.len += usize::from(ready);
    }

    /// Draws one: each that is left is as likely as another.
    #[inline(always)]
    pub(super) fn draw(&mut self) -> Option<usize> {
        let pick = match self.len {
            0 => return None,
            1 => 0,
            n => self.rng.get_or_insert_with(Rng::new).below(n as u32) as usize,
        };
        let drawn = self.order[pick];
        self.len -= 1;
        self.order[pick] = self.order[self.len];
        Some(drawn as usize)
    }
}

/// A case that is not nil, as the order of addresses has it.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(super) core: NonNull<Core>,
    /// The case's index.
    pub(super) index: u32,
    pub(super) kind: Kind,
}

impl Entry {
    /// The channel. (The entry is of a select that runs, so that lives.)
    pub(super) fn core<'r>(self, _cases: &'r [Case<'_>]) -> &'r Core {
        // SAFETY: `by_address` made the entry of one of these cases, which keep their channels.
        unsafe { self.core.as_ref() }
    }
}

/// Sorts the cases that are not nil by the addresses of their channels, into `order`; returns that
/// part of it. Cases on one channel are in random order, as they will stand in its queue.
#[inline]
pub(crate) fn by_address<'o>(
    cases: &[Case<'_>],
    places: &'o mut [MaybeUninit<Entry>],
) -> &'o [Entry] {
    let mut len = 0;
    for (case, index) in cases.iter().zip(0..) {
        if let Some(core) = case.channel {
            let kind = case.kind;
            places[len].write(Entry { core, index, kind });
            len += 1;
        }
    }
    let order = places[..len].as_mut_ptr().cast::<Entry>();
    // SAFETY: the first `len` places were written just now, and are borrowed for 'o.
    let order: &'o mut [Entry] = unsafe { std::slice::from_raw_parts_mut(order, len) };
    let rank = |e: &Entry| e.core(cases).rank();
    let mut again = false;
    if len > FEW {
        order.sort_unstable_by_key(rank);
        again = order.windows(2).any(|pair| pair[0].core == pair[1].core);
    } else {
        for end in 1..len {
            for i in (0..end).rev() {
                let (here, next) = (rank(&order[i]), rank(&order[i + 1]));
                again |= here == next;
                if here <= next {
                    break;
                }
                order.swap(i, i + 1);
            }
        }
    }
    if again {
        shuffle_equals(order);
    }
    order
}

/// Brings the cases on one channel into random order.
#[cold]
fn shuffle_equals(order: &mut [Entry]) {
    let mut rng = Rng::new();
    for group in order.chunk_by_mut(|a, b| a.core == b.core) {
        for left in (2..=group.len()).rev() {
            group.swap(left - 1, rng.below(left as u32) as usize);
        }
    }
}
