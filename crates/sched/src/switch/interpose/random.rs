//! The random number functions, run on the OS thread's thread-locals.
//!
//! From version 2.41 on libc draws random numbers without entering the kernel, from a state per
//! thread that it takes back at the thread's end. On a goroutine's own thread-locals each goroutine
//! would keep one for good, a page for every twenty or so.

use super::super::carrier::on_carrier;
use super::next::Next;
use super::{Symbol, on_carrier_with_errno};
use std::ffi::{c_int, c_uint, c_void};

/// What is defined here, but for the arc4random family: not every libc has it, and a program built
/// where it is missing does not export ours.
pub(super) fn symbols() -> [Symbol; 2] {
    [
        (c"getrandom", getrandom as *const c_void),
        (c"getentropy", getentropy as *const c_void),
    ]
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn getrandom(buffer: *mut c_void, bytes: usize, flags: c_uint) -> isize {
    type Function = unsafe extern "C" fn(*mut c_void, usize, c_uint) -> isize;
    // SAFETY: libc's function of this name has this type.
    static NEXT: Next<Function> = unsafe { Next::new(c"getrandom") };
    // SAFETY: the caller's duties are libc's.
    on_carrier_with_errno(
        || unsafe { NEXT.get()(buffer, bytes, flags) },
        |got| *got < 0,
    )
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn getentropy(buffer: *mut c_void, bytes: usize) -> c_int {
    type Function = unsafe extern "C" fn(*mut c_void, usize) -> c_int;
    // SAFETY: libc's function of this name has this type.
    static NEXT: Next<Function> = unsafe { Next::new(c"getentropy") };
    // SAFETY: the caller's duties are libc's.
    on_carrier_with_errno(|| unsafe { NEXT.get()(buffer, bytes) }, |error| *error != 0)
}

/// # Safety
/// None; as libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn arc4random() -> u32 {
    type Function = unsafe extern "C" fn() -> u32;
    // SAFETY: libc's function of this name has this type.
    static NEXT: Next<Function> = unsafe { Next::new(c"arc4random") };
    // SAFETY: no duties.
    on_carrier(|| unsafe { NEXT.get()() })
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn arc4random_buf(buffer: *mut c_void, bytes: usize) {
    type Function = unsafe extern "C" fn(*mut c_void, usize);
    // SAFETY: libc's function of this name has this type.
    static NEXT: Next<Function> = unsafe { Next::new(c"arc4random_buf") };
    // SAFETY: the caller's duties are libc's.
    on_carrier(|| unsafe { NEXT.get()(buffer, bytes) })
}

/// # Safety
/// None; as libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn arc4random_uniform(bound: u32) -> u32 {
    type Function = unsafe extern "C" fn(u32) -> u32;
    // SAFETY: libc's function of this name has this type.
    static NEXT: Next<Function> = unsafe { Next::new(c"arc4random_uniform") };
    // SAFETY: no duties.
    on_carrier(|| unsafe { NEXT.get()(bound) })
}
