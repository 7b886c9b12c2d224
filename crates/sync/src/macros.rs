//! What the model needs otherwise than the product.

/// A `const fn`; under the model, whose atomics and locks cannot be made by one, a plain function.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $vis:vis const fn $($rest:tt)*) => {
        #[cfg(not(loom))]
        $(#[$attribute])*
        $vis const fn $($rest)*
        #[cfg(loom)]
        $(#[$attribute])*
        $vis fn $($rest)*
    };
}

pub(crate) use const_fn;
