//! Slices of one array see each other's writes, until one outgrows it.

use gompa_slice::{self as slice, Slice};

#[test]
fn append_to_a_part_overwrites() {
    let all = Slice::from([1, 2, 3, 4]);
    let part = all.slice(..2);
    let longer = part.append(30);
    assert_eq!(all, [1, 2, 30, 4]);
    assert_eq!(longer, [1, 2, 30]);
    assert_eq!(part, [1, 2]);
    assert!(longer.same_array(&all));
}

#[test]
fn a_third_index_prevents_it() {
    let all = Slice::from([1, 2, 3, 4]);
    let part = all.slice3(0, 2, 2);
    let longer = part.append(30);
    assert_eq!(all, [1, 2, 3, 4]);
    assert_eq!(longer, [1, 2, 30]);
    assert_eq!(longer.cap(), 4);
    assert!(!longer.same_array(&all));
    longer.set(0, 10);
    assert_eq!(all.get(0), 1);
}

#[test]
fn two_appends_to_one_slice_share_a_slot() {
    let mut s = Slice::make(0, 4);
    s.push(1);
    let (a, b) = (s.append(2), s.append(3));
    assert_eq!((a.get(1), b.get(1)), (3, 3));
}

#[test]
fn after_growth_they_part() {
    let mut a = Slice::from([1, 2]);
    let b = a.clone();
    a.set(0, 10);
    assert_eq!(b.get(0), 10);
    a.push(3);
    a.set(0, 100);
    assert_eq!(b, [10, 2]);
    assert_eq!(a, [100, 2, 3]);
    assert!(a.is_unique() && b.is_unique());
}

#[test]
fn writes_through_a_part_with_an_offset() {
    let all = Slice::from([0, 1, 2, 3, 4, 5]);
    let part = all.slice(2..4);
    assert_eq!((part.len(), part.cap()), (2, 4));
    part.set(1, 30);
    assert_eq!(all.get(3), 30);
    let end = part.slice(2..4);
    assert_eq!(end, [4, 5]);
    end.swap(0, 1);
    assert_eq!(all, [0, 1, 2, 30, 5, 4]);
}

#[test]
fn copies_overlap() {
    let s = Slice::from(["a", "b", "c", "d"].map(String::from));
    assert_eq!(slice::copy(&s.slice(1..), &s), 3);
    assert_eq!(s, ["a", "a", "b", "c"]);
    assert_eq!(slice::copy(&s, &s.slice(2..)), 2);
    assert_eq!(s, ["b", "c", "b", "c"]);
    assert_eq!(slice::copy(&s, &Slice::nil()), 0);
    assert_eq!(slice::copy(&Slice::nil(), &s), 0);
    assert_eq!(s.copy_from(&["x".into()]), 1);
    assert_eq!(s.get(0), "x");
}

#[test]
fn appending_oneself() {
    let mut s = Slice::from([1, 2, 3]);
    s.grow(20);
    let twice = s.append_all(&s);
    assert_eq!(twice, [1, 2, 3, 1, 2, 3]);
    assert!(twice.same_array(&s));
    s.extend(&s.slice(1..6).clone());
    assert_eq!(s, [1, 2, 3, 2, 3, 1, 2, 3]);
    assert_eq!(twice, [1, 2, 3, 2, 3, 1]);
}

#[test]
fn nil_and_empty() {
    let nil = Slice::<u8>::nil();
    assert!(nil.is_nil() && nil.as_ptr().is_null() && Slice::<u8>::default().is_nil());
    assert!(nil.append_all([]).is_nil());
    assert!(nil.slice(0..0).is_nil() && nil.slice3(0, 0, 0).is_nil() && nil.clone().is_nil());
    let empty = Slice::<u8>::make(0, 0);
    assert!(!empty.is_nil() && !Slice::<u8>::from(vec![]).is_nil());
    assert_eq!(nil, empty);
    assert!(!empty.slice(..).is_nil());
    let mut end = Slice::from([1u8, 2]).slice(2..);
    assert!(!end.is_nil() && end.cap() == 0);
    end.clip();
    assert!(!end.is_nil());
    let mut nil = nil;
    nil.clip();
    nil.grow(0);
    nil.reverse();
    nil.sort();
    nil.clear();
    assert!(nil.is_nil() && nil.get_mut().unwrap().is_empty());
    assert_eq!(nil.iter().count(), 0);
    nil.push(1);
    assert_eq!((nil.len(), nil.cap()), (1, 8));
}

#[test]
fn range_sees_writes_but_not_growth() {
    let mut s = Slice::from([1, 2, 3]);
    let mut seen = Vec::new();
    let view = s.clone();
    for v in &view {
        seen.push(v);
        s.set(2, 30);
        s.push(v);
        s.set(1, 20);
    }
    // The first push took `s` to another array.
    assert_eq!(seen, [1, 2, 30]);
    assert_eq!(s, [1, 20, 30, 1, 2, 30]);
    assert_eq!(view.iter().rev().nth(1), Some(2));
    assert_eq!(view.iter().nth(2), Some(30));
    assert_eq!(view.iter().nth(3), None);
}

#[test]
fn grow_keeps_what_lies_beyond_the_length() {
    let all = Slice::from([1, 2, 3]);
    let mut part = all.slice(..1);
    part.grow(10);
    assert!(!part.same_array(&all));
    assert_eq!(part.slice(..4), [1, 2, 3, 0]);
    // Growth by append does not.
    let mut part = all.slice(..1);
    part.extend([4, 5, 6]);
    assert_eq!(part.slice(..part.cap()), [1, 4, 5, 6, 0, 0]);
    // Nor if nobody else sees the array.
    let mut part = Slice::from([1, 2, 3]).slice(1..2);
    part.extend([4, 5, 6]);
    assert_eq!(part.slice(..part.cap()), [2, 4, 5, 6]);
}

#[test]
fn in_generic_code_without_default() {
    fn halves<T: Clone>(s: &Slice<T>) -> (Slice<T>, Slice<T>) {
        let middle = s.len() / 2;
        (s.slice(..middle), s.slice3(middle, s.len(), s.len()))
    }
    struct NoDefault(u8);
    let s = Slice::from([NoDefault(1), NoDefault(2)]);
    assert_eq!(s.slice(1..).borrow()[0].0, 2);
    let (low, high) = halves(&Slice::from([1, 2, 3]));
    assert_eq!((low, high), (Slice::from([1]), Slice::from([2, 3])));
}
