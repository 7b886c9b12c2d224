//! The one import point for concurrency primitives: std's, or loom's under `--cfg loom`.
//!
//! Every crate of the workspace whose protocols are model-checked takes them from here, so that the
//! model runs the same source as the product.

#[cfg(not(loom))]
mod imp {
    pub use std::cell::Cell;
    pub use std::hint::spin_loop;
    pub use std::sync::Arc;
    pub use std::sync::atomic;
    pub use std::thread;

    /// `std::cell::UnsafeCell` with loom's access by closure.
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        /// Wraps `value`.
        pub const fn new(value: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }

        /// Takes the value out.
        pub fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T: ?Sized> UnsafeCell<T> {
        /// Gives `f` a pointer for reading. The caller sees to it that nobody writes meanwhile.
        #[inline(always)]
        pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        /// Gives `f` a pointer for writing. The caller sees to it that nobody else uses the cell
        /// meanwhile.
        #[inline(always)]
        pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

#[cfg(loom)]
mod imp {
    pub use loom::cell::{Cell, UnsafeCell};
    pub use loom::hint::spin_loop;
    pub use loom::sync::Arc;
    pub use loom::sync::atomic;
    pub use loom::thread;
}

pub use imp::*;
