//! Destructors of thread-locals: whose, when, in which order, how often.

use super::world::{hop, run, run_one};
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

thread_local! {
    static TAG: Cell<usize> = const { Cell::new(0) };
    static TAGGED: RefCell<Option<Tagged>> = const { RefCell::new(None) };
}

static TAGGED_DROPS: AtomicUsize = AtomicUsize::new(0);

/// Dropped on the thread-locals it was made on, or the test fails.
struct Tagged(usize);

impl Drop for Tagged {
    fn drop(&mut self) {
        assert_eq!(TAG.get(), self.0, "a destructor of another goroutine's");
        TAGGED_DROPS.fetch_add(1, SeqCst);
    }
}

#[test]
fn each_runs_once_on_its_own_thread_locals() {
    for round in 1..=3 {
        run(2, |world| {
            for i in 1..=20 {
                world.go_on(i % 2, move || {
                    TAG.set(round * 100 + i);
                    hop();
                    TAGGED.set(Some(Tagged(TAG.get())));
                    hop();
                });
            }
        });
        assert_eq!(TAGGED_DROPS.load(SeqCst), 20 * round);
    }
}

static CHAIN_DROPS: AtomicUsize = AtomicUsize::new(0);

/// First of a chain: its destructor moves, and first uses another thread-local with one.
struct First;
struct Second;

impl Drop for First {
    fn drop(&mut self) {
        CHAIN_DROPS.fetch_add(1, SeqCst);
        hop();
        SECOND.with(|_| ());
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        CHAIN_DROPS.fetch_add(100, SeqCst);
        let _ = std::thread::current().id();
        hop();
    }
}

thread_local! {
    static FIRST: First = const { First };
    static SECOND: Second = const { Second };
}

#[test]
fn a_destructor_may_start_a_chain_and_move() {
    run(2, |world| {
        for i in 0..10 {
            world.go_on(i % 2, || FIRST.with(|_| hop()));
        }
    });
    assert_eq!(CHAIN_DROPS.load(SeqCst), 1010);
}

unsafe extern "C" {
    fn __cxa_thread_atexit_impl(
        destructor: unsafe extern "C" fn(*mut c_void),
        object: *mut c_void,
        dso: *mut c_void,
    ) -> i32;
}

static ORDER: Mutex<Vec<usize>> = Mutex::new(Vec::new());

unsafe extern "C" fn note_order(number: *mut c_void) {
    let number = number as usize;
    ORDER.lock().unwrap().push(number);
    if number == 2 {
        // SAFETY: the destructor takes any number.
        unsafe { __cxa_thread_atexit_impl(note_order, 20 as *mut c_void, std::ptr::null_mut()) };
    }
}

#[test]
fn the_last_one_registered_runs_first() {
    run_one(|| {
        for number in 1..=3 {
            // SAFETY: the destructor takes any number.
            unsafe {
                __cxa_thread_atexit_impl(note_order, number as *mut c_void, std::ptr::null_mut());
            }
        }
        assert!(ORDER.lock().unwrap().is_empty(), "not before the end");
    });
    // 2 registers 20 while 1 still waits: the last one first, again.
    assert_eq!(*ORDER.lock().unwrap(), [3, 2, 20, 1]);
}

static KEY_VALUES: AtomicUsize = AtomicUsize::new(0);
static STUBBORN: AtomicUsize = AtomicUsize::new(0);
static STUBBORN_KEY: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn add_value(value: *mut c_void) {
    KEY_VALUES.fetch_add(value as usize, SeqCst);
}

unsafe extern "C" fn set_again(value: *mut c_void) {
    STUBBORN.fetch_add(1, SeqCst);
    // SAFETY: the key lives.
    unsafe { libc::pthread_setspecific(STUBBORN_KEY.load(SeqCst) as u32, value) };
}

fn new_key(destructor: unsafe extern "C" fn(*mut c_void)) -> libc::pthread_key_t {
    let mut key = 0;
    // SAFETY: the key is written before it is used.
    let error = unsafe { libc::pthread_key_create(&mut key, Some(destructor)) };
    assert_eq!(error, 0);
    key
}

#[test]
fn values_of_keys_are_destroyed() {
    // More keys than libc keeps values of in the control block.
    let keys: Vec<_> = (0..40).map(|_| new_key(add_value)).collect();
    let own = keys.clone();
    run(2, move |world| {
        for i in 1..=4 {
            let keys = own.clone();
            world.go_on(0, move || {
                for key in &keys {
                    // SAFETY: the keys live.
                    unsafe {
                        assert!(libc::pthread_getspecific(*key).is_null());
                        libc::pthread_setspecific(*key, i as *const c_void);
                    }
                }
                hop();
                for key in &keys {
                    // SAFETY: the keys live.
                    assert_eq!(unsafe { libc::pthread_getspecific(*key) } as usize, i);
                }
            });
        }
    });
    assert_eq!(KEY_VALUES.load(SeqCst), 40 * (1 + 2 + 3 + 4));
    for key in keys {
        // SAFETY: nobody uses them any more.
        unsafe { libc::pthread_key_delete(key) };
    }
}

#[test]
fn a_key_set_again_and_again_is_given_up() {
    let key = new_key(set_again);
    STUBBORN_KEY.store(key as usize, SeqCst);
    run_one(move || {
        // SAFETY: the key lives.
        unsafe { libc::pthread_setspecific(key, std::ptr::dangling::<c_void>()) };
    });
    assert_eq!(STUBBORN.load(SeqCst), 4, "as often as libc tries");
    // SAFETY: nobody uses it any more.
    unsafe { libc::pthread_key_delete(key) };
}

unsafe extern "C" fn never(_value: *mut c_void) {
    std::process::abort();
}

#[test]
fn a_deleted_key_has_no_destructor() {
    run_one(|| {
        let key = new_key(never);
        // SAFETY: the key lives until it is deleted.
        unsafe {
            libc::pthread_setspecific(key, std::ptr::dangling::<c_void>());
            libc::pthread_key_delete(key);
        }
    });
}

#[test]
fn on_an_os_thread_libc_runs_them() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    unsafe extern "C" fn count(value: *mut c_void) {
        DROPS.fetch_add(value as usize, SeqCst);
    }
    let key = new_key(count);
    std::thread::spawn(move || {
        // SAFETY: the destructor takes any number; the key lives.
        unsafe {
            __cxa_thread_atexit_impl(
                count,
                std::ptr::dangling_mut::<c_void>(),
                std::ptr::null_mut(),
            );
            libc::pthread_setspecific(key, 10 as *const c_void);
        }
    })
    .join()
    .unwrap();
    assert_eq!(DROPS.load(SeqCst), 11);
    // SAFETY: nobody uses it any more.
    unsafe { libc::pthread_key_delete(key) };
}
