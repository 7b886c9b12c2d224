//! Where objects live: a reserved region, side tables by address, spans of one type.
//!
//! ```text
//!   region   |page 16 KiB|page|page|page| ...                      1 TiB of address space
//!            |<- span ->|<---- span of 4 ---->|
//!
//!   spans    a record for each page: whose objects, how large      64 bytes a page
//!   marks    one bit for each 16 bytes, twice                      0.8 % each
//!   born     one bit for each 16 bytes, for types with destructors
//! ```
//! Objects carry no header: from an address to its record is a shift, and the record knows the type.
//! The two mark bitmaps take turns: that of the last finished cycle says what is allocated, the
//! other one collects the marks of the next.

pub(crate) mod bits;
pub(crate) mod class;
pub(crate) mod desc;
pub(crate) mod large;
pub(crate) mod pages;
pub(crate) mod region;
pub(crate) mod size;
pub(crate) mod span;
pub(crate) mod sweep;

/// Bytes of a bit in the side tables; the unit of sizes and the least alignment.
pub(crate) const GRANULE: usize = 16;
/// Bytes of a page, the unit of spans.
pub(crate) const PAGE: usize = 16 << 10;
/// Log of [`PAGE`].
pub(crate) const PAGE_SHIFT: u32 = PAGE.trailing_zeros();
