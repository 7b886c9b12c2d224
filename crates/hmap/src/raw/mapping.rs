//! Pages from the system, and back.
//!
//! Large mappings ask for huge pages: a random access then costs one miss, not one for the line and
//! some for where it is, and there are 512 times fewer page faults, each of which zeroes two
//! megabytes (some 100 us; the rest of the time a write does not fault at all). Where the system has
//! none to give, or none at all, the pages are small ones; nothing else changes.

use std::ptr::NonNull;

/// Bytes of a page; pages of the system may be smaller, never larger on what we run on.
pub(super) const PAGE: usize = 4096;

/// Whether there are mappings.
pub(super) const AVAILABLE: bool = cfg!(target_os = "linux");

/// How much of a mapping of small pages is given back at a time: some microseconds' work for the
/// kernel if all of it was touched.
const SLICE: usize = 16 << 10;

/// Bytes of a huge page; each is given back as a whole, for to split one takes long.
const HUGE: usize = 2 << 20;

/// From this size on a mapping asks for huge pages.
const HUGE_FROM: usize = 4 << 20;

/// How much of a mapping of `len` bytes is given back at a time; mappings begin at multiples of it.
pub(super) const fn slice(len: usize) -> usize {
    if len < HUGE_FROM { SLICE } else { HUGE }
}

/// A fresh mapping of `len` bytes, a multiple of [`PAGE`] and not zero; it reads as zeroes.
#[cfg(target_os = "linux")]
pub(super) fn map(len: usize) -> Option<NonNull<u8>> {
    if slice(len) < HUGE {
        return map_anywhere(len);
    }
    let all = len.checked_add(HUGE - PAGE)?;
    let base = map_anywhere(all)?;
    let before = base.align_offset(HUGE);
    let after = all - before - len;
    // SAFETY: what lies before the first huge page, and behind `len` bytes from there, is part of the
    // mapping that nobody else knows yet; what lies between is all that remains. The advice changes
    // nothing but which pages there will be; should it fail, they are small.
    unsafe {
        if before > 0 {
            unmap(base, before);
        }
        let base = base.add(before);
        if after > 0 {
            unmap(base.add(len), after);
        }
        libc::madvise(base.as_ptr().cast(), len, libc::MADV_HUGEPAGE);
        Some(base)
    }
}

#[cfg(target_os = "linux")]
fn map_anywhere(len: usize) -> Option<NonNull<u8>> {
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
