//! Stacks: carved out of big reserved regions, guarded, pooled.
//!
//! ```text
//!   region: one mapping of 256 stacks (or what `REGION_BYTES` holds), reserved, not committed
//!   +--------+--------------------------------------+-------------+--------+-----
//!   | guard  |  untouched ...        <- grows down  | TLS block   | guard  | ...
//!   | 1 page |                                      | (see switch)| 1 page |
//!   +--------+--------------------------------------+-------------+--------+-----
//!   ^ low                                                         ^ top = next low
//! ```
//! - A small goroutine touches one page: its thread-local block and its few frames share the top
//!   one.
//! - Guards are made by `MADV_GUARD_INSTALL` (Linux 6.13), which does not split the mapping, so a
//!   million stacks are some hundred mappings. Older kernels get `mprotect`, which does: there the
//!   default `vm.max_map_count` allows some 32 000 stacks.
//! - A guard is installed when a slot is first used, which is also when its page table is made.
//! - Ended goroutines leave their stacks warm in a P's cache ([`pool::Cache`]), surplus ones go to
//!   the runtime's pool. The monitor gives back the memory of stacks that stay there.
//!
//! What is absent: growing. A stack has its size for good; [`overflow`] ends the process with a
//! message that names the goroutine.

mod advise;
pub(crate) mod overflow;
pub(crate) mod pool;
mod region;

pub(crate) use region::{PAGE, each as each_region};

use crate::goroutine::G;
use region::Region;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;

/// One stack: the right to use a slot of a region.
#[derive(Debug)]
pub(crate) struct Stack {
    region: NonNull<Region>,
    slot: u32,
}

// SAFETY: a stack is memory; whoever holds this holds it alone.
unsafe impl Send for Stack {}

impl Stack {
    fn region(&self) -> &Region {
        // SAFETY: regions outlive their stacks: the pool that owns them is dropped with its
        // runtime, after every goroutine.
        unsafe { self.region.as_ref() }
    }

    /// The lowest address, that of the guard.
    #[inline]
    pub(crate) fn low(&self) -> usize {
        self.region().base() + self.slot as usize * self.region().stride()
    }

    /// One past the highest address.
    #[inline]
    pub(crate) fn top(&self) -> usize {
        self.low() + self.region().stride()
    }

    /// A number no other live stack of the process has, below 2^29.
    #[inline]
    pub(crate) fn number(&self) -> u32 {
        self.region().first_number() + self.slot
    }

    /// Says which goroutine runs on it, for the report of an overflow.
    #[inline]
    pub(crate) fn set_owner(&self, g: *mut G) {
        self.region().owner(self.slot).store(g, Relaxed);
    }

    /// Gives the pages below the top one back to the system, and with `all` that one too.
    pub(crate) fn trim(&self, all: bool) {
        let keep = if all { 0 } else { PAGE };
        let from = self.low() + PAGE;
        // SAFETY: nobody runs on the stack; its content is dead.
        unsafe {
            libc::madvise(
                from as *mut _,
                self.top() - keep - from,
                libc::MADV_DONTNEED,
            );
        }
    }
}

impl Stack {
    /// Gives the pages that lie wholly below `used` back to the system.
    ///
    /// # Safety
    /// Nothing below `used` is alive.
    pub(crate) unsafe fn trim_below(&self, used: usize) {
        let from = self.low() + PAGE;
        let to = used & !(PAGE - 1);
        if (from..self.top()).contains(&to) {
            // SAFETY: pages of this stack, above its guard; their content is dead, says the caller.
            unsafe { libc::madvise(from as *mut _, to - from, libc::MADV_DONTNEED) };
        }
    }
}

/// The goroutine that runs on the stack with this address, and that stack's top. Async-signal-safe;
/// both are as valid as [`Region::find`] says.
pub(crate) fn owner_of(address: usize) -> Option<(NonNull<G>, usize)> {
    let (region, slot) = Region::find(address)?;
    // SAFETY: found: alive as long as the stack is in use.
    let region = unsafe { region.as_ref() };
    let owner = NonNull::new(region.owner(slot).load(Relaxed))?;
    Some((owner, region.base() + (slot as usize + 1) * region.stride()))
}
