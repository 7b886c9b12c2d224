//! Values of thread-locals, and borrows of them, across changes of thread.

use super::world::{all, goroutines, hop, join, return_to, thread, world};
use gompa::go;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(0) };
    static LIST: RefCell<Vec<usize>> = RefCell::new(vec![7]);
    static COUNTED: Rc<Cell<usize>> = Rc::new(Cell::new(0));
    static SLOTS: [Cell<u64>; 64] = const { [const { Cell::new(0) }; 64] };
}

scoped_tls::scoped_thread_local!(static SCOPED: usize);

#[test]
fn each_goroutine_has_its_own() {
    goroutines(32, |i| {
        assert_eq!(NUMBER.get(), 0);
        LIST.with_borrow(|list| assert_eq!(*list, [7]));
        for k in 0..25 {
            NUMBER.set(i * 1000 + k);
            LIST.with_borrow_mut(|list| list.push(i));
            hop();
            assert_eq!(NUMBER.get(), i * 1000 + k);
            LIST.with_borrow(|list| assert_eq!(list.len(), k + 2));
        }
    });
}

#[test]
fn a_goroutine_on_a_used_stack_starts_with_fresh_ones() {
    world(|| {
        for round in 0..20 {
            all(50, move |i| {
                assert_eq!(NUMBER.get(), 0, "left by another goroutine");
                LIST.with_borrow(|list| assert_eq!(*list, [7]));
                NUMBER.set(round * 100 + i + 1);
                LIST.with_borrow_mut(|list| list.push(i));
            });
        }
    });
}

#[test]
fn threads_and_goroutines_do_not_see_each_others() {
    NUMBER.set(11);
    goroutines(8, |i| {
        NUMBER.set(100 + i);
        let inner = std::thread::spawn(|| NUMBER.replace(5));
        hop();
        assert_eq!(inner.join().unwrap(), 0);
        assert_eq!(NUMBER.get(), 100 + i);
    });
    assert_eq!(NUMBER.get(), 11);
}

#[test]
fn a_borrow_is_held_across_a_change_of_thread() {
    goroutines(16, |i| {
        LIST.with_borrow_mut(|list| {
            for k in 0..25 {
                list.push(i * 100 + k);
                hop();
                assert_eq!(list.last(), Some(&(i * 100 + k)));
                assert_eq!(list.len(), k + 2);
            }
        });
    });
}

#[test]
fn a_counted_reference_stays_the_goroutines() {
    goroutines(8, |_| {
        let mine = COUNTED.with(Rc::clone);
        for k in 1..=50 {
            let more: Vec<_> = (0..100).map(|_| mine.clone()).collect();
            mine.set(mine.get() + 1);
            hop();
            drop(more);
            assert_eq!(mine.get(), k);
            assert_eq!(Rc::strong_count(&mine), 2);
            assert!(COUNTED.with(|again| Rc::ptr_eq(again, &mine)));
        }
    });
}

#[test]
fn scoped_thread_locals_nest() {
    goroutines(16, |i| {
        for k in 0..10 {
            let outer = i * 100 + k;
            SCOPED.set(&outer, || {
                hop();
                SCOPED.with(|now| assert_eq!(*now, outer));
                let inner = outer + 1;
                SCOPED.set(&inner, || {
                    hop();
                    SCOPED.with(|now| assert_eq!(*now, inner));
                });
                SCOPED.with(|now| assert_eq!(*now, outer));
            });
            assert!(!SCOPED.is_set());
        }
    });
}

#[test]
fn scopes_that_end_out_of_order_leave_nothing_behind() {
    // With a thread's thread-locals the scope that ends last restores what the first one had set.
    static STEP: AtomicUsize = AtomicUsize::new(0);
    let at = |step: usize| super::world::until(move || STEP.load(SeqCst) >= step);
    world(move || {
        let first = go(move || {
            let value = Box::new(111);
            SCOPED.set(&value, || {
                STEP.store(1, SeqCst);
                at(2);
            });
            drop(value);
            STEP.store(3, SeqCst);
        });
        let second = go(move || {
            at(1);
            let value = Box::new(222);
            SCOPED.set(&value, || {
                STEP.store(2, SeqCst);
                at(3);
                SCOPED.with(|now| assert_eq!(*now, 222));
            });
            assert!(!SCOPED.is_set(), "what the other one had set");
        });
        join(first);
        join(second);
    });
}

// The hazard of the compiler: no borrow is held, yet the address that was computed before the change
// of thread is used after it.

#[inline(never)]
fn read(slots: &[Cell<u64>; 64], slot: usize) -> u64 {
    slots[slot].get()
}

#[inline(never)]
fn read_afresh(slot: usize) -> u64 {
    SLOTS.with(|slots| read(slots, slot))
}

#[inline(never)]
fn count_to(slot: usize, n: u64) {
    for _ in 0..n {
        SLOTS.with(|slots| slots[slot].set(read(slots, slot) + 1));
        gompa::gosched();
    }
}

#[inline(never)]
fn stale_reads(slot: usize) -> usize {
    let mut stale = 0;
    for _ in 0..20 {
        black_box(SLOTS.with(|slots| read(slots, slot)));
        hop();
        let after = SLOTS.with(|slots| read(slots, slot));
        stale += usize::from(after != read_afresh(slot));
    }
    stale
}

#[test]
fn an_access_after_a_change_of_thread_is_to_the_same_variable() {
    goroutines(8, |i| {
        SLOTS.with(|slots| slots[i].set(1000 + i as u64));
        assert_eq!(stale_reads(black_box(i)), 0);
        assert_eq!(read_afresh(i), 1000 + i as u64);
    });
}

#[test]
fn no_update_is_lost() {
    let seen = Arc::new(Mutex::new(HashSet::new()));
    let threads = seen.clone();
    goroutines(2, move |_| {
        for round in 1..=10 {
            count_to(black_box(5), 2_000);
            assert_eq!(read_afresh(5), 2_000 * round);
            seen.lock().unwrap().insert(thread());
            hop();
        }
    });
    assert!(threads.lock().unwrap().len() > 1);
}

#[test]
fn an_address_is_the_goroutines_for_life() {
    let addresses = Arc::new(Mutex::new(HashSet::new()));
    let alive = Arc::new(AtomicUsize::new(0));
    goroutines(50, move |_| {
        let address = NUMBER.with(|number| std::ptr::from_ref(number).addr());
        assert!(
            addresses.lock().unwrap().insert(address),
            "two that live have one"
        );
        alive.fetch_add(1, SeqCst);
        super::world::until(|| alive.load(SeqCst) == 50);
        for _ in 0..5 {
            hop();
            assert_eq!(
                NUMBER.with(|number| std::ptr::from_ref(number).addr()),
                address
            );
        }
    });
}

#[test]
fn back_on_a_thread_it_is_still_the_goroutines() {
    let returned = Arc::new(AtomicUsize::new(0));
    let count = returned.clone();
    goroutines(8, move |i| {
        for k in 0..5 {
            let first = thread();
            NUMBER.set(i * 100 + k);
            hop();
            count.fetch_add(usize::from(return_to(first)), SeqCst);
            assert_eq!(NUMBER.get(), i * 100 + k);
        }
    });
    assert!(returned.load(SeqCst) > 0, "nobody came back");
}
