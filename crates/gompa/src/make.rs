//! `make!`.

/// Go's `make`, for channels, maps and slices: `make!(chan T)`, `make!(chan T, capacity)`;
/// `make!(map K, V)`, `make!(map K, V, hint)`; `make!([T], length)`, `make!([T], length, capacity)`,
/// whose elements are zeros.
///
/// The hint of a map may be of any integer type; one that makes no sense is ignored.
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
/// let mut ages = gompa::make!(map String, u8);
/// ages.insert("rob".to_owned(), 69);
/// let large = gompa::make!(map u64, Vec<u8>, 1000);
/// assert_eq!((ages["rob"], large.stats().b), (69, 8));
/// assert!(gompa::make!(map u64, u64, -1).is_empty());
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
    (map $k:ty, $v:ty) => {
        $crate::hmap::HMap::<$k, $v>::new()
    };
    (map $k:ty, $v:ty, $hint:expr) => {
        $crate::hmap::HMap::<$k, $v>::with_capacity(
            ::core::convert::TryInto::<usize>::try_into($hint).unwrap_or(0),
        )
    };
}
