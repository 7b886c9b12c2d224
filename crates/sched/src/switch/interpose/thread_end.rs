//! The end of a thread: where destructors of its thread-locals are registered, and `pthread_exit`.

use super::super::carrier::current;
use super::super::destructors::{Destructor, key_is_set, note_key, register};
use super::Symbol;
use super::next::Next;
use libc::pthread_key_t;
use std::ffi::{c_int, c_void};

/// What is defined here.
pub(super) fn symbols() -> [Symbol; 4] {
    [
        (
            c"__cxa_thread_atexit_impl",
            __cxa_thread_atexit_impl as *const c_void,
        ),
        (c"pthread_key_create", pthread_key_create as *const c_void),
        (c"pthread_setspecific", pthread_setspecific as *const c_void),
        (c"pthread_exit", pthread_exit as *const c_void),
    ]
}

/// On a goroutine a destructor is the goroutine's to keep.
///
/// # Safety
/// As in the C++ ABI.
#[unsafe(no_mangle)]
unsafe extern "C" fn __cxa_thread_atexit_impl(
    destructor: Destructor,
    object: *mut c_void,
    dso: *mut c_void,
) -> c_int {
    type Function = unsafe extern "C" fn(Destructor, *mut c_void, *mut c_void) -> c_int;
    // SAFETY: libc's function of this name has this type.
    static NEXT: Next<Function> = unsafe { Next::new(c"__cxa_thread_atexit_impl") };
    if !current().is_null() {
        register(destructor, object);
        return 0;
    }
    // SAFETY: the caller's duties are libc's.
    unsafe { NEXT.get()(destructor, object, dso) }
}

/// Notes the destructors of all keys.
///
/// # Safety
/// As in POSIX.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_key_create(
    key: *mut pthread_key_t,
    destructor: Option<Destructor>,
) -> c_int {
    type Function = unsafe extern "C" fn(*mut pthread_key_t, Option<Destructor>) -> c_int;
    // SAFETY: libc's function of this name has this type.
    static NEXT: Next<Function> = unsafe { Next::new(c"pthread_key_create") };
    // SAFETY: the caller's duties are libc's.
    let error = unsafe { NEXT.get()(key, destructor) };
    if error == 0 {
        // SAFETY: libc has written the key.
        note_key(unsafe { *key }, destructor);
    }
    error
}

/// Notes that there will be destructors to run.
///
/// # Safety
/// As in POSIX.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setspecific(key: pthread_key_t, value: *const c_void) -> c_int {
    type Function = unsafe extern "C" fn(pthread_key_t, *const c_void) -> c_int;
    // SAFETY: libc's function of this name has this type.
    static NEXT: Next<Function> = unsafe { Next::new(c"pthread_setspecific") };
    key_is_set();
    // SAFETY: the caller's duties are libc's.
    unsafe { NEXT.get()(key, value) }
}

/// Ends an OS thread. On a goroutine there is nothing it could end but the process: libc would
/// unwind into frames that are not there.
///
/// # Safety
/// As in POSIX.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn pthread_exit(value: *mut c_void) -> ! {
    type Function = unsafe extern "C-unwind" fn(*mut c_void) -> !;
    // SAFETY: libc's function of this name has this type.
    static NEXT: Next<Function> = unsafe { Next::new(c"pthread_exit") };
    if !current().is_null() {
        gompa_park::stderr::write("fatal error: pthread_exit called on a goroutine\n");
        std::process::abort();
    }
    // SAFETY: the caller's duties are libc's.
    unsafe { NEXT.get()(value) }
}
