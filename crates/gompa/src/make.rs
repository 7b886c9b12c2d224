//! `make!`.

/// Go's `make`, for what there is so far: `make!(chan T)` and `make!(chan T, capacity)`;
/// `make!([T], length)` and `make!([T], length, capacity)`, whose elements are zeros.
///
/// # Panics
/// `makechan: size out of range`, `runtime error: makeslice: len out of range` or `cap out of range`
/// for a size that cannot be.
///
/// ```
/// let unbuffered = gompa::make!(chan u32);
/// let buffered = gompa::make!(chan (u32, String), 16);
/// assert_eq!((unbuffered.cap(), buffered.cap()), (0, 16));
///
/// let mut names = gompa::make!([String], 2, 10);
/// names.push("three".into());
/// assert_eq!((names.len(), names.cap()), (3, 10));
/// assert_eq!(names, ["", "", "three"]);
/// ```
#[macro_export]
macro_rules! make {
    (chan $t:ty) => {
        $crate::chan::make::<$t>(0)
    };
    (chan $t:ty, $capacity:expr) => {
        $crate::chan::make::<$t>($capacity)
    };
    ([$t:ty], $len:expr) => {{
        let len: ::core::primitive::usize = $len;
        $crate::slice::Slice::<$t>::make(len, len)
    }};
    ([$t:ty], $len:expr, $capacity:expr) => {
        $crate::slice::Slice::<$t>::make($len, $capacity)
    };
}
