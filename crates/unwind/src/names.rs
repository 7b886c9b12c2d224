//! Functions, files and lines for addresses.

use std::collections::HashMap;
use std::ffi::c_void;
use std::path::PathBuf;
use std::sync::Arc;

/// A function, or a call that was inlined into one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Frame {
    /// Its name, demangled, without the compiler's hash; `?` if nobody knows.
    pub function: String,
    /// The file.
    pub file: Option<PathBuf>,
    /// The line there; 0 if nobody knows.
    pub line: u32,
    /// Where the function begins that the address lies in (of an inlined call: the one it was inlined
    /// into); 0 if nobody knows.
    pub start: usize,
}

/// An address inside of the call that returns to `address`.
pub fn call_of(address: usize) -> usize {
    address.saturating_sub(1)
}

/// The addresses of a walk as places: where it goes on, and the calls.
pub fn places(walk: &[usize]) -> impl Iterator<Item = usize> {
    let inside = |(i, at): (usize, &usize)| if i == 0 { *at } else { call_of(*at) };
    walk.iter().enumerate().map(inside)
}

/// Remembers what it has found: an address costs some ten microseconds the first time (the very
/// first one, which reads the debug information, much more), then some ten nanoseconds.
#[derive(Debug, Default)]
pub struct Names {
    known: HashMap<usize, Arc<[Frame]>>,
}

impl Names {
    /// Nothing is known yet.
    pub fn new() -> Names {
        Names::default()
    }

    /// The frames at an address, innermost first: inlined calls, then the function. Never empty.
    ///
    /// A return address is that of the instruction after the call: what a walk gives after the first
    /// is to be [`call_of`]ed.
    pub fn of(&mut self, address: usize) -> &Arc<[Frame]> {
        self.known
            .entry(address)
            .or_insert_with(|| look_up(address))
    }
}

fn look_up(address: usize) -> Arc<[Frame]> {
    unsafe extern "C" {
        /// The unwinder's, of the C++ ABI.
        safe fn _Unwind_FindEnclosingFunction(pc: *mut c_void) -> *mut c_void;
    }
    let start = _Unwind_FindEnclosingFunction(address as *mut c_void).addr();
    let mut frames = Vec::new();
    backtrace::resolve(address as *mut c_void, |symbol| {
        frames.push(Frame {
            function: symbol
                .name()
                .map_or_else(|| "?".into(), |n| format!("{n:#}")),
            file: symbol.filename().map(Into::into),
            line: symbol.lineno().unwrap_or(0),
            start,
        });
    });
    if frames.is_empty() {
        frames.push(Frame {
            function: "?".into(),
            file: None,
            line: 0,
            start,
        });
    }
    frames.into()
}
