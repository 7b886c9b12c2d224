//! Running on the carrier's thread-locals.

use super::super::{fs_base, on_carrier};
use super::world::{move_to, run, run_one};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

thread_local! {
    static WHO: Cell<u32> = const { Cell::new(0) };
    static NOTES: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

#[test]
fn the_carriers_values_are_seen() {
    run_one(|| {
        WHO.set(1);
        let (there, its_base) = on_carrier(|| (WHO.replace(2), fs_base()));
        assert_eq!(there, 0);
        assert_ne!(its_base, fs_base());
        assert_eq!(WHO.get(), 1);
        assert_eq!(on_carrier(|| WHO.get()), 2);
        move_to(1);
        assert_eq!(on_carrier(|| WHO.get()), 0, "another carrier");
        assert_eq!(WHO.get(), 1);
    });
}

#[test]
fn on_an_os_thread_it_is_a_call() {
    WHO.set(7);
    let base = fs_base();
    assert_eq!(on_carrier(|| (WHO.get(), fs_base())), (7, base));
}

#[test]
fn calls_nest() {
    run_one(|| {
        let base = on_carrier(fs_base);
        assert_eq!(on_carrier(|| on_carrier(fs_base)), base);
        assert_ne!(fs_base(), base);
    });
}

#[test]
fn captures_and_results_are_moved_once() {
    run_one(|| {
        let counted = Rc::new(());
        let copy = Rc::clone(&counted);
        let back = on_carrier(move || [Some(copy), None]);
        assert_eq!(Rc::strong_count(&counted), 2);
        drop(back);
        assert_eq!(Rc::strong_count(&counted), 1);
        let large = [7u64; 100];
        assert_eq!(on_carrier(move || large.map(|x| x + 1)), [8; 100]);
    });
}

#[test]
fn a_destructor_registered_there_is_the_carriers() {
    run(1, |world| {
        world.go_on(0, || {
            on_carrier(|| NOTES.with_borrow_mut(|notes| notes.push(1)))
        });
        world.go_on(0, || {
            NOTES.with_borrow(|notes| assert!(notes.is_empty()));
            on_carrier(|| NOTES.with_borrow(|notes| assert_eq!(*notes, [1])));
        });
    });
}
