//! Switches for who looks for a mistake, in the collector or in what trusts it. All of them are also
//! in `GODEBUG`.

use crate::cycle::{self, quiet};
use crate::heap::sweep;
use crate::profile::sampler;
use std::sync::atomic::Ordering::Relaxed;

/// Lets each cycle be checked before anything is freed: everybody is held up, all that can be reached
/// is looked for by other means, and must be marked. If it is not, the process says where the object
/// hangs that would have been lost, and aborts. Returns what was set before. `GODEBUG=gccheck=1`;
/// Go's is `gccheckmark=1`, and will do.
pub fn set_check(on: bool) -> bool {
    cycle::start();
    quiet::CHECK.swap(on, Relaxed)
}

/// Lets all that is freed be overwritten, with bytes of `0xdb`; objects larger than 8 KiB are not.
/// Returns what was set before. `GODEBUG=clobberfree=1`, as in Go.
pub fn set_clobber(on: bool) -> bool {
    cycle::start();
    sweep::CLOBBER.swap(on, Relaxed)
}

/// Lets every thread run a whole cycle at every `n`-th of its allocations of up to 8 KiB, outside of
/// pins; 0: none does. Returns what was set before. `GODEBUG=gcstress=n`.
pub fn set_stress(n: u32) -> u32 {
    cycle::start();
    sampler::STRESS.swap(n, Relaxed)
}
