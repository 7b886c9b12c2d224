//! Slices in the collected heap: Go's `[]*T`.
//!
//! ```text
//!   object            array, in the heap
//!   | array  | -----> | length | field | field | field | field | ...
//!   | from   |                         ^ from           ^ from + len
//!   | len    |
//!   | cap    |
//! ```
//! Several slices may view one array, here also those of several goroutines: elements are
//! [`Field`]s, set with the collector's barrier. The slice itself is a value that does not change; what
//! is to hold a slice that does has a `Field` to an object with one.

use crate::bounds;
use crate::growth::{Rule, grow_pointers};
use gompa_gc::{Array, Field, Gc, Place, Scope, Trace};
use std::fmt;
use std::ops::RangeBounds;

/// An array of the heap that slices view.
type Elements<'gc, T> = Gc<'gc, Array<Field<'gc, T>>>;

/// Go's slice of pointers, over an array in the collected heap; see the [module](self).
///
/// Capacities grow as those of Go's `[]*T`. Misuse panics with Go's words.
///
/// ```
/// use gompa_gc::{Trace, scope};
/// use gompa_slice::gc::Slice;
///
/// #[derive(Trace)]
/// struct Peak { name: &'static str }
/// #[derive(Trace)]
/// struct Range<'gc> { peaks: Slice<'gc, Peak> }
///
/// scope(|s| {
///     let mut peaks = Slice::<Peak>::nil(); // var peaks []*Peak
///     for name in ["Kailash", "Gurla Mandhata", "Namcha Barwa"] {
///         peaks = peaks.append(s, s.alloc(Peak { name })); // peaks = append(peaks, &Peak{name})
///     }
///     let range = s.alloc(Range { peaks });
///     let east = range.peaks.slice(2..); // shares the array
///     assert_eq!(east.get(s, 0).unwrap().name, "Namcha Barwa");
///     east.set(s, 0, None);
///     assert!(range.peaks.get(s, 2).is_none());
/// });
/// ```
#[derive(Trace)]
pub struct Slice<'gc, T> {
    array: Option<Elements<'gc, T>>,
    from: usize,
    len: usize,
    cap: usize,
}

impl<T> Clone for Slice<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slice<'_, T> {}

impl<T> Default for Slice<'_, T> {
    fn default() -> Self {
        Slice::nil()
    }
}

impl<'gc, T> Slice<'gc, T> {
    /// Go's nil slice: no elements, no room, no array.
    pub const fn nil() -> Self {
        Slice {
            array: None,
            from: 0,
            len: 0,
            cap: 0,
        }
    }

    /// Whether it is nil: has no array.
    pub fn is_nil(&self) -> bool {
        self.array.is_none()
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many elements there may be before the array is left behind.
    pub fn cap(&self) -> usize {
        self.cap
    }

    /// `s[a..b]`: a view of the same array. Up to the capacity, as in Go.
    ///
    /// # Panics
    /// `runtime error: slice bounds out of range [...]`.
    #[track_caller]
    pub fn slice(self, range: impl RangeBounds<usize>) -> Self {
        let (a, b) = bounds::ends(&range, self.len);
        if a > b || b > self.cap {
            bounds::slice(a, b, self.cap);
        }
        self.part(a, b, self.cap)
    }

    /// `s[a:b:max]`: the same with less room.
    ///
    /// # Panics
    /// As [`slice`](Self::slice).
    #[track_caller]
    pub fn slice3(self, a: usize, b: usize, max: usize) -> Self {
        if a > b || b > max || max > self.cap {
            bounds::slice3(a, b, max, self.cap);
        }
        self.part(a, b, max)
    }

    fn part(self, a: usize, b: usize, max: usize) -> Self {
        Slice {
            array: self.array,
            from: self.from + a,
            len: b - a,
            cap: max - a,
        }
    }

    /// The fields of the array from the slice's first on, as many as `n`, at most `cap`.
    fn fields(&self, n: usize) -> &'gc [Field<'gc, T>] {
        match self.array {
            Some(array) => &array.as_ref()[self.from..self.from + n],
            None => &[],
        }
    }

    #[track_caller]
    fn field(&self, i: usize) -> &'gc Field<'gc, T> {
        match self.fields(self.len).get(i) {
            Some(field) => field,
            None => bounds::index(i, self.len),
        }
    }
}

impl<T: Trace> Slice<'_, T> {
    /// Go's `make([]*T, len, cap)`: `len` nils, room for `cap`.
    ///
    /// # Panics
    /// `runtime error: makeslice: cap out of range`, or `len out of range`, if they cannot be.
    #[track_caller]
    pub fn make(s: &Scope, len: usize, cap: usize) -> Slice<'_, T::At<'_>> {
        let possible = |n: usize| n <= crate::growth::MAX_BYTES / 8;
        if !possible(len) {
            bounds::make_len();
        }
        if !possible(cap) || len > cap {
            bounds::make_cap();
        }
        Slice {
            array: Some(s.array(cap, |_| Field::<T>::nil())),
            from: 0,
            len,
            cap,
        }
    }

    /// The `i`-th element, which may be nil.
    ///
    /// # Panics
    /// `runtime error: index out of range [i] with length len`.
    #[track_caller]
    pub fn get<'a>(&self, at: &'a impl Place, i: usize) -> Option<Gc<'a, T::At<'a>>> {
        self.field(i).get(at)
    }

    /// Lets the `i`-th element point to `v`; all who view it see that.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn set<'v>(&self, at: &impl Place, i: usize, v: impl Into<Option<Gc<'v, T::At<'v>>>>)
    where
        T::At<'v>: 'v,
    {
        self.field(i).set(at, v);
    }

    /// `append(s, v)`: with `v` behind the last element. In the same array if there is room, where it
    /// takes the place of what another view may have there; else in a new one.
    ///
    /// # Panics
    /// `runtime error: growslice: len out of range`.
    #[track_caller]
    pub fn append<'s, 'v>(
        self,
        s: &'s Scope,
        v: impl Into<Option<Gc<'v, T::At<'v>>>>,
    ) -> Slice<'s, T::At<'s>>
    where
        T::At<'v>: 'v,
    {
        let grown = self.with_room(s, 1);
        let v = v.into().map(|v| {
            // SAFETY: `T::At<'v>` under the name that it has as an element of `grown`.
            unsafe { v.rebrand() }
        });
        grown.fields(grown.cap)[self.len].set(s, v);
        Slice {
            len: self.len + 1,
            ..grown
        }
    }

    /// `append(s, other...)`.
    ///
    /// # Panics
    /// As [`append`](Self::append).
    #[track_caller]
    pub fn append_all<'s>(self, s: &'s Scope, other: Slice<'_, T>) -> Slice<'s, T::At<'s>> {
        let grown = self.with_room(s, other.len);
        let all = Slice {
            len: self.len + other.len,
            ..grown
        };
        let to = &all.fields(all.len)[self.len..];
        // SAFETY: elements of type `T`, here and there.
        unsafe { move_all(s, other.fields(other.len), to) };
        all
    }

    /// The same elements, with room for `added` more: the same array or a new one.
    #[track_caller]
    fn with_room<'s>(self, s: &'s Scope, added: usize) -> Slice<'s, T::At<'s>> {
        let cap = grow_pointers(8, self.len, self.cap, added, Rule::Go118);
        if cap == self.cap {
            return Slice {
                array: self.array.map(|array| s.keep(array)),
                from: self.from,
                len: self.len,
                cap,
            };
        }
        let array: Elements<'s, T::At<'s>> = s.array(cap, |_| Field::<T>::nil());
        // SAFETY: as above.
        unsafe { move_all(s, self.fields(self.len), &array.as_ref()[..self.len]) };
        Slice {
            array: Some(array),
            from: 0,
            len: self.len,
            cap,
        }
    }

    /// `clear(s)`: all elements are nil.
    pub fn clear(&self, at: &impl Place) {
        self.fields(self.len).iter().for_each(|f| f.clear(at));
    }

    /// The elements, in order. Each takes a slot of the scope.
    pub fn iter<'a>(
        &self,
        s: &'a Scope,
    ) -> impl ExactSizeIterator<Item = Option<Gc<'a, T::At<'a>>>> {
        self.fields(self.len).iter().map(move |field| field.get(s))
    }
}

/// Go's `copy(dst, src)`: as many elements as both have; how many. They may overlap.
pub fn copy<T: Trace>(s: &Scope, dst: Slice<'_, T>, src: Slice<'_, T>) -> usize {
    let n = dst.len.min(src.len);
    // SAFETY: the same type.
    unsafe { move_all(s, src.fields(n), dst.fields(n)) };
    n
}

/// Lets each of `to` point to what its counterpart of `from` does, which may overlap.
///
/// # Safety
/// 1. `U` is `T`, at another lifetime.
unsafe fn move_all<T: Trace, U: Trace>(s: &Scope, from: &[Field<'_, T>], to: &[Field<'_, U>]) {
    // Backwards, if they overlap so that elements would be overwritten before they are read.
    let backwards = from.as_ptr().addr() < to.as_ptr().addr();
    let n = from.len().min(to.len());
    s.pin(|p| {
        for i in 0..n {
            let i = if backwards { n - 1 - i } else { i };
            let v = from[i].get(p).map(|v| {
                // SAFETY: (1).
                unsafe { v.rebrand() }
            });
            to[i].set(p, v);
        }
    });
}

impl<T> fmt::Debug for Slice<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slice({} of {})", self.len, self.cap)
    }
}

// SAFETY: 1. a vector, and a rule that is a type alone. 2., 3. all elements are reported; they are its
// own, and do not change once it is shared. 4. no `Drop` of its own. 5. as its elements.
unsafe impl<T: Trace, R: 'static> Trace for crate::GrowVec<T, R> {
    type At<'a> = crate::GrowVec<T::At<'a>, R>;
    const TRACED: bool = T::TRACED;
    fn visit<V: gompa_gc::Visitor>(&self, v: &mut V) {
        if T::TRACED {
            self.as_slice().iter().for_each(|x| x.visit(v));
        }
    }
}
