//! The `Vec` that grows by a rule.

use crate::common::text_of;
use gompa_slice::GrowVec;
use gompa_slice::growth::{Classic, Doubling, Go118, Policy};
use std::collections::HashSet;

fn capacities<T: Default, R: Policy>(count: usize) -> Vec<usize> {
    let mut v = GrowVec::<T, R>::new();
    let mut caps = Vec::new();
    for _ in 0..count {
        v.push(T::default());
        caps.push(v.capacity());
    }
    caps.dedup();
    caps
}

#[test]
fn rules() {
    let go = capacities::<u64, Go118>(1_300);
    assert_eq!(go, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 848, 1280, 1792]);
    assert_eq!(
        capacities::<u64, Classic>(1_300)[9..],
        [512, 1024, 1280, 1696]
    );
    assert_eq!(capacities::<u64, Doubling>(9), [4, 8, 16]);
    assert_eq!(capacities::<u8, Doubling>(9), [8, 16]);
    assert_eq!(capacities::<(), Go118>(3), [usize::MAX]);
}

#[test]
fn a_rule_that_says_nonsense() {
    struct Never;
    impl Policy for Never {
        fn grow(_: usize, _: usize, _: usize, _: usize) -> Option<usize> {
            Some(0)
        }
    }
    assert_eq!(capacities::<u64, Never>(3), [1, 2, 3]);
    struct No;
    impl Policy for No {
        fn grow(_: usize, _: usize, _: usize, _: usize) -> Option<usize> {
            None
        }
    }
    let mut v = GrowVec::<u8, No>::with_capacity(1);
    v.extend(std::iter::repeat_n(1, v.capacity()));
    let text = text_of(|| v.push(1));
    assert_eq!(text, "runtime error: growslice: len out of range");
    struct Endless;
    impl Policy for Endless {
        fn grow(_: usize, _: usize, _: usize, _: usize) -> Option<usize> {
            Some(usize::MAX)
        }
    }
    let text = text_of(|| GrowVec::<u8, Endless>::new().push(1));
    assert_eq!(text, "runtime error: growslice: len out of range");
    let text = text_of(|| GrowVec::<u64>::new().reserve(usize::MAX));
    assert_eq!(text, "runtime error: growslice: len out of range");
}

#[test]
fn a_vec_like_any_other() {
    let mut v: GrowVec<u32> = (0..10).collect();
    v.extend([10, 11]);
    v.extend(&[12]);
    v.extend_from_slice(&[13, 14]);
    v.insert(0, 99);
    assert_eq!((v.len(), v[0], v.last()), (16, 99, Some(&14)));
    assert_eq!((v.remove(0), v.swap_remove(0), v.pop()), (99, 0, Some(13)));
    v.retain(|n| n % 2 == 0);
    v.sort();
    assert_eq!(v.drain(..2).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(v, [6, 8, 10, 12, 14]);
    v.iter_mut().for_each(|n| *n += 1);
    for n in &mut v {
        *n -= 1;
    }
    assert_eq!((&v).into_iter().sum::<u32>(), 50);
    let clone = v.clone();
    assert!(clone == v && clone <= v && clone == vec![6, 8, 10, 12, 14] && clone == v[..]);
    assert_eq!(format!("{v:?}"), "[6, 8, 10, 12, 14]");
    let set = HashSet::from([clone]);
    assert!(set.contains(&[6, 8, 10, 12, 14][..]));
    v.truncate(1);
    v.shrink_to_fit();
    assert_eq!(v.capacity(), 1);
    v.clear();
    assert_eq!(v, GrowVec::<u32, Doubling>::default());
    assert_eq!(
        GrowVec::<_>::from([1, 2])
            .into_iter()
            .rev()
            .collect::<Vec<_>>(),
        [2, 1]
    );
}

#[test]
fn it_crosses_threads() {
    let mut v: GrowVec<u32> = (0..100).collect();
    std::thread::scope(|scope| {
        for part in v.chunks_mut(25) {
            scope.spawn(|| part.iter_mut().for_each(|n| *n *= 2));
        }
    });
    let sum = std::thread::spawn(move || v.iter().sum::<u32>());
    assert_eq!(sum.join().unwrap(), 9_900);
}
