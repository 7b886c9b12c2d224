//! What must not compile, one file a claim; and what must, of the same kind.

use gompa_sync::{
    Cond, Map, Mutex, MutexGuard, Once, OnceValue, Pool, RwLock, RwLockReadGuard, Semaphore,
    WaitGroup, errgroup, singleflight,
};
use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};

#[test]
#[cfg_attr(miri, ignore = "starts processes")]
fn does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

fn crosses<T: Send + Sync>() {}
fn is_shared<T: Sync>() {}
fn survives_panics<T: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn auto_traits() {
    // Values need only be movable where one at a time has them.
    crosses::<Mutex<Cell<u8>>>();
    crosses::<RwLock<u8>>();
    crosses::<OnceValue<u8>>();
    crosses::<Pool<Cell<u8>>>();
    crosses::<Map<String, String>>();
    crosses::<errgroup::Group<Cell<u8>>>();
    crosses::<singleflight::Group<u8, Cell<u8>>>();
    crosses::<(Cond, Once, Semaphore, WaitGroup)>();
    is_shared::<MutexGuard<'static, u8>>();
    is_shared::<RwLockReadGuard<'static, u8>>();
    survives_panics::<(Cond, Once, WaitGroup, Semaphore)>();
}

#[test]
fn sizes() {
    assert_eq!(size_of::<Mutex<()>>(), 32);
    assert_eq!(size_of::<WaitGroup>(), size_of::<usize>());
}
