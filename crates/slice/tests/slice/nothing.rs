//! Elements without size.

use crate::common::Nothing;
use gompa_slice::{self as slice, Slice};

#[test]
fn room_is_what_was_asked_for() {
    let mut s = Slice::nil();
    for n in 1..=5 {
        s.push(());
        assert_eq!((s.len(), s.cap()), (n, n));
    }
    assert_eq!(Slice::from(vec![(); 7]).cap(), 7);
    let part = s.slice(1..3);
    assert_eq!((part.len(), part.cap()), (2, 4));
    assert_eq!(part.append(()).len(), 3);
    assert_eq!(s.slice3(1, 2, 2).append_all([(); 9]).cap(), 10);
}

#[test]
fn as_many_as_one_likes() {
    let most = isize::MAX as usize;
    let s = Slice::<()>::make(most, most);
    assert_eq!(s.len(), most);
    s.get(most - 1);
    s.set(most - 1, ());
    let empty = Slice::<()>::make(0, most);
    assert_eq!(empty.slice(most - 3..most).len(), 3);
    assert_eq!(empty.slice(1..2).repeat(most).len(), most);
    assert_eq!(s.into_vec().len(), most);
}

#[test]
fn each_is_dropped_once() {
    let mut s = Slice::nil();
    (0..10).for_each(|_| s.push(Nothing::new()));
    assert_eq!(Nothing::alive(), 10);
    let part = s.slice(2..5);
    let longer = part.append_all((0..7).map(|_| Nothing::new()));
    // Five slots were overwritten; two more did not fit, so all went to an array of its own.
    assert_eq!((longer.len(), Nothing::alive()), (10, 20));
    let over = part.append(Nothing::new());
    assert_eq!(Nothing::alive(), 20);
    assert_eq!(slice::copy(&over, &longer), 4);
    s.set(0, Nothing::new());
    s.delete(1..4);
    assert_eq!((s.len(), Nothing::alive()), (7, 20));
    s.insert(2, Nothing::new());
    s.reverse();
    s.sort();
    assert_eq!((s.len(), Nothing::alive()), (8, 20));
    let room = Slice::<Nothing>::make(1, 5);
    assert_eq!((room.slice(..4).len(), Nothing::alive()), (4, 24));
    drop((part, over, longer, room));
    assert_eq!(Nothing::alive(), 10);
    let part = s.slice(3..5);
    drop(s);
    assert_eq!(part.try_into_vec().unwrap().len(), 2);
    assert_eq!(Nothing::alive(), 0);
}

#[test]
fn a_vec_of_nothing_may_lie_anywhere() {
    let high = std::ptr::without_provenance_mut::<()>(usize::MAX);
    // SAFETY: elements without size need no memory, so any aligned address but null will do.
    let vec = unsafe { Vec::from_raw_parts(high, 5, 5) };
    let mut s = Slice::from(vec);
    let part = s.slice(2..);
    s.push(());
    assert!(!s.is_nil() && !part.is_nil());
    assert_eq!((s.len(), part.len(), part.append(()).cap()), (6, 3, 4));
    drop(part);
    assert_eq!(s.slice(6..).cap(), 0);
    assert_eq!(s.into_vec().len(), 6);
}
