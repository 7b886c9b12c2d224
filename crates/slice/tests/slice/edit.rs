//! Package slices: inserting, deleting, compacting, cutting, joining.

use gompa_slice::Slice;
use std::cmp::Ordering;

#[test]
fn inserting() {
    let mut s = Slice::from([1, 4]);
    s.insert(1, 2);
    s.insert_all(2, [3]);
    s.insert(4, 5);
    s.insert(0, 0);
    s.insert_all(3, []);
    assert_eq!(s, [0, 1, 2, 3, 4, 5]);
    // In place, for others to see.
    let all = Slice::from([1, 2, 3, 4]);
    let mut part = all.slice(..2);
    part.insert(0, 9);
    assert_eq!(all, [9, 1, 2, 4]);
    // The values may be the slice's own.
    let mut s = Slice::from([1, 2, 3]);
    s.grow(10);
    s.insert_all(1, &s.clone());
    assert_eq!(s, [1, 1, 2, 3, 2, 3]);
    // Grows as append does.
    let mut s = Slice::from([1u64; 5]);
    s.insert(2, 7);
    assert_eq!(s.cap(), 10);
}

#[test]
fn deleting() {
    let all = Slice::from([0, 1, 2, 3, 4, 5]);
    let mut s = all.clone();
    s.delete(1..=2);
    s.delete(..1);
    s.delete(3..);
    s.delete(2..);
    assert_eq!(s, [3, 4]);
    assert_eq!(s.cap(), 6);
    assert_eq!(all, [3, 4, 0, 0, 0, 0]);
    s.delete(..);
    assert!(s.is_empty() && !s.is_nil());
}

#[test]
fn deleting_by_function() {
    let all = Slice::from([1, 2, 3, 4, 5]);
    let mut s = all.clone();
    s.delete_func(|n| n % 2 == 1);
    assert_eq!(s, [2, 4]);
    assert_eq!(all, [2, 4, 0, 0, 0]);
    Slice::<u8>::nil().delete_func(|_| true);
}

#[test]
fn compacting() {
    let all = Slice::from([1, 1, 2, 3, 3, 3, 1]);
    let mut s = all.clone();
    s.compact();
    assert_eq!(s, [1, 2, 3, 1]);
    assert_eq!(all, [1, 2, 3, 1, 0, 0, 0]);
    let mut s = Slice::from([f64::NAN, f64::NAN, 1.0]);
    s.compact();
    assert_eq!(s.len(), 3);
    // Asked: is this one as the one before it?
    let mut asked = Vec::new();
    Slice::from([1, 2, 2]).compact_func(|this, before| {
        asked.push((*this, *before));
        this == before
    });
    assert_eq!(asked, [(2, 1), (2, 2)]);
    Slice::<u8>::nil().compact();
}

#[test]
fn clipping_and_growing() {
    let mut s = Slice::<u64>::make(3, 10);
    s.clip();
    assert_eq!((s.len(), s.cap()), (3, 3));
    s.grow(5);
    assert_eq!((s.len(), s.cap()), (3, 8));
    s.grow(5);
    assert_eq!(s.cap(), 8);
}

#[test]
fn cutting_and_joining() {
    let s = Slice::from([1, 2, 3, 4, 5]);
    let chunks = s.chunks(2);
    assert_eq!(chunks.len(), 3);
    for chunk in chunks.clone() {
        assert_eq!(chunk.cap(), chunk.len());
        chunk.set(0, 9);
    }
    assert_eq!(s, [9, 2, 9, 4, 9]);
    assert_eq!(s.chunks(usize::MAX).count(), 1);
    assert_eq!(Slice::concat(&chunks.collect::<Vec<_>>()), s);
    assert_eq!(Slice::concat([&s, &Slice::nil(), &s]).len(), 10);
    assert!(Slice::<u8>::concat([]).is_nil());
    assert_eq!(s.slice(..2).repeat(3), [9, 2, 9, 2, 9, 2]);
    assert!(s.repeat(0).is_empty());
}

#[test]
fn comparing_and_printing() {
    let s = Slice::from([1, 2]);
    assert_eq!(s, s.clone());
    assert_eq!(s, [1, 2]);
    assert_eq!([1, 2], s);
    assert_eq!(s, vec![1, 2]);
    assert_eq!(vec![1, 2], s);
    assert_eq!(s, [1, 2][..]);
    assert_eq!(s, &[1, 2][..]);
    assert_ne!(s, [1, 3]);
    assert_ne!(s, [1]);
    let nan = Slice::from([f64::NAN]);
    assert_ne!(nan, nan);
    assert_eq!(format!("{s:?} {:?}", Slice::<u8>::nil()), "[1, 2] []");
    assert_eq!(format!("{:?}", s.borrow()), "[1, 2]");
}

#[test]
fn collecting() {
    let s: Slice<u32> = (0..5).collect();
    assert_eq!(
        s.iter().map(|n| n * 2).rev().collect::<Vec<_>>(),
        [8, 6, 4, 2, 0]
    );
    assert_eq!(s.clone().into_iter().sum::<u32>(), 10);
    assert_eq!(s.into_iter().len(), 5);
    assert_eq!(Slice::from("go"), [b'g', b'o']);
    assert_eq!(
        Slice::from(String::from("go")).append_all("pher".bytes()),
        b"gopher"[..]
    );
    assert_eq!(Slice::from(&[1, 2][..]), Slice::from(Box::from([1, 2])));
    let mut s = Slice::from([1]);
    s.extend(&[2, 3]);
    assert_eq!(Vec::from(s), [1, 2, 3]);
}

#[test]
fn order() {
    let s = Slice::from([3, 1, 2]);
    let part = s.slice(1..);
    part.sort_by(|a, b| b.cmp(a));
    assert_eq!(s, [3, 2, 1]);
    s.reverse();
    assert_eq!(s, [1, 2, 3]);
    let words = Slice::from(["b", "a", "c"].map(String::from));
    words.sort();
    assert_eq!(words, ["a", "b", "c"]);
    let s = Slice::from([1, 3, 3, 3, 5]);
    assert_eq!(s.binary_search(&3), Ok(1));
    assert_eq!(s.binary_search(&4), Err(4));
    assert_eq!(s.binary_search(&6), Err(5));
    assert_eq!(
        s.binary_search_by(|n| n.partial_cmp(&0).unwrap_or(Ordering::Less)),
        Err(0)
    );
    assert_eq!(Slice::nil().binary_search(&1), Err(0));
}
