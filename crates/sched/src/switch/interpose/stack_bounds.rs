//! `pthread_getattr_np`, by which libraries ask for the bounds of the stack they run on.
//!
//! libc also asks the kernel about the thread, by an id the kernel does not know for a goroutine, and
//! fails. A goroutine that asks about itself then gets the carrier's answer, but for the stack.

use super::super::carrier::{current, on_carrier};
use super::super::context::fs_base;
use super::super::layout::own_thread_locals;
use super::Symbol;
use super::next::Next;
use std::ffi::{c_int, c_void};

/// What is defined here.
pub(super) fn symbols() -> [Symbol; 1] {
    [(c"pthread_getattr_np", pthread_getattr_np as *const c_void)]
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_getattr_np(
    thread: libc::pthread_t,
    attributes: *mut libc::pthread_attr_t,
) -> c_int {
    type Function = unsafe extern "C" fn(libc::pthread_t, *mut libc::pthread_attr_t) -> c_int;
    // SAFETY: libc's function of this name has this type.
    static NEXT: Next<Function> = unsafe { Next::new(c"pthread_getattr_np") };
    // SAFETY: the caller's duties are libc's.
    let error = unsafe { NEXT.get()(thread, attributes) };
    // A forked child has but one thread, with an id of its own, goroutine or not.
    if error != libc::ESRCH || current().is_null() || thread as usize != fs_base() {
        return error;
    }
    // SAFETY: the caller gives a place for the result.
    let error = on_carrier(|| unsafe { NEXT.get()(libc::pthread_self(), attributes) });
    let (0, Ok(layout)) = (error, own_thread_locals()) else {
        return error;
    };
    // SAFETY: a goroutine runs here, so its block is at the FS base; the attributes are filled.
    unsafe {
        let stack = layout.stack_of(fs_base());
        libc::pthread_attr_setguardsize(attributes, 0);
        let low = stack.start as *mut c_void;
        let error = libc::pthread_attr_setstack(attributes, low, stack.len());
        if error != 0 {
            libc::pthread_attr_destroy(attributes); // a stack too small for libc's taste
        }
        error
    }
}
