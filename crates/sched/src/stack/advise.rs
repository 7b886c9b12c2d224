//! `madvise` for many single pages at once.

use super::PAGE;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// The calling process, as a descriptor that is none (Linux 6.14).
const PIDFD_SELF_PROCESS: i32 = -10001;

/// Gives the kernel one advice for each of these pages of our own mappings. False: it would not
/// take it for one of them at least; whether others have it is unknown, and giving it twice is
/// harmless.
pub(super) fn pages(addresses: &[usize], advice: i32) -> bool {
    static NOT_AT_ONCE: AtomicBool = AtomicBool::new(false);
    if !NOT_AT_ONCE.load(Relaxed) {
        if at_once(addresses, advice) {
            return true;
        }
        NOT_AT_ONCE.store(true, Relaxed);
    }
    addresses.iter().all(|page| {
        // SAFETY: a page of our own mapping that nobody uses.
        unsafe { libc::madvise(*page as *mut _, PAGE, advice) == 0 }
    })
}

fn at_once(addresses: &[usize], advice: i32) -> bool {
    let pages: Vec<libc::iovec> = addresses
        .iter()
        .map(|page| libc::iovec {
            iov_base: *page as *mut _,
            iov_len: PAGE,
        })
        .collect();
    // SAFETY: the vector is valid for the call; its pages are ours, and nobody uses them.
    let done = unsafe {
        libc::syscall(
            libc::SYS_process_madvise,
            PIDFD_SELF_PROCESS,
            pages.as_ptr(),
            pages.len(),
            advice,
            0,
        )
    };
    usize::try_from(done) == Ok(pages.len() * PAGE)
}
