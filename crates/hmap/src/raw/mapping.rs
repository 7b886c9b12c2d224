//! Pages from the system, and back.
//!
//! Mappings ask for small pages. A write then waits for the zeroing of four kilobytes where it is the
//! first on its page: one to two microseconds, or ten where a virtual machine has to be given the
//! memory first. With huge pages these are 512 times rarer and longer: 0.2 ms, or 5 ms, which is what
//! nobody should meet who uses this map for its longest operation. What huge pages save, misses of the
//! translation of addresses, does not pay for that: `docs/hmap.md` has figures.

use std::ptr::NonNull;

/// Bytes of a page.
pub(super) const PAGE: usize = 4096;

/// Whether there are mappings: where pages are of that size for sure. Giving back a part of a larger one
/// would take its neighbours along.
pub(super) const AVAILABLE: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// How much of a mapping is given back at a time: some microseconds' work for the kernel if all of
/// it was touched.
pub(super) const SLICE: usize = 16 << 10;

/// A fresh mapping of `len` bytes, a multiple of [`PAGE`] and not zero; it reads as zeroes.
#[cfg(target_os = "linux")]
pub(super) fn map(len: usize) -> Option<NonNull<u8>> {
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing of ours.
    let base = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            len,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if base == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the mapping is ours. The advice changes nothing but which pages there will be; it fails
    // where there are only small ones.
    unsafe { libc::madvise(base, len, libc::MADV_NOHUGEPAGE) };
    #[cfg(test)]
    tests::MAPPED.set(tests::MAPPED.get() + len);
    NonNull::new(base.cast())
}

/// Gives pages back; they stay mapped and read as zeroes.
///
/// # Safety
/// The pages are part of a mapping made by [`map`], `at` and `len` are multiples of [`PAGE`], and
/// nobody needs what is in them.
#[cfg(target_os = "linux")]
pub(super) unsafe fn release(at: NonNull<u8>, len: usize) {
    // SAFETY: the caller's promise. Should it fail, the pages stay as they are, which does no harm.
    unsafe { libc::madvise(at.as_ptr().cast(), len, libc::MADV_DONTNEED) };
}

/// Ends a mapping, or a part of it.
///
/// # Safety
/// As for [`release`]; and nobody reaches the pages any more.
#[cfg(target_os = "linux")]
pub(super) unsafe fn unmap(at: NonNull<u8>, len: usize) {
    // SAFETY: the caller's promise. It fails only if the process has too many mappings to have one
    // cut in two; then the pages are leaked.
    let _failed = unsafe { libc::munmap(at.as_ptr().cast(), len) };
    #[cfg(test)]
    tests::MAPPED.set(tests::MAPPED.get() - if _failed == 0 { len } else { 0 });
}

/// Elsewhere every block comes from the allocator.
#[cfg(not(target_os = "linux"))]
pub(super) fn map(_len: usize) -> Option<NonNull<u8>> {
    unreachable!("mappings are made on Linux only")
}

/// See [`map`].
///
/// # Safety
/// None: there are no mappings.
#[cfg(not(target_os = "linux"))]
pub(super) unsafe fn release(_at: NonNull<u8>, _len: usize) {}

/// See [`map`].
///
/// # Safety
/// None: there are no mappings.
#[cfg(not(target_os = "linux"))]
pub(super) unsafe fn unmap(_at: NonNull<u8>, _len: usize) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use crate::HMap;
    use std::cell::Cell;

    thread_local! {
        /// Bytes that this thread has mapped and not unmapped.
        pub(super) static MAPPED: Cell<usize> = const { Cell::new(0) };
    }

    /// Every way a table ends gives back all of its mapping; those of the map that is left are the
    /// only ones there are.
    #[test]
    fn mappings_end() {
        let fill = |map: &mut HMap<u64, u64>| map.extend((0..120_000).map(|n| (n, n)));
        let mut map = HMap::new();
        fill(&mut map);
        let full = MAPPED.get();
        assert!(full >= 120_000 * 16, "{full}");
        // Growing and shrinking on the way.
        for n in 0..120_000 {
            assert_eq!(map.remove(&n), Some(n));
        }
        assert!(MAPPED.get() < full / 8, "{} of {full}", MAPPED.get());
        fill(&mut map);
        drop(map.clone());
        let mut copy = map.clone();
        drop(copy.drain());
        fill(&mut copy);
        copy.clear();
        copy.shrink_to_fit();
        fill(&mut copy);
        assert_eq!(copy.into_iter().take(9).count(), 9);
        drop(map);
        assert_eq!(MAPPED.get(), 0);
    }
}
