//! The malloc family, run on the OS thread's thread-locals.
//!
//! libc keeps a cache of free memory per thread. On a goroutine's own thread-locals each goroutine
//! would get one, and libc would never learn that it ended: twelve kilobytes lost a goroutine.

use super::super::carrier::{current, on_carrier};
use super::super::context::fs_base;
use super::super::dtv;
use super::{Symbol, on_carrier_with_errno};
use std::ffi::{c_int, c_void};

/// What is defined here.
pub(super) fn symbols() -> [Symbol; 9] {
    [
        (c"malloc", malloc as *const c_void),
        (c"calloc", calloc as *const c_void),
        (c"realloc", realloc as *const c_void),
        (c"free", free as *const c_void),
        (c"memalign", memalign as *const c_void),
        (c"aligned_alloc", aligned_alloc as *const c_void),
        (c"posix_memalign", posix_memalign as *const c_void),
        (c"valloc", valloc as *const c_void),
        (c"pvalloc", pvalloc as *const c_void),
    ]
}

unsafe extern "C" {
    fn __libc_malloc(bytes: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, bytes: usize) -> *mut c_void;
    fn __libc_realloc(pointer: *mut c_void, bytes: usize) -> *mut c_void;
    fn __libc_memalign(align: usize, bytes: usize) -> *mut c_void;
    fn __libc_valloc(bytes: usize) -> *mut c_void;
    fn __libc_pvalloc(bytes: usize) -> *mut c_void;
    fn __libc_free(pointer: *mut c_void);
}

/// Runs an allocation; errno tells why there is none.
#[inline]
fn allocated(f: impl FnOnce() -> *mut c_void) -> *mut c_void {
    on_carrier_with_errno(f, |pointer| pointer.is_null())
}

/// # Safety
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(bytes: usize) -> *mut c_void {
    // SAFETY: a carrier lives while its goroutine runs there.
    if let Some(carrier) = unsafe { current().as_ref() } {
        carrier.count_malloc();
    }
    // SAFETY: the caller's duties are libc's.
    allocated(|| unsafe { __libc_malloc(bytes) })
}

/// # Safety
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(count: usize, bytes: usize) -> *mut c_void {
    // SAFETY: the caller's duties are libc's.
    allocated(|| unsafe { __libc_calloc(count, bytes) })
}

/// # Safety
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(pointer: *mut c_void, bytes: usize) -> *mut c_void {
    if !current().is_null() && dtv::inline_start(fs_base()) == Some(pointer as usize) {
        // SAFETY: the loader wants the dtv of this goroutine to grow; only it knows the address.
        return unsafe { move_dtv(pointer, bytes) };
    }
    // SAFETY: the caller's duties are libc's.
    allocated(|| unsafe { __libc_realloc(pointer, bytes) })
}

/// Copies a dtv from the block to the heap.
///
/// # Safety
/// 1. `pointer` is where the dtv begins, in the block.
#[cold]
unsafe fn move_dtv(pointer: *mut c_void, bytes: usize) -> *mut c_void {
    // SAFETY: no duties.
    let moved = on_carrier(|| unsafe { __libc_malloc(bytes) });
    if !moved.is_null() {
        // SAFETY: (1) so long is the old one, at least; the new one has `bytes`.
        unsafe {
            let old = dtv::bytes(pointer as usize).min(bytes);
            std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), moved.cast::<u8>(), old);
        }
    }
    moved
}

/// # Safety
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(pointer: *mut c_void) {
    if !pointer.is_null() {
        // SAFETY: the caller's duties are libc's.
        on_carrier(|| unsafe { __libc_free(pointer) });
    }
}

/// # Safety
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn memalign(align: usize, bytes: usize) -> *mut c_void {
    // SAFETY: the caller's duties are libc's.
    allocated(|| unsafe { __libc_memalign(align, bytes) })
}

/// # Safety
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn aligned_alloc(align: usize, bytes: usize) -> *mut c_void {
    // SAFETY: the caller's duties are libc's.
    allocated(|| unsafe { __libc_memalign(align, bytes) })
}

/// # Safety
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(out: *mut *mut c_void, align: usize, bytes: usize) -> c_int {
    if !align.is_power_of_two() || !align.is_multiple_of(size_of::<usize>()) {
        return libc::EINVAL;
    }
    // SAFETY: the alignment is sound.
    let pointer = on_carrier(|| unsafe { __libc_memalign(align, bytes) });
    if pointer.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller gives a place for the result.
    unsafe { out.write(pointer) };
    0
}

/// # Safety
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn valloc(bytes: usize) -> *mut c_void {
    // SAFETY: the caller's duties are libc's.
    allocated(|| unsafe { __libc_valloc(bytes) })
}

/// # Safety
/// As C's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pvalloc(bytes: usize) -> *mut c_void {
    // SAFETY: the caller's duties are libc's.
    allocated(|| unsafe { __libc_pvalloc(bytes) })
}
