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

    /// The frames at an address of a walk, innermost first: inlined calls, then the function. Never
    /// empty. `first` says that the address is where code goes on, and not a return address, which
    /// is that of the instruction after the call.
    pub fn of(&mut self, address: usize, first: bool) -> &Arc<[Frame]> {
        let inside = address.saturating_sub(usize::from(!first));
        self.known.entry(inside).or_insert_with(|| look_up(inside))
    }
}

fn look_up(address: usize) -> Arc<[Frame]> {
    let mut frames = Vec::new();
    backtrace::resolve(address as *mut c_void, |symbol| {
        frames.push(Frame {
            function: symbol
                .name()
                .map_or_else(|| "?".into(), |n| format!("{n:#}")),
            file: symbol.filename().map(Into::into),
            line: symbol.lineno().unwrap_or(0),
        });
    });
    if frames.is_empty() {
        frames.push(Frame {
            function: "?".into(),
            file: None,
            line: 0,
        });
    }
    frames.into()
}
