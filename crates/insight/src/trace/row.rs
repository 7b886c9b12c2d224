//! One event of the file, in the words of Chrome's trace event format.

use serde::Serialize;
use serde_json::{Map, Value};

/// An event. Times are microseconds since the file's first.
#[derive(Debug, Serialize)]
pub(super) struct Row<'a> {
    /// `B` begins a slice of its track and `E` ends it; `i` is an instant; `b` and `e` are a slice of
    /// no track, by `id`; `s` and `f` an arrow, by `id`; `M` names a track; `C` is a counter.
    pub(super) ph: &'static str,
    pub(super) name: &'a str,
    pub(super) cat: &'static str,
    pub(super) ts: f64,
    pub(super) pid: u32,
    pub(super) tid: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    /// An instant's: it belongs to its track.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) s: Option<&'static str>,
    /// An arrow's head: it points to the slice it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bp: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) args: Map<String, Value>,
}

/// A track: a process and a thread, in Chrome's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) pid: u32,
    pub(super) tid: u64,
}

impl Track {
    /// A P.
    pub(super) fn proc(index: usize) -> Track {
        Track {
            pid: 1,
            tid: index as u64 + 1,
        }
    }

    /// The collector's cycles.
    pub(super) const COLLECTOR: Track = Track { pid: 2, tid: 1 };
    /// Threads that hold no P.
    pub(super) const OUTSIDE: Track = Track { pid: 3, tid: 1 };
    /// Waits, each goroutine's in a row of its own.
    pub(super) const WAITS: Track = Track { pid: 4, tid: 1 };

    pub(super) fn row<'a>(
        self,
        ph: &'static str,
        name: &'a str,
        cat: &'static str,
        ts: f64,
    ) -> Row<'a> {
        Row {
            ph,
            name,
            cat,
            ts,
            pid: self.pid,
            tid: self.tid,
            id: None,
            s: (ph == "i").then_some("t"),
            bp: (ph == "f").then_some("e"),
            args: Map::new(),
        }
    }
}
