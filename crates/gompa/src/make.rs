//! `make!`.

/// Go's `make`, for what there is so far: `make!(chan T)` and `make!(chan T, capacity)`.
///
/// # Panics
/// `makechan: size out of range` for a capacity that cannot be.
///
/// ```
/// let unbuffered = gompa::make!(chan u32);
/// let buffered = gompa::make!(chan (u32, String), 16);
/// assert_eq!((unbuffered.cap(), buffered.cap()), (0, 16));
/// ```
#[macro_export]
macro_rules! make {
    (chan $t:ty) => {
        $crate::chan::make::<$t>(0)
    };
    (chan $t:ty, $capacity:expr) => {
        $crate::chan::make::<$t>($capacity)
    };
}
