//! What is left to do for the goroutine that was switched out, once its registers are saved.

use crate::goroutine::G;
use gompa_park::waiter::Then;
use std::cell::Cell;
use std::ptr::NonNull;

/// What is left to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Commit {
    /// It waits: publish that, or queue it if it was woken meanwhile.
    Park(NonNull<G>),
    /// It waits, and nobody can have woken it yet: publish that, then do the rest, which makes it
    /// known to its wakers.
    ParkThen(NonNull<G>, Then),
    /// As [`ParkThen`](Self::ParkThen), but its deadline may have passed already.
    TimedParkThen(NonNull<G>, Then),
    /// It goes on later: to the global queue.
    Yield(NonNull<G>),
    /// It has ended, on the stack we came from: free both.
    Dead(NonNull<G>),
}

/// Which [`Commit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nothing,
    Park,
    ParkThen,
    TimedParkThen,
    Yield,
    Dead,
}

/// Where a commit is left for whoever runs next on the M.
///
/// In parts, each read as it was written: what is written word by word and read in one go waits
/// until all of it has reached the cache, some 5 ns in the middle of every switch.
#[derive(Debug)]
pub(crate) struct Left {
    kind: Cell<Kind>,
    g: Cell<NonNull<G>>,
    run: Cell<unsafe fn(*const ())>,
    data: Cell<*const ()>,
}

impl Left {
    pub(crate) fn new() -> Left {
        unsafe fn nothing(_: *const ()) {}
        Left {
            kind: Cell::new(Kind::Nothing),
            g: Cell::new(NonNull::dangling()),
            run: Cell::new(nothing),
            data: Cell::new(std::ptr::null()),
        }
    }

    /// Leaves `commit`. There is none.
    #[inline(always)]
    pub(crate) fn leave(&self, commit: Commit) {
        debug_assert!(self.is_empty());
        let (kind, g) = match commit {
            Commit::Park(g) => (Kind::Park, g),
            Commit::Yield(g) => (Kind::Yield, g),
            Commit::Dead(g) => (Kind::Dead, g),
            Commit::ParkThen(g, then) => {
                self.then(then);
                (Kind::ParkThen, g)
            }
            Commit::TimedParkThen(g, then) => {
                self.then(then);
                (Kind::TimedParkThen, g)
            }
        };
        self.g.set(g);
        self.kind.set(kind);
    }

    #[inline(always)]
    fn then(&self, then: Then) {
        self.run.set(then.run);
        self.data.set(then.data);
    }

    /// Takes a [`ParkThen`](Commit::ParkThen), which nearly all are.
    #[inline(always)]
    pub(crate) fn take_park_then(&self) -> Option<(NonNull<G>, Then)> {
        if self.kind.get() != Kind::ParkThen {
            return None;
        }
        self.kind.set(Kind::Nothing);
        Some((self.g.get(), self.get_then()))
    }

    /// Takes a [`Yield`](Commit::Yield).
    #[inline(always)]
    pub(crate) fn take_yield(&self) -> Option<NonNull<G>> {
        if self.kind.get() != Kind::Yield {
            return None;
        }
        self.kind.set(Kind::Nothing);
        Some(self.g.get())
    }

    /// Takes what was left, if something was.
    #[inline]
    pub(crate) fn take(&self) -> Option<Commit> {
        let g = self.g.get();
        Some(match self.kind.replace(Kind::Nothing) {
            Kind::Nothing => return None,
            Kind::Park => Commit::Park(g),
            Kind::ParkThen => Commit::ParkThen(g, self.get_then()),
            Kind::TimedParkThen => Commit::TimedParkThen(g, self.get_then()),
            Kind::Yield => Commit::Yield(g),
            Kind::Dead => Commit::Dead(g),
        })
    }

    #[inline(always)]
    fn get_then(&self) -> Then {
        Then {
            run: self.run.get(),
            data: self.data.get(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kind.get() == Kind::Nothing
    }
}
