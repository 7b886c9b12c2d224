//! What must not compile, one file a claim; and what must, of the same kind.
#![cfg(not(loom))]

use gompa_context::{CancelCauseFunc, CancelFunc, CancelGuard, Context, Stop};
use std::panic::{RefUnwindSafe, UnwindSafe};

#[test]
fn does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

fn crosses<T: Send + Sync + UnwindSafe + RefUnwindSafe + 'static>() {}

#[test]
fn auto_traits() {
    crosses::<Context>();
    crosses::<CancelFunc>();
    crosses::<CancelCauseFunc>();
    crosses::<CancelGuard>();
    crosses::<Stop>();
}

#[test]
fn run_takes_what_borrows() {
    let mut sum = 0;
    let numbers = [1, 2, 3];
    let text = gompa_context::background().run(|| {
        numbers.iter().for_each(|n| sum += n);
        std::rc::Rc::new("not Send")
    });
    assert_eq!((sum, *text), (6, "not Send"));
}
