//! Go's slices and growth rules.
//!
//! A [`Slice`] is a view of an array: a pointer, a length and a capacity. Several may share one
//! array; then each sees what is written through the others, until an `append` that no longer fits
//! gives its slice a new array. [`growth`] is the arithmetic of that, pure, to the element as Go's;
//! [`GrowVec`] is for those who want nothing but the arithmetic.
//!
//! ```
//! use gompa_slice::{self as slice, Slice};
//!
//! let mut s = Slice::nil(); // var s []int
//! for i in 0..5 {
//!     s.push(i); // s = append(s, i)
//! }
//! assert_eq!((s.len(), s.cap()), (5, 8));
//!
//! let t = s.slice(1..3); // t := s[1:3]
//! t.set(0, 10); // t[0] = 10
//! assert_eq!(s, [0, 10, 2, 3, 4]);
//! let u = t.append(30); // u := append(t, 30): there is room, s[3] is overwritten
//! assert_eq!(s, [0, 10, 2, 30, 4]);
//! assert_eq!(slice::copy(&s, &u), 3); // copy(s, u)
//! assert_eq!(s.iter().sum::<i32>(), 10 + 2 + 30 + 30 + 4);
//! ```
//!
//! # What Go does, and what is here
//! | Go | here |
//! |---|---|
//! | `var s []T`, `s == nil` | [`Slice::nil`], [`Slice::is_nil`] |
//! | `make([]T, len, cap)`, `[]T{...}` | [`Slice::make`], `Slice::from([...])` |
//! | `s[i]`, `s[i] = v` | [`get`](Slice::get), [`set`](Slice::set) |
//! | `s[a:b]`, `s[a:b:max]` | [`slice`](Slice::slice), [`slice3`](Slice::slice3) |
//! | `append(s, v)`, `append(s, vs...)` | [`append`](Slice::append), [`append_all`](Slice::append_all) |
//! | `s = append(s, v)`, `s = append(s, vs...)` | [`push`](Slice::push), [`extend`](Slice::extend) |
//! | `copy(dst, src)`, `clear(s)` | [`copy`], [`clear`](Slice::clear) |
//! | `for _, v := range s` | `for v in &s` |
//! | package `slices` | [`insert`](Slice::insert), [`delete`](Slice::delete), [`compact`](Slice::compact), [`clip`](Slice::clip), [`grow`](Slice::grow), [`reverse`](Slice::reverse), [`sort`](Slice::sort), [`binary_search`](Slice::binary_search), [`chunks`](Slice::chunks), [`concat`](Slice::concat), [`repeat`](Slice::repeat), `==` |
//!
//! Go copies bits where an array is left behind; here elements are cloned if somebody else still
//! sees them, and moved otherwise. A zero is `T`'s [`Default`], and needed only where zeros become
//! visible. Misuse panics with Go's words.
//!
//! # Threads
//! A `Slice` stays on one thread, or goroutine: it is neither `Send` nor `Sync`. In Go several
//! goroutines may write to one array, and whether that is a race is the programmer's care. Here it
//! must not be possible, and the ways to allow it all cost what slices are liked for: a lock or an
//! atomic for each element read. What crosses threads is what one owner has: [`GrowVec`] and `Vec`,
//! to which a slice that shares with nobody turns for nothing
//! ([`try_into_vec`](Slice::try_into_vec)) and back; and borrowed parts of them, as
//! `chunks_mut` gives out to the goroutines of a scope.
//!
//! # Borrowing
//! There is no `&s[i]`, hence no `Index`: another view could overwrite the element meanwhile.
//! [`borrow`](Slice::borrow) gives `&[T]`, and writes to the array panic as long as it is there; as
//! they do while foreign code looks at elements: their `Clone`, comparisons, `Debug`, predicates.
//! So such code, should it touch the very array that it is called on, may read it and append behind
//! what is there, but not overwrite. A destructor may do everything: what is overwritten is dropped
//! last. Who shares with nobody has `&mut [T]`: [`get_mut`](Slice::get_mut),
//! [`make_mut`](Slice::make_mut).
//!
//! # Cost
//! A slice is four words. Reading `Copy` elements is a bounds check and a load; a view of a part is
//! that and a count, no atomic. An array is a `Vec` and five words, in a block of their own, which
//! is what makes turning a `Vec` into a slice and back free. An array lives as long as any view of
//! it, however small, and its elements with it.
//!
//! # Rooms
//! [`growth`]; `array`: what views share, and who may do what with it; `slice`: the views, a
//! subject a file; `grow_vec`; `place` (pointers to elements without size), `is_copy`, `bounds`
//! (Go's words).
//!
//! # Features
//! - `serde`: [`Slice`] and [`GrowVec`] as sequences.
//! - `gc`: slices whose arrays live in the collected heap, and whose elements point there (module
//!   `gc`); [`GrowVec`] as a part of objects there. [`Slice`] itself has owners the collector does not
//!   know, and cannot be one.

pub mod growth;
mod slice;

mod array;
mod bounds;
#[cfg(feature = "gc")]
pub mod gc;
mod grow_vec;
mod is_copy;
mod place;
#[cfg(feature = "serde")]
mod serde;

pub use grow_vec::GrowVec;
pub use slice::{Chunks, Header, Iter, Ref, Slice, copy};
