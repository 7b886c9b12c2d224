//! Which copy of something that exists once a processor is ours.

#[cfg(not(loom))]
use std::sync::OnceLock;

/// The most copies that are made.
const MOST: usize = 64;

/// How many copies to make: a power of two, about one a processor.
pub(crate) fn count() -> usize {
    #[cfg(not(loom))]
    {
        static COUNT: OnceLock<usize> = OnceLock::new();
        *COUNT.get_or_init(|| {
            let processors = std::thread::available_parallelism().map_or(1, usize::from);
            processors.next_power_of_two().min(MOST)
        })
    }
    #[cfg(loom)]
    1.min(MOST)
}

/// The number of the processor that runs this, or another number that differs where code runs at the
/// same time: a hint.
///
/// Not from a thread-local, for a goroutine has its own: what is there would be a new one's.
#[inline]
pub(crate) fn here() -> usize {
    processor::number().unwrap_or_else(stack)
}

/// Stacks are apart from each other.
fn stack() -> usize {
    let here = 0u8;
    std::ptr::from_ref(&here).addr() >> 18
}

#[cfg(all(target_arch = "x86_64", target_os = "linux", not(loom), not(miri)))]
mod processor {
    //! Linux keeps the number where `rdpid` reads it, in a nanosecond. Older processors have only
    //! ways that take longer than what is saved.

    use std::arch::{asm, x86_64};
    use std::sync::atomic::AtomicU8;
    use std::sync::atomic::Ordering::Relaxed;

    /// Whether there is `rdpid`: UNKNOWN, NO, YES.
    static KNOWN: AtomicU8 = AtomicU8::new(UNKNOWN);
    const UNKNOWN: u8 = 0;
    const NO: u8 = 1;
    const YES: u8 = 2;

    #[inline]
    pub(super) fn number() -> Option<usize> {
        match KNOWN.load(Relaxed) {
            // SAFETY: 1. asked.
            YES => Some(unsafe { read() }),
            NO => None,
            _ => ask(),
        }
    }

    #[cold]
    fn ask() -> Option<usize> {
        const LEAF: u32 = 7;
        const RDPID: u32 = 1 << 22;
        let there =
            x86_64::__get_cpuid_max(0).0 >= LEAF && x86_64::__cpuid_count(LEAF, 0).ecx & RDPID != 0;
        KNOWN.store(if there { YES } else { NO }, Relaxed);
        number()
    }

    /// # Safety
    /// 1. The processor has `rdpid`.
    #[inline]
    unsafe fn read() -> usize {
        let number: u64;
        // SAFETY: reads a register that Linux has set. Duty 1.
        unsafe {
            asm!("rdpid {}", out(reg) number, options(nomem, nostack, preserves_flags));
        }
        // Above it the number of its node.
        (number & 0xfff) as usize
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(loom), not(miri))))]
mod processor {
    pub(super) fn number() -> Option<usize> {
        None
    }
}
