//! How much room a slice gets when it grows: Go's arithmetic, and nothing else.
//!
//! Growing has two steps. A [`Rule`] says how many elements there should be room for
//! ([`next_cap`]); then the allocator's size classes make it more, for a block of that many bytes
//! has a few bytes to spare that the slice may as well have ([`round_up`]). [`grow`] does both, and
//! is what `append` gives.
//!
//! ```
//! use gompa_slice::growth::{self, Rule};
//!
//! // From 1 000 ints on: a quarter and 192 more, which is 1 442; 11 536 bytes are in the class of
//! // 12 288, which is room for 1 536.
//! assert_eq!(growth::next_cap(1_000, 1_001, Rule::Go118), 1_442);
//! assert_eq!(growth::round_up(1_442 * 8), 12_288);
//! assert_eq!(growth::grow(8, 1_000, 1_000, 1, Rule::Go118), 1_536);
//! ```
//!
//! Everything is `const`. The figures are those of Go 1.23 and 1.27, which agree in each; the tests
//! compare with what those print.
//!
//! # Elements with pointers
//! Go's collector keeps a word before a block that holds pointers and is larger than 512 bytes, so
//! capacities of slices of pointers differ. [`grow`] and [`round_up`] follow elements without
//! pointers, as [`Slice`](crate::Slice) does for every type, for Rust's blocks have no such word.
//! [`grow_pointers`] and [`round_up_pointers`] give the other answer.

mod class;
mod grow;
mod policy;
mod rule;

pub use class::{LARGEST_CLASS, PAGE, SIZE_CLASSES, round_up, round_up_pointers};
pub use grow::{MAX_BYTES, grow, grow_pointers, try_grow, try_grow_pointers};
pub use policy::{Classic, Doubling, Go118, Policy};
pub use rule::{Rule, next_cap};
