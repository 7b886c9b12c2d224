//! Pages from the system, and back.

use std::ptr::NonNull;

/// Bytes of a page; pages of the system may be smaller, never larger on what we run on.
pub(super) const PAGE: usize = 4096;

/// Whether there are mappings.
pub(super) const AVAILABLE: bool = cfg!(target_os = "linux");

/// How much is given back at a time: some microseconds' work for the kernel if all of it was touched.
pub(super) const SLICE: usize = 64 << 10;

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
    unsafe { libc::munmap(at.as_ptr().cast(), len) };
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
