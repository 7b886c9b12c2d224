//! What must not compile, one file a claim; and what must, of the same kind.

use gompa_slice::{GrowVec, Slice};
use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};

#[test]
fn does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

fn crosses<T: Send + Sync>() {}
fn survives_panics<T: UnwindSafe + RefUnwindSafe>() {}

#[test]
fn auto_traits() {
    crosses::<GrowVec<u8>>();
    survives_panics::<Slice<Cell<u8>>>();
    survives_panics::<GrowVec<u8>>();
}

#[test]
fn slices_of_what_borrows() {
    let text = String::from("borrowed");
    let s = Slice::from([&text[..3]]);
    s.set(0, &text);
    assert_eq!(s, ["borrowed"]);
}

#[test]
fn a_slice_is_four_words() {
    assert_eq!(size_of::<Slice<u8>>(), 4 * size_of::<usize>());
    assert_eq!(size_of::<GrowVec<u8>>(), size_of::<Vec<u8>>());
}
