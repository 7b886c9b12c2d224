//! Where destructors of thread-locals are registered. On a goroutine they are ours to keep.

use super::super::carrier::current;
use super::super::destructors::{Destructor, note_key, register};
use std::ffi::{CStr, c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Release};

/// A function of libc behind ours.
struct Next {
    name: &'static CStr,
    /// Null until first asked for.
    address: AtomicPtr<c_void>,
}

impl Next {
    const fn new(name: &'static CStr) -> Next {
        Next {
            name,
            address: AtomicPtr::new(null_mut()),
        }
    }

    fn address(&self) -> *mut c_void {
        let known = self.address.load(Acquire);
        if !known.is_null() {
            return known;
        }
        // SAFETY: a look-up by name.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
        if found.is_null() {
            std::process::abort(); // libc without it could not have loaded this program
        }
        self.address.store(found, Release);
        found
    }
}

/// # Safety
/// As in the C++ ABI.
#[unsafe(no_mangle)]
unsafe extern "C" fn __cxa_thread_atexit_impl(
    destructor: Destructor,
    object: *mut c_void,
    dso: *mut c_void,
) -> c_int {
    type Function = unsafe extern "C" fn(Destructor, *mut c_void, *mut c_void) -> c_int;
    static NEXT: Next = Next::new(c"__cxa_thread_atexit_impl");
    if !current().is_null() {
        register(destructor, object);
        return 0;
    }
    // SAFETY: libc's function of this name has this type; the caller's duties are its duties.
    unsafe { std::mem::transmute::<*mut c_void, Function>(NEXT.address())(destructor, object, dso) }
}

/// # Safety
/// As in POSIX.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_key_create(
    key: *mut libc::pthread_key_t,
    destructor: Option<Destructor>,
) -> c_int {
    type Function = unsafe extern "C" fn(*mut libc::pthread_key_t, Option<Destructor>) -> c_int;
    static NEXT: Next = Next::new(c"pthread_key_create");
    // SAFETY: libc's function of this name has this type; the caller's duties are its duties.
    let error =
        unsafe { std::mem::transmute::<*mut c_void, Function>(NEXT.address())(key, destructor) };
    if error == 0 {
        // SAFETY: libc has written the key.
        note_key(unsafe { *key }, destructor);
    }
    error
}
