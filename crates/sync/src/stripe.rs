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

/// The number of the processor that runs this: a hint, it may be another in a moment. Below 4096.
///
/// Not from a thread-local, for a goroutine has its own: what is there would be a new one's.
#[inline]
pub(crate) fn here() -> usize {
    #[cfg(all(target_arch = "x86_64", target_os = "linux", not(loom), not(miri)))]
    {
        // Linux keeps the number in the limit of a segment (what `getcpu` of its vdso reads): bits
        // 0..12 the processor, above them its node.
        const SEGMENT: u32 = 0x7b;
        let limit: u32;
        // SAFETY: reads a segment's limit into a register. Of a selector that is not valid it reads
        // nothing, and the register keeps what it had: a worse hint.
        unsafe {
            std::arch::asm!(
                "lsl {0:e}, {0:e}",
                inout(reg) SEGMENT => limit,
                options(nomem, nostack),
            );
        }
        (limit & 0xfff) as usize
    }
    #[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(loom), not(miri))))]
    {
        // Stacks are apart from each other.
        let here = 0u8;
        (std::ptr::from_ref(&here).addr() >> 16) & 0xfff
    }
}
