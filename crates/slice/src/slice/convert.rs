//! From and to other collections.

use super::Slice;

impl<T> From<Vec<T>> for Slice<T> {
    /// The `Vec` becomes the array: nothing is copied, and the capacity stays (of elements without
    /// size, which have no end of room in a `Vec`, it is the length). Not nil, even if it is empty.
    #[inline]
    fn from(vec: Vec<T>) -> Self {
        let cap = if size_of::<T>() == 0 {
            vec.len()
        } else {
            vec.capacity()
        };
        // SAFETY: `cap` is the capacity, or the length, than which the capacity is not less.
        unsafe { Slice::whole(vec, cap, None) }
    }
}

impl<T, const N: usize> From<[T; N]> for Slice<T> {
    /// Go's `[]T{...}`.
    fn from(elements: [T; N]) -> Self {
        Vec::from(elements).into()
    }
}

impl<T> From<Box<[T]>> for Slice<T> {
    /// The box becomes the array.
    fn from(elements: Box<[T]>) -> Self {
        Vec::from(elements).into()
    }
}

impl<T: Clone> From<&[T]> for Slice<T> {
    fn from(elements: &[T]) -> Self {
        Vec::from(elements).into()
    }
}

impl From<&str> for Slice<u8> {
    /// Go's `[]byte(text)`.
    fn from(text: &str) -> Self {
        Vec::from(text).into()
    }
}

impl From<String> for Slice<u8> {
    /// Go's `[]byte(text)`; nothing is copied.
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl<T: Clone> From<Slice<T>> for Vec<T> {
    /// [`Slice::into_vec`].
    #[track_caller]
    fn from(slice: Slice<T>) -> Self {
        slice.into_vec()
    }
}

impl<T> FromIterator<T> for Slice<T> {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        Vec::from_iter(iter).into()
    }
}
