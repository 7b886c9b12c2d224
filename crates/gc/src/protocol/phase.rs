//! The control word: which cycle, and how far it is.

/// Where a cycle is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub(crate) enum Phase {
    /// Not marking. The cycle named in the word is the last one.
    Off = 0,
    /// The barrier is on; nobody has been scanned.
    Prep = 1,
    /// Mutators are scanned, each once, and objects are marked.
    Mark = 2,
    /// It looks as if all is marked: weak pointers wait for the verdict.
    Term = 3,
}

/// A control word.
///
/// ```text
///   63 ............................. 2   1 .. 0
///   cycle                                phase
/// ```
/// Every announcement differs from all before it but the return from `Term` to `Mark`; a mutator
/// compares the word with the last one it has acted upon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ctl(u64);

impl Ctl {
    /// No announcement: what a mutator has acted upon before its first.
    pub(crate) const NONE: Ctl = Ctl(0);
    /// Of a worker that is none: nobody has acted upon it.
    pub(crate) const NOWHERE: Ctl = Ctl(u64::MAX);
    /// Before the first cycle.
    pub(crate) const START: Ctl = Ctl::new(1, Phase::Off);

    pub(crate) const fn new(cycle: u64, phase: Phase) -> Ctl {
        Ctl(cycle << 2 | phase as u64)
    }

    pub(crate) const fn from_bits(bits: u64) -> Ctl {
        Ctl(bits)
    }

    #[inline]
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    #[inline]
    pub(crate) const fn cycle(self) -> u64 {
        self.0 >> 2
    }

    #[inline]
    pub(crate) const fn phase(self) -> Phase {
        match self.0 & 3 {
            0 => Phase::Off,
            1 => Phase::Prep,
            2 => Phase::Mark,
            _ => Phase::Term,
        }
    }

    /// Whether what enters or leaves a field must be shaded.
    #[inline]
    pub(crate) const fn barrier(self) -> bool {
        self.0 & 3 != 0
    }

    /// Whether a mutator that acts upon it must have been scanned, and allocates black.
    #[inline]
    pub(crate) const fn scanning(self) -> bool {
        self.0 & 2 != 0
    }

    /// The last cycle whose marks are final: they say what is allocated.
    #[inline]
    pub(crate) const fn epoch(self) -> u64 {
        if self.barrier() {
            self.cycle() - 1
        } else {
            self.cycle()
        }
    }
}
