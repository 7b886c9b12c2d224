//! What must not compile, one file a claim; and what must, of the same kind.
#![cfg(not(loom))]

use gompa_chan::{Chan, Iter, Receiver, Select, SelectedOperation, Sender};
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
    // Values need not be shareable, only movable.
    crosses::<Chan<Cell<u8>>>();
    crosses::<Sender<Cell<u8>>>();
    crosses::<Receiver<Cell<u8>>>();
    crosses::<Iter<'static, Cell<u8>>>();
    survives_panics::<Chan<Cell<u8>>>();
    survives_panics::<Sender<Cell<u8>>>();
    survives_panics::<Receiver<Cell<u8>>>();
}

#[test]
fn channels_of_what_borrows() {
    let text = String::from("borrowed");
    let ch: Chan<&str> = gompa_chan::make(1);
    ch.send(&text);
    let mut select = Select::new();
    select.recv(&ch);
    let op: SelectedOperation<'_> = select.select();
    assert_eq!(op.recv(&ch), Some("borrowed"));
}

#[test]
fn a_handle_is_a_word() {
    assert_eq!(size_of::<Chan<u8>>(), size_of::<usize>());
    assert_eq!(size_of::<Sender<[u64; 100]>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Receiver<()>>>(), 2 * size_of::<usize>());
}
