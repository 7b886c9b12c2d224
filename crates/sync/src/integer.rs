//! Go counts with one type, `int`. Rust programs have their counts in several.

mod sealed {
    pub trait Sealed {}
}

/// Any of Rust's integers, as a count: `add(1)`, `add(threads.len())`, `add(-1)`.
pub trait Integer: Copy + sealed::Sealed {
    /// As an `i64`; beyond its range, its end.
    fn to_i64(self) -> i64;
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl sealed::Sealed for $t {}
        impl Integer for $t {
            #[inline]
            #[allow(irrefutable_let_patterns, clippy::allow_attributes, reason = "for some types")]
            fn to_i64(self) -> i64 {
                i64::try_from(self).unwrap_or(if self > 0 { i64::MAX } else { i64::MIN })
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }
