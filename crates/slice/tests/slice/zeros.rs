//! Elements that were never set.

use crate::common::{Counted, text_of};
use gompa_slice::Slice;
use std::cell::RefCell;

#[test]
fn make_gives_zeros() {
    assert_eq!(Slice::<u8>::make(3, 3), [0; 3]);
    let s = Slice::<String>::make(1, 3);
    assert_eq!((s.len(), s.cap()), (1, 3));
    assert_eq!(s.slice(..3), ["", "", ""]);
    // Room that nobody looks at is not filled.
    let s = Slice::<Counted>::make(2, 1_000_000);
    assert_eq!(Counted::alive(), 2);
    s.slice(..10);
    assert_eq!(Counted::alive(), 10);
}

#[test]
fn beyond_what_was_pushed() {
    let mut s = Slice::nil();
    s.extend([1u64, 2, 3]);
    s.push(4);
    assert_eq!(s.slice(..s.cap()), [1, 2, 3, 4, 0, 0]);
    s.push(5);
    assert_eq!(s.slice(3..6), [4, 5, 0]);
}

#[test]
fn what_make_knew_is_remembered() {
    fn whole<T>(s: &Slice<T>) -> Slice<T> {
        s.slice(..s.cap())
    }
    let mut s = Slice::<u8>::make(1, 2);
    assert_eq!(whole(&s).len(), 2);
    s.extend([1, 2]);
    assert_eq!(whole(&s), [0, 1, 2, 0, 0, 0, 0, 0]);
    let apart = s.slice3(0, 1, 1).append(9);
    assert_eq!(whole(&apart), [0, 9, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn where_no_zero_is_known() {
    #[derive(Clone, Debug, PartialEq)]
    struct NoDefault(u8);
    let mut s = Slice::nil();
    s.extend([1, 2, 3].map(NoDefault));
    s.extend([4].map(NoDefault));
    let text = text_of(|| s.slice(..s.cap()));
    assert!(text.contains("never set"), "{text}");
    // Up to what was set it is a slice like any other.
    let first = s.slice(..1);
    assert_eq!(first.slice(..4), s);
}

thread_local! {
    static HAUNTED: RefCell<Option<Slice<Haunted>>> = const { RefCell::new(None) };
}

/// Whose making appends to the array that it is made for.
#[derive(Clone)]
struct Haunted(u8);

impl Default for Haunted {
    fn default() -> Self {
        let s = HAUNTED.with_borrow(Clone::clone);
        if let Some(s) = s {
            drop(s.append_all([Haunted(1), Haunted(2)]));
        }
        Haunted(0)
    }
}

#[test]
fn making_a_zero_may_append_to_the_array() {
    let mut s = Slice::nil();
    s.grow(6);
    HAUNTED.set(Some(s.clone()));
    s.push(Haunted(9));
    let all = s.slice(..6);
    HAUNTED.set(None);
    let seen: Vec<u8> = all.borrow().iter().map(|h| h.0).collect();
    // The first zero came after slot 1 had been filled; what had been appended stands.
    assert_eq!((seen[1], seen.len()), (2, 6));
}

#[test]
fn making_a_zero_may_panic() {
    thread_local!(static LEFT: std::cell::Cell<u32> = const { std::cell::Cell::new(3) });
    #[derive(Clone)]
    struct Few(#[expect(dead_code, reason = "only counted")] Counted);
    impl Default for Few {
        fn default() -> Self {
            LEFT.set(LEFT.get().checked_sub(1).expect("no more"));
            Few(Counted::new(0))
        }
    }
    assert_eq!(text_of(|| Slice::<Few>::make(5, 5)), "no more");
    assert_eq!(Counted::alive(), 0);
    LEFT.set(4);
    let s = Slice::<Few>::make(2, 9);
    assert_eq!(text_of(|| s.slice(..9)), "no more");
    assert_eq!(Counted::alive(), 4);
    assert_eq!(s.slice(..4).len(), 4);
    drop(s);
    assert_eq!(Counted::alive(), 0);
}
