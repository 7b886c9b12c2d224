//! Linux futexes on a 32-bit word: wait while it holds a value, wake those who wait.
//!
//! No thread-local of ours is touched, so these serve on a carrier's own stack and on a
//! goroutine's alike. Under loom there are no futexes; the users of this module have their own way
//! there.

use std::sync::atomic::AtomicU32;

/// Sleeps while `*word == expected`, until woken, until a signal, or until `timeout_ns` nanoseconds
/// have passed (`None`: for ever). Returns false only when the time ran out. May return for no
/// reason: callers loop.
pub fn wait(word: &AtomicU32, expected: u32, timeout_ns: Option<u64>) -> bool {
    let spec = timeout_ns.map(|ns| libc::timespec {
        tv_sec: (ns / 1_000_000_000) as libc::time_t,
        tv_nsec: (ns % 1_000_000_000) as libc::c_long,
    });
    let spec_ptr = spec.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: `word` is a live, aligned 32-bit word for the whole call; the timespec outlives it.
    let r = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            spec_ptr,
        )
    };
    // SAFETY: errno is this thread's (or goroutine's) own.
    !(r == -1 && unsafe { *libc::__errno_location() } == libc::ETIMEDOUT)
}

/// Wakes at most `n` of those who wait on the word at this address. The word may be gone: the
/// kernel takes the address as a name only, and whoever waits on a futex bears a needless wake-up.
#[expect(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "a name for the kernel, never dereferenced"
)]
pub fn wake(word: *const AtomicU32, n: i32) {
    // SAFETY: FUTEX_WAKE does not read the word; a dead address is an error the kernel reports.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word,
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            n,
        );
    }
}
