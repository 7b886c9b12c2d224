//! Every element is dropped once, whatever becomes of the views.

use crate::common::Counted;
use gompa_slice::{self as slice, GrowVec, Slice};

fn numbers<const N: usize>(numbers: [u32; N]) -> Slice<Counted> {
    numbers.into_iter().map(Counted::new).collect()
}

fn seen(s: &Slice<Counted>) -> Vec<u32> {
    s.borrow().iter().map(Counted::number).collect()
}

#[test]
fn with_the_last_view() {
    let all = numbers([1, 2, 3]);
    let part = all.slice(1..2);
    drop(all);
    assert_eq!(Counted::alive(), 3, "the array lives as long as any view");
    assert_eq!(seen(&part), [2]);
    drop(part);
    assert_eq!(Counted::alive(), 0);
}

#[test]
fn what_is_overwritten() {
    let all = numbers([1, 2, 3, 4]);
    all.set(0, Counted::new(10));
    assert_eq!(all.replace(1, Counted::new(20)).number(), 2);
    let longer = all.slice(..2).append(Counted::new(30));
    assert_eq!((seen(&all), Counted::alive()), (vec![10, 20, 30, 4], 4));
    let longest = longer.slice(..1).append_all([5, 6].map(Counted::new));
    assert_eq!((seen(&all), Counted::alive()), (vec![10, 5, 6, 4], 4));
    assert_eq!(slice::copy(&all, &all.slice(2..)), 2);
    assert_eq!((seen(&all), Counted::alive()), (vec![6, 4, 6, 4], 4));
    all.clear();
    assert_eq!((seen(&longest), Counted::alive()), (vec![0; 3], 4));
    drop((all, longer, longest));
    assert_eq!(Counted::alive(), 0);
}

#[test]
fn partly_behind_what_was_there() {
    let mut room = Slice::<Counted>::make(0, 8);
    room.extend([1, 2, 3].map(Counted::new));
    let over = room.slice(..2).append_all([30, 40, 50].map(Counted::new));
    assert_eq!((seen(&room), Counted::alive()), (vec![1, 2, 30], 5));
    assert_eq!(seen(&over), [1, 2, 30, 40, 50]);
    drop((room, over));
    assert_eq!(Counted::alive(), 0);
}

#[test]
fn growing() {
    // The only view: moved.
    let mut only = Slice::nil();
    (0..100).for_each(|n| only.push(Counted::new(n)));
    assert_eq!(Counted::alive(), 100);
    // Another sees the old array: cloned, when its 128 places are full.
    let before = only.clone();
    (100..200).for_each(|n| only.push(Counted::new(n)));
    assert_eq!(Counted::alive(), 128 + 200);
    drop(before);
    assert_eq!(Counted::alive(), 200);
    // A part of the array, which nobody else sees: the others go.
    let mut part = only.slice3(10, 20, 20);
    drop(only);
    part.push(Counted::new(0));
    assert_eq!((part.len(), Counted::alive()), (11, 11));
    drop(part);
    assert_eq!(Counted::alive(), 0);
}

#[test]
fn into_vec() {
    let all = numbers([1, 2, 3, 4, 5]);
    let part = all.slice(1..3);
    let part = part.try_into_vec().unwrap_err();
    let cloned = part.clone().into_vec();
    assert_eq!((cloned.len(), Counted::alive()), (2, 7));
    drop(all);
    let moved = part.try_into_vec().unwrap();
    assert_eq!(moved, cloned);
    assert_eq!(Counted::alive(), 4);
    drop((cloned, moved));
    assert_eq!(Counted::alive(), 0);
}

#[test]
fn editing() {
    let mut s = numbers([1, 2, 3, 4]);
    let all = s.clone();
    s.delete(1..3);
    assert_eq!((seen(&s), seen(&all)), (vec![1, 4], vec![1, 4, 0, 0]));
    assert_eq!(Counted::alive(), 4);
    s.insert_all(1, [7, 8].map(Counted::new));
    assert_eq!((seen(&all), Counted::alive()), (vec![1, 7, 8, 4], 4));
    s.insert(0, Counted::new(9));
    assert_eq!((seen(&s), Counted::alive()), (vec![9, 1, 7, 8, 4], 9));
    s.delete_func(|n| n.number() < 8);
    assert_eq!((seen(&s), Counted::alive()), (vec![9, 8], 9));
    s.extend([8, 9].map(Counted::new));
    s.compact();
    assert_eq!((seen(&s), Counted::alive()), (vec![9, 8, 9], 9));
    s.sort();
    s.reverse();
    assert_eq!((seen(&s), Counted::alive()), (vec![9, 9, 8], 9));
    drop((s, all));
    assert_eq!(Counted::alive(), 0);
}

#[test]
fn vecs() {
    let mut v: GrowVec<Counted> = (0..100).map(Counted::new).collect();
    v.insert(3, Counted::new(7));
    v.truncate(50);
    let clone = v.clone();
    let s = Slice::from(v);
    assert_eq!(Counted::alive(), 100);
    assert_eq!(clone.as_slice(), &*s.borrow());
    let v = GrowVec::<_>::from(s);
    assert_eq!((v.len(), Counted::alive()), (50, 100));
    drop((v, clone));
    assert_eq!(Counted::alive(), 0);
}
