//! Destructors of a goroutine's thread-locals.
//!
//! There are two places where a thread's destructors are registered: `__cxa_thread_atexit_impl`
//! (Rust's and C++'s thread-locals) and the values of pthread keys. libc runs both when an OS
//! thread ends, so on a goroutine we keep and run them ourselves, in libc's order: first the
//! registered ones, the last one first, then the keys, and again until nothing is left.
//!
//! A destructor runs on the goroutine's own thread-locals. It may use any thread-local, register
//! further destructors, park and go on elsewhere.

use super::dtv;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::atomic::{AtomicPtr, AtomicUsize};

/// A destructor, as C has them.
pub(super) type Destructor = unsafe extern "C" fn(*mut c_void);

/// A destructor to run at the end of this goroutine.
struct Registration {
    destructor: Destructor,
    object: *mut c_void,
    /// The one registered before.
    next: *mut Registration,
}

thread_local! {
    /// The last one registered and not yet run. Null in an OS thread's own thread-locals.
    static REGISTERED: Cell<*mut Registration> = const { Cell::new(null_mut()) };
    /// Has this goroutine given a pthread key a value? Written by [`key_is_set`].
    static HAS_KEYS: Cell<bool> = const { Cell::new(false) };
}

/// Registers `destructor(object)` for the end of the goroutine that runs here.
pub(super) fn register(destructor: Destructor, object: *mut c_void) {
    let next = REGISTERED.get();
    REGISTERED.set(Box::into_raw(Box::new(Registration {
        destructor,
        object,
        next,
    })));
}

/// libc has no more keys than this.
const KEYS_MAX: usize = 1024;

/// The destructor of each pthread key that has had one. Written where keys are made.
static KEYS: [AtomicPtr<c_void>; KEYS_MAX] = [const { AtomicPtr::new(null_mut()) }; KEYS_MAX];

/// Keys at and above this have never had a destructor.
static KEYS_END: AtomicUsize = AtomicUsize::new(0);

/// How often the keys' destructors run at most, as in libc (PTHREAD_DESTRUCTOR_ITERATIONS).
const KEY_ROUNDS: u32 = 4;

/// Notes the destructor of a key just made.
pub(super) fn note_key(key: libc::pthread_key_t, destructor: Option<Destructor>) {
    let key = key as usize;
    let address = destructor.map_or(null_mut(), |d| d as *mut c_void);
    KEYS[key].store(address, Release);
    if destructor.is_some() {
        KEYS_END.fetch_max(key + 1, Release);
    }
}

/// Notes that the code that runs here gives a pthread key a value.
pub(super) fn key_is_set() {
    HAS_KEYS.set(true);
}

/// At the end of a goroutine, on its own thread-locals: runs their destructors and frees what hangs
/// on its block.
///
/// # Safety
/// 1. The running code is on a goroutine's block, and its function has ended.
/// 2. It is the last thing done with its thread-locals, or is done again after what comes later.
#[inline(never)]
pub(crate) unsafe fn end_thread_locals() {
    let mut rounds = 0;
    loop {
        // SAFETY: (1) the goroutine ends.
        unsafe { run_registered() };
        // libc gives up after some rounds with a key whose destructor sets it again; so do we.
        rounds += 1;
        // SAFETY: (1) as above.
        if rounds > KEY_ROUNDS || !unsafe { run_keys() } {
            break;
        }
    }
    // SAFETY: (1), and no destructor is left that might use a thread-local.
    unsafe { dtv::free() };
}

/// # Safety
/// 1. The goroutine that runs here ends.
unsafe fn run_registered() {
    loop {
        let last = REGISTERED.get();
        if last.is_null() {
            return;
        }
        // SAFETY: `register` made it, and it is taken off the list, by its goroutine, once.
        let registration = unsafe { Box::from_raw(last) };
        REGISTERED.set(registration.next);
        // SAFETY: (1) now is when it wants to be called, once.
        unsafe { (registration.destructor)(registration.object) };
    }
}

/// Runs each key's destructor once; tells whether there was one to run.
///
/// # Safety
/// 1. The goroutine that runs here ends.
unsafe fn run_keys() -> bool {
    if !HAS_KEYS.get() {
        return false;
    }
    let mut any = false;
    for (key, destructor) in KEYS[..KEYS_END.load(Acquire)].iter().enumerate() {
        let destructor = destructor.load(Acquire);
        if destructor.is_null() {
            continue;
        }
        let key = key as libc::pthread_key_t;
        // SAFETY: a key that is gone has no value.
        let value = unsafe { libc::pthread_getspecific(key) };
        if value.is_null() {
            continue;
        }
        any = true;
        // SAFETY: `note_key` stored a destructor here; (1) now is when it wants to be called, with
        // the value gone as libc does it.
        unsafe {
            libc::pthread_setspecific(key, null());
            std::mem::transmute::<*mut c_void, Destructor>(destructor)(value);
        }
    }
    any
}
