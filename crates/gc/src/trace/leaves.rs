//! Values without pointers into the heap.

use super::{Trace, Visitor};
use std::sync::atomic;

/// As [`Trace`] asks of a type that holds nothing to trace.
macro_rules! leaves {
    ($($t:ty),* $(,)?) => {$(
        // SAFETY: 1. no lifetime to replace. 2.-5. it holds no handle.
        unsafe impl Trace for $t {
            type At<'a> = $t;
            const TRACED: bool = false;
            #[inline(always)]
            fn visit<V: Visitor>(&self, _: &mut V) {}
        }
    )*};
}

leaves!(
    (),
    bool,
    char,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
    std::num::NonZeroU8,
    std::num::NonZeroU16,
    std::num::NonZeroU32,
    std::num::NonZeroU64,
    std::num::NonZeroUsize,
    std::num::NonZeroI32,
    std::num::NonZeroI64,
    atomic::AtomicBool,
    atomic::AtomicU8,
    atomic::AtomicU16,
    atomic::AtomicU32,
    atomic::AtomicU64,
    atomic::AtomicUsize,
    atomic::AtomicI8,
    atomic::AtomicI16,
    atomic::AtomicI32,
    atomic::AtomicI64,
    atomic::AtomicIsize,
    String,
    Box<str>,
    &'static str,
    std::ffi::OsString,
    std::path::PathBuf,
    std::time::Duration,
    std::time::Instant,
    std::time::SystemTime,
    std::net::IpAddr,
    std::net::SocketAddr,
);
