//! The rules beside their description, at the ends of what can be counted, and what cannot grow.

use crate::common::text_of;
use gompa_slice::growth::{
    MAX_BYTES, Rule, SIZE_CLASSES, grow, grow_pointers, next_cap, round_up, round_up_pointers,
    try_grow,
};
use proptest::prelude::*;

const MAX: usize = isize::MAX as usize;

/// The capacities from `cap` on, elements of `elem` bytes appended one by one.
fn steps(elem: usize, mut cap: usize, rule: Rule, count: usize) -> Vec<usize> {
    let mut caps = Vec::new();
    for _ in 0..count {
        cap = grow(elem, cap, cap, 1, rule);
        caps.push(cap);
    }
    caps
}

#[test]
fn the_classic_rule() {
    // []int before 1.18.
    assert_eq!(
        steps(8, 0, Rule::Classic, 20),
        [
            1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1280, 1696, 2304, 3072, 4096, 5120, 7168,
            9216, 12288
        ]
    );
    assert_eq!(next_cap(1023, 1024, Rule::Classic), 2046);
    assert_eq!(next_cap(1024, 1025, Rule::Classic), 1280);
    assert_eq!(next_cap(1024, 1281, Rule::Classic), 1600);
    assert_eq!(next_cap(1024, 2048, Rule::Classic), 2500);
    assert_eq!(next_cap(1024, 2049, Rule::Classic), 2049);
}

#[test]
fn the_rule_since() {
    assert_eq!(next_cap(255, 256, Rule::Go118), 510);
    assert_eq!(next_cap(256, 257, Rule::Go118), 512);
    assert_eq!(next_cap(512, 513, Rule::Go118), 832);
    // 1442, 1994, 2684
    assert_eq!(next_cap(1000, 2000, Rule::Go118), 2684);
    assert_eq!(next_cap(0, 1, Rule::Go118), 1);
    assert_eq!(Rule::default(), Rule::Go118);
}

#[test]
fn at_compile_time() {
    const CAP: usize = grow(8, 4, 4, 1, Rule::Go118);
    const BYTES: usize = round_up(33);
    assert_eq!((CAP, BYTES), (8, 48));
}

#[test]
fn what_cannot_be_counted() {
    for rule in [Rule::Classic, Rule::Go118] {
        assert_eq!(next_cap(MAX, MAX, rule), MAX);
        assert_eq!(next_cap(MAX / 2 + 1, MAX / 2 + 2, rule), MAX / 2 + 2);
        assert_eq!(next_cap(usize::MAX, usize::MAX, rule), usize::MAX);
        assert_eq!(next_cap(usize::MAX, 0, rule), 0);
        let nearly = MAX / 2;
        assert!(next_cap(nearly, nearly + 1, rule) > nearly);
    }
    assert_eq!(round_up(0), 0);
    assert_eq!(round_up(usize::MAX), usize::MAX);
    assert_eq!(round_up_pointers(usize::MAX - 5), usize::MAX - 5);
}

#[test]
fn what_cannot_grow() {
    const TEXT: &str = "runtime error: growslice: len out of range";
    for (elem, len, cap, added) in [
        (1, 1, 1, usize::MAX),
        (1, 1, 1, MAX),
        (8, 0, 0, MAX),
        (8, 0, 0, MAX_BYTES / 8 + 1),
        (1, 0, 0, MAX_BYTES + 1),
        (usize::MAX, 1, 1, 1),
        (0, MAX, MAX, 1),
    ] {
        assert_eq!(try_grow(elem, len, cap, added, Rule::Go118), None);
        assert_eq!(text_of(|| grow(elem, len, cap, added, Rule::Go118)), TEXT);
        let pointers = || grow_pointers(elem, len, cap, added, Rule::Classic);
        assert_eq!(text_of(pointers), TEXT);
    }
    // The last that can.
    assert_eq!(grow(1, 0, 0, MAX_BYTES, Rule::Go118), MAX_BYTES);
    assert_eq!(grow(0, MAX - 1, 0, 1, Rule::Go118), MAX);
}

#[test]
fn classes_are_in_order() {
    assert!(SIZE_CLASSES.is_sorted_by(|a, b| a < b));
    for class in SIZE_CLASSES.map(usize::from) {
        assert_eq!(round_up(class), class);
        assert!(round_up(class + 1) > class);
    }
}

proptest! {
    #[test]
    fn growth_holds_what_it_must(
        elem in 0usize..300, len in 0usize..100_000, spare in 0usize..1_000, added in 0usize..100_000
    ) {
        let cap = len + spare;
        for rule in [Rule::Classic, Rule::Go118] {
            for grown in [grow(elem, len, cap, added, rule), grow_pointers(elem, len, cap, added, rule)] {
                prop_assert!(grown >= len + added && grown >= cap);
                prop_assert_eq!(grown == cap, len + added <= cap);
            }
        }
    }

    #[test]
    fn rounding_is_monotonous(bytes in 0usize..100_000) {
        prop_assert!(round_up(bytes) >= bytes);
        prop_assert!(round_up(bytes) <= round_up(bytes + 1));
        prop_assert_eq!(round_up(round_up(bytes)), round_up(bytes));
        prop_assert!(round_up_pointers(bytes) >= bytes);
    }
}
