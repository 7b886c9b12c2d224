//! What several tests need.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The text that `f` panics with.
pub fn text_of<R>(f: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else {
        panic!("it did not panic")
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a text")).to_owned(),
    }
}

thread_local! {
    static ALIVE: Cell<isize> = const { Cell::new(0) };
}

/// A number on the heap, so that sanitizers see whoever uses it after its end; counted.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted(Box<u32>);

impl Counted {
    pub fn new(number: u32) -> Self {
        ALIVE.set(ALIVE.get() + 1);
        Counted(Box::new(number))
    }

    pub fn number(&self) -> u32 {
        *self.0
    }

    /// How many there are on this thread.
    pub fn alive() -> isize {
        ALIVE.get()
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Counted::new(self.number())
    }
}

impl Default for Counted {
    fn default() -> Self {
        Counted::new(0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.set(ALIVE.get() - 1);
    }
}

thread_local! {
    static NOTHINGS: Cell<isize> = const { Cell::new(0) };
}

/// Without size, and counted all the same.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nothing(());

impl Nothing {
    pub fn new() -> Self {
        NOTHINGS.set(NOTHINGS.get() + 1);
        Nothing(())
    }

    /// How many there are on this thread.
    pub fn alive() -> isize {
        NOTHINGS.get()
    }
}

impl Clone for Nothing {
    fn clone(&self) -> Self {
        Nothing::new()
    }
}

impl Default for Nothing {
    fn default() -> Self {
        Nothing::new()
    }
}

impl Drop for Nothing {
    fn drop(&mut self) {
        NOTHINGS.set(NOTHINGS.get() - 1);
    }
}
