//! Profiles in the form of pprof, for `go tool pprof` and whatever else reads `profile.proto`.
//!
//! | profile | values | on |
//! |---|---|---|
//! | [`Goroutine`](Profile::Goroutine) | goroutines by stack and state | always |
//! | [`ThreadCreate`](Profile::ThreadCreate) | threads of the scheduler | always |
//! | [`Block`](Profile::Block) | waits: how many, how long | [`set_block_profile_rate`] |
//! | [`Mutex`](Profile::Mutex) | locks that others waited for, by who gave them back | [`set_mutex_profile_fraction`] |
//! | [`Cpu`](Profile::Cpu) | processor time by goroutine and stack | [`cpu`] |
//! | [`Heap`](Profile::Heap), [`Allocs`](Profile::Allocs) | objects and bytes of the collected heap by line and type | where there is such a heap ([`provide_heap`]) |
//! | [`GoroutineLeak`](Profile::GoroutineLeak) | goroutines that can never run again | always |
//!
//! Names, files and lines, those of inlined calls too, are in the profile. Frames of the scheduler
//! are left out, as in dumps.
//!
//! # Inside
//! [`samples`] is what every profile is, [`encode`] ([`proto`], [`mappings`]) its binary form,
//! [`text`] the one for people; [`tally`] adds up while the program runs.

mod block;
pub mod cpu;
mod encode;
mod goroutine;
mod heap;
mod mappings;
mod mutex;
mod proto;
mod random;
mod samples;
mod tally;
mod text;
mod threadcreate;

pub use block::set_block_profile_rate;
pub(crate) use goroutine::key as key_of;
pub use heap::{Allocated, HeapSample, provide_heap};
pub use mutex::set_mutex_profile_fraction;
pub(crate) use samples::Samples;

use crate::registry::{self, Request};
use std::io::{self, Write};

/// Goroutines a profile looks at the most; of more it takes a part, evenly, each of which counts for
/// several.
pub const MOST_GOROUTINES: usize = 1 << 20;

/// Which profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// Every goroutine of the process, by stack.
    Goroutine,
    /// Goroutines that can never run again: see [`leak`](crate::leak).
    GoroutineLeak,
    /// Threads of the scheduler.
    ThreadCreate,
    /// Where goroutines waited for each other, and how long.
    Block,
    /// Which unlocking ended waits for locks, and how long those had been.
    Mutex,
    /// Who has allocated what the collected heap holds, by line and type: a sample, scaled up.
    Heap,
    /// As [`Heap`](Profile::Heap); what was ever allocated is shown first.
    Allocs,
    /// Where processor time went, if [`cpu`] is on: so far, and what comes next starts anew.
    Cpu,
}

impl Profile {
    /// All there are.
    pub const ALL: [Profile; 8] = [
        Profile::Goroutine,
        Profile::GoroutineLeak,
        Profile::ThreadCreate,
        Profile::Block,
        Profile::Mutex,
        Profile::Heap,
        Profile::Allocs,
        Profile::Cpu,
    ];

    /// Go's name, the last part of its path below `/debug/pprof/`.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Goroutine => "goroutine",
            Profile::GoroutineLeak => "goroutineleak",
            Profile::ThreadCreate => "threadcreate",
            Profile::Block => "block",
            Profile::Mutex => "mutex",
            Profile::Heap => "heap",
            Profile::Allocs => "allocs",
            Profile::Cpu => "profile",
        }
    }

    fn take(self) -> Samples {
        match self {
            Profile::Goroutine => goroutine::take(MOST_GOROUTINES),
            Profile::GoroutineLeak => crate::leak::profile(),
            Profile::ThreadCreate => threadcreate::take(),
            Profile::Block => block::take(),
            Profile::Mutex => mutex::take(),
            Profile::Heap => heap::take("inuse_space"),
            Profile::Allocs => heap::take("alloc_space"),
            Profile::Cpu => cpu::take(),
        }
    }
}

/// Writes a profile in pprof's form, gzipped.
///
/// # Errors
/// Those of `out`.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let mut profile = Vec::new();
/// gompa_insight::profile::write_profile(gompa_insight::profile::Profile::Goroutine, &mut profile)?;
/// assert_eq!(profile[..2], [0x1f, 0x8b], "gzip");
/// # Ok(())
/// # }
/// ```
pub fn write_profile(profile: Profile, out: &mut impl Write) -> io::Result<()> {
    encode::write(profile.take(), out)
}

/// Writes a profile as text, grouped by equal stacks: Go's `debug=1`.
///
/// # Errors
/// Those of `out`.
pub fn write_profile_text(profile: Profile, out: &mut impl Write) -> io::Result<()> {
    text::write(profile, profile.take(), out)
}

/// What serves profiles asks: see [`registry`].
pub(crate) const BUILT_IN: &[registry::Profile] = &[
    registry::Profile {
        name: "goroutine",
        help: "Stack traces of all current goroutines. Use debug=2 as a query parameter to export in \
               the same format as an unrecovered panic.",
        count: Some(|| gompa_sched::debug::count(gompa_sched::debug::Of::All)),
        write: |request, out| match request.debug {
            2.. => crate::dump::write_each(out),
            _ => serve(Profile::Goroutine, request, out),
        },
    },
    registry::Profile {
        name: "goroutineleak",
        help: "Stack traces of goroutines that can never run again",
        count: None,
        write: |request, out| serve(Profile::GoroutineLeak, request, out),
    },
    registry::Profile {
        name: "threadcreate",
        help: "Threads the scheduler has made",
        count: Some(|| threadcreate::take().total() as usize),
        write: |request, out| serve(Profile::ThreadCreate, request, out),
    },
    registry::Profile {
        name: "block",
        help: "Stack traces that led to blocking on synchronization primitives",
        count: Some(|| block::take().sorted().len()),
        write: |request, out| serve(Profile::Block, request, out),
    },
    registry::Profile {
        name: "mutex",
        help: "Stack traces of holders of contended mutexes",
        count: Some(|| mutex::take().sorted().len()),
        write: |request, out| serve(Profile::Mutex, request, out),
    },
    registry::Profile {
        name: "heap",
        help: "A sampling of memory allocations of live objects. You can specify the gc GET parameter to \
               run GC before taking the heap sample.",
        count: Some(|| heap::take("inuse_space").sorted().len()),
        write: |request, out| heap::serve(Profile::Heap, request, out),
    },
    registry::Profile {
        name: "allocs",
        help: "A sampling of all past memory allocations",
        count: Some(|| heap::take("alloc_space").sorted().len()),
        write: |request, out| heap::serve(Profile::Allocs, request, out),
    },
    registry::Profile {
        name: "profile",
        help: "CPU profile. You can specify the duration in the seconds GET parameter. After you get \
               the profile file, use the go tool pprof command to investigate the profile.",
        count: None,
        write: cpu::serve,
    },
];

fn serve(profile: Profile, request: &Request, mut out: &mut dyn Write) -> io::Result<()> {
    match request.debug {
        0 => write_profile(profile, &mut out),
        _ => write_profile_text(profile, &mut out),
    }
}
