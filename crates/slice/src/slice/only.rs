//! What a slice can do whose array nobody else sees.

use super::{Header, Slice};
use std::rc::Rc;

impl<T> Slice<T> {
    /// Whether no other slice shares the array.
    pub fn is_unique(&self) -> bool {
        self.header
            .array
            .as_ref()
            .is_none_or(|array| Rc::strong_count(array) == 1)
    }

    /// The elements, to change at will, if no other slice shares the array; as [`Rc::get_mut`].
    ///
    /// ```
    /// let mut s = gompa_slice::Slice::from([3, 1, 2]);
    /// s.get_mut().unwrap().sort();
    /// assert_eq!(s.get_mut().unwrap()[0], 1);
    /// let view = s.slice(..1);
    /// assert!(s.get_mut().is_none());
    /// # drop(view);
    /// ```
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut [T]> {
        if let Some(array) = &mut self.header.array {
            Rc::get_mut(array)?.only();
        }
        // SAFETY: this is the only view, and `&mut` of it is given away with the reference.
        Some(unsafe { self.header.elements_mut() })
    }

    /// The elements, to change at will; as [`Rc::make_mut`]: if other slices share the array, this
    /// one gets its own first, with clones of the elements and no room beyond them.
    ///
    /// # Panics
    /// What [`Clone`] panics with; as [`borrow`](Slice::borrow).
    #[track_caller]
    pub fn make_mut(&mut self) -> &mut [T]
    where
        T: Clone,
    {
        if !self.is_unique() {
            // SAFETY: 1. and 2. the length is the length.
            unsafe { self.move_to(self.len(), self.len()) }
        }
        // SAFETY: this is the only view now, for there was no foreign code since; and `&mut` of it is
        // given away with the reference.
        unsafe { self.header.elements_mut() }
    }

    /// The elements as a `Vec`, if no other slice shares the array; otherwise the slice comes back.
    /// The array becomes the `Vec`: nothing is copied, unless elements before this slice's first one
    /// must be closed up to. Elements outside are dropped.
    ///
    /// # Errors
    /// The slice, if its array is shared.
    pub fn try_into_vec(self) -> Result<Vec<T>, Slice<T>> {
        let (offset, len) = (self.header.offset(), self.len());
        let header = self.header;
        let Some(array) = header.array else {
            return Ok(Vec::new());
        };
        match Rc::try_unwrap(array) {
            Ok(array) => {
                let mut vec = array.into_vec();
                vec.truncate(offset + len);
                vec.drain(..offset);
                Ok(vec)
            }
            Err(array) => Err(Slice {
                header: Header {
                    array: Some(array),
                    ..header
                },
            }),
        }
    }

    /// The elements as a `Vec`: moved as [`try_into_vec`](Slice::try_into_vec) does, or cloned if
    /// other slices share the array.
    ///
    /// # Panics
    /// What [`Clone`] panics with; as [`borrow`](Slice::borrow).
    #[track_caller]
    pub fn into_vec(self) -> Vec<T>
    where
        T: Clone,
    {
        self.try_into_vec().unwrap_or_else(|shared| shared.to_vec())
    }
}
