//! Whether a type is `Copy`, asked where only `T` is known.
//!
//! An element that is `Copy` can be read as an array's is: its bits are all there is to it. Cloning
//! any other runs foreign code while a reference to the element exists, which must be guarded
//! (`array`). `get` is one function for both, so it has to ask.
//!
//! Stable Rust has no such question, but an answer: [`Iterator::fuse`] promises that nothing comes
//! after the first `None`, and keeps the promise by a flag, except for iterators that are
//! [`FusedIterator`] and need none. So an iterator that breaks the promise, and is `FusedIterator`
//! only for `T: Copy`, gives something after its first `None` only then. The compiler reduces all
//! of it to a constant.
//!
//! If the standard library stops telling the two apart, the answer is "no" and reading becomes
//! slower, not wrong (a test notices). It looks through lifetimes: a type that is `Copy` for
//! `'static` alone counts as `Copy`. All that it is made of is `Copy` nevertheless, for the
//! compiler demands that of every field and lifetimes do not change the fields.

use std::iter::FusedIterator;
use std::marker::PhantomData;

/// Whether `T: Copy`.
#[inline(always)]
pub(crate) fn is_copy<T>() -> bool {
    let mut probe = Probe::<T> {
        asked: false,
        of: PhantomData,
    }
    .fuse();
    let _none = probe.next();
    probe.next().is_some()
}

struct Probe<T> {
    asked: bool,
    of: PhantomData<T>,
}

impl<T> Iterator for Probe<T> {
    type Item = ();

    #[inline(always)]
    fn next(&mut self) -> Option<()> {
        std::mem::replace(&mut self.asked, true).then_some(())
    }
}

impl<T: Copy> FusedIterator for Probe<T> {}

#[cfg(test)]
mod tests {
    use super::is_copy;

    #[test]
    fn it_knows() {
        assert!(is_copy::<u8>() && is_copy::<(f64, [char; 3])>() && is_copy::<&String>());
        assert!(is_copy::<Option<fn(String)>>() && is_copy::<()>());
        assert!(!is_copy::<String>() && !is_copy::<&mut u8>() && !is_copy::<std::cell::Cell<u8>>());
        #[derive(Clone)]
        struct Empty;
        assert!(!is_copy::<Empty>() && !is_copy::<[Empty; 0]>());
    }

    #[test]
    fn generic_code_is_not_misled() {
        fn ask<T: Clone>(_: T) -> bool {
            is_copy::<T>()
        }
        assert!(ask(1) && !ask(vec![1]));
    }
}
