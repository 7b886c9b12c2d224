//! Values of thread-locals: fresh, the goroutine's own, at one address.

use super::world::{hop, move_to, run, run_one, yield_now};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(0) };
    static LIST: RefCell<Vec<usize>> = RefCell::new(vec![7]);
    static COUNTED: Rc<Cell<usize>> = Rc::new(Cell::new(0));
}

#[test]
fn each_goroutine_has_its_own() {
    run(2, |world| {
        for i in 1..=32 {
            world.go_on(i % 2, move || {
                assert_eq!(NUMBER.get(), 0);
                LIST.with_borrow(|list| assert_eq!(*list, [7]));
                for k in 0..50 {
                    NUMBER.set(i * 1000 + k);
                    LIST.with_borrow_mut(|list| list.push(i));
                    hop();
                    assert_eq!(NUMBER.get(), i * 1000 + k);
                    LIST.with_borrow(|list| assert_eq!(list.len(), k + 2));
                }
            });
        }
    });
}

#[test]
fn a_borrow_is_held_across_a_move() {
    run(2, |world| {
        for i in 0..16 {
            world.go_on(i % 2, move || {
                LIST.with_borrow_mut(|list| {
                    for k in 0..50 {
                        list.push(i * 100 + k);
                        hop();
                        assert_eq!(list.last(), Some(&(i * 100 + k)));
                    }
                });
            });
        }
    });
}

#[test]
fn an_rc_in_a_thread_local_is_counted_by_one() {
    run(2, |world| {
        for i in 0..8 {
            world.go_on(i % 2, || {
                let counted = COUNTED.with(Rc::clone);
                for k in 1..=200 {
                    let copies: Vec<_> = (0..100).map(|_| Rc::clone(&counted)).collect();
                    counted.set(counted.get() + 1);
                    hop();
                    drop(copies);
                    assert_eq!(counted.get(), k);
                    assert_eq!(Rc::strong_count(&counted), 2);
                    assert!(COUNTED.with(|c| Rc::ptr_eq(c, &counted)));
                }
            });
        }
    });
}

thread_local! {
    static SCOPED: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Sets a thread-local for the duration of `f`, as scoped thread-locals do.
fn scoped(value: usize, f: impl FnOnce()) {
    let before = SCOPED.replace(Some(value));
    f();
    assert_eq!(SCOPED.replace(before), Some(value));
}

#[test]
fn scopes_interleave() {
    run(2, |world| {
        for i in 0..16 {
            world.go_on(i % 2, move || {
                for k in 0..30 {
                    let value = i * 100 + k;
                    scoped(value, || {
                        hop();
                        assert_eq!(SCOPED.get(), Some(value));
                        scoped(value + 1, hop);
                        yield_now();
                        assert_eq!(SCOPED.get(), Some(value));
                    });
                    assert_eq!(SCOPED.get(), None);
                }
            });
        }
    });
}

#[test]
fn thread_ids_are_unique_and_stay() {
    let ids = Arc::new(Mutex::new(HashSet::new()));
    run(2, |world| {
        for i in 0..50 {
            let ids = Arc::clone(&ids);
            world.go_on(i % 2, move || {
                let id = std::thread::current().id();
                for _ in 0..10 {
                    hop();
                    assert_eq!(std::thread::current().id(), id);
                }
                assert!(ids.lock().unwrap().insert(id));
            });
        }
    });
    assert_eq!(ids.lock().unwrap().len(), 50);
}

#[test]
fn errno_is_the_goroutines() {
    run(2, |world| {
        for i in 0..8 {
            world.go_on(i % 2, move || {
                for _ in 0..100 {
                    let want = if i % 2 == 0 {
                        libc::EBADF
                    } else {
                        libc::ENOENT
                    };
                    // SAFETY: both calls fail and touch nothing.
                    unsafe {
                        if i % 2 == 0 {
                            libc::close(-1);
                        } else {
                            libc::open(c"/nonexistent".as_ptr(), 0);
                        }
                    }
                    hop();
                    let errno = std::io::Error::last_os_error().raw_os_error();
                    assert_eq!(errno, Some(want));
                }
            });
        }
    });
}

#[test]
fn an_os_thread_started_by_a_goroutine_is_a_plain_one() {
    run_one(|| {
        NUMBER.set(5);
        let thread = std::thread::spawn(|| {
            assert_eq!(NUMBER.replace(9), 0);
            LIST.with_borrow_mut(|list| list.push(1));
            14
        });
        move_to(1);
        assert_eq!(thread.join().unwrap(), 14);
        assert_eq!(NUMBER.get(), 5);
    });
}

#[test]
fn an_heir_of_the_stack_has_fresh_thread_locals() {
    let ids = Arc::new(Mutex::new(HashSet::new()));
    let addresses = Arc::new(Mutex::new(HashSet::new()));
    let work = |ids: &Arc<Mutex<HashSet<_>>>, addresses: &Arc<Mutex<HashSet<_>>>| {
        let (ids, addresses) = (Arc::clone(ids), Arc::clone(addresses));
        move || {
            assert_eq!(NUMBER.replace(1), 0);
            LIST.with_borrow_mut(|list| {
                assert_eq!(*list, [7]);
                list.push(8);
            });
            hop();
            assert_eq!(NUMBER.get(), 1);
            // SAFETY: errno is the goroutine's own.
            assert_eq!(unsafe { libc::__errno_location().replace(5) }, 0);
            assert!(ids.lock().unwrap().insert(std::thread::current().id()));
            addresses
                .lock()
                .unwrap()
                .insert(NUMBER.with(|n| std::ptr::from_ref(n).addr()));
        }
    };
    run(2, |world| {
        (0..20).for_each(|_| world.inherit(work(&ids, &addresses)));
        world.go_on(0, work(&ids, &addresses));
    });
    assert_eq!(ids.lock().unwrap().len(), 21);
    assert_eq!(addresses.lock().unwrap().len(), 1, "all on one stack");
}
