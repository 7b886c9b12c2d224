//! What the only view of an array can do.

use gompa_slice::Slice;

#[test]
fn a_vec_goes_in_and_out_uncopied() {
    let mut vec = Vec::with_capacity(10);
    vec.extend(["a", "b", "c"].map(String::from));
    let address = vec.as_ptr();
    let s = Slice::from(vec);
    assert_eq!((s.len(), s.cap(), s.as_ptr()), (3, 10, address));
    let vec = s.try_into_vec().unwrap();
    assert_eq!((vec.len(), vec.capacity(), vec.as_ptr()), (3, 10, address));
    let s = Slice::from(vec);
    let part = s.slice(..2);
    drop(s);
    let vec = part.into_vec();
    assert_eq!((vec.len(), vec.capacity(), vec.as_ptr()), (2, 10, address));
}

#[test]
fn get_mut() {
    let mut s = Slice::from([1, 2, 3]);
    s.get_mut().unwrap()[1] = 20;
    let mut part = s.slice(1..);
    assert!(s.get_mut().is_none() && part.get_mut().is_none() && !part.is_unique());
    drop(s);
    part.get_mut().unwrap().swap(0, 1);
    assert_eq!(part, [3, 20]);
}

#[test]
fn make_mut() {
    let mut s = Slice::from([1, 2, 3]);
    let address = s.as_ptr();
    s.make_mut()[0] = 10;
    assert_eq!(s.as_ptr(), address);
    let view = s.clone();
    s.make_mut()[0] = 100;
    assert_eq!(
        (s, view),
        (Slice::from([100, 2, 3]), Slice::from([10, 2, 3]))
    );
    assert!(Slice::<u8>::nil().make_mut().is_empty());
}

#[test]
fn into_vec_of_a_part() {
    let s = Slice::from([1, 2, 3, 4]);
    let part = s.slice(1..3);
    let part = part.try_into_vec().unwrap_err();
    assert_eq!((&part, part.cap()), (&Slice::from([2, 3]), 3));
    drop(s);
    assert_eq!(part.try_into_vec().unwrap(), [2, 3]);
    assert!(Slice::<u8>::nil().into_vec().is_empty());
}
