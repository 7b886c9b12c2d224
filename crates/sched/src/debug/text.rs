//! Go's text of all goroutines: the `debug=2` form.
//!
//! ```text
//! goroutine 7 [chan receive, 3 minutes, locked to thread]:
//! my_crate::worker
//!     src/worker.rs:12
//! created by go in goroutine 1
//!     src/main.rs:34
//! ```
//! (with tabs for the indentation).
//! Frames of the runtime itself are left out, as Go leaves out its own.

use super::stack::{NoFrames, frames_of, walk};
use super::{GoroutineInfo, infos};
use crate::deadlock;
use crate::goroutine::{G, Status};
use crate::handle::current_sched;
use crate::host;
use crate::runtime::Sched;
use gompa_park::time;
use std::ffi::c_void;
use std::io::{self, Write};

/// Goroutines a fatal error prints at the most: its reader is a person.
const FATAL_MOST: usize = 1000;

/// Writes every goroutine of the runtime of the code that runs here, with its stack if it waits; the
/// calling one first. Each waiting one is resumed for some microseconds to walk its stack; nobody
/// else is stopped.
///
/// # Errors
/// Those of `out`.
pub fn stack_dump(out: &mut impl Write) -> io::Result<()> {
    let sched = current_sched();
    let me = host::goroutine();
    if let Some(info) = me.and_then(GoroutineInfo::of) {
        write_goroutine(out, &info, Some(&walk()))?;
    }
    let mine = me.map(|g| g.id());
    write_all(
        sched,
        out,
        usize::MAX,
        |id| Some(id) != mine,
        |g| frames_of(sched, g).ok(),
    )
}

/// The dump of a fatal error: of the goroutines of `first`, then of those of all other runtimes. Of
/// stacks too if they can still be run: by a thread that is none of the scheduler's, and as long as
/// they answer.
pub(crate) fn dump_for_fatal(first: &Sched, out: &mut impl Write) -> io::Result<()> {
    let mut they_answer = gompa_park::host::current().is_none();
    let mut dump = |sched: &Sched| {
        let ask = |g: &G| {
            let answer = they_answer.then(|| frames_of(sched, g))?;
            they_answer = !matches!(answer, Err(NoFrames::NoAnswer));
            answer.ok()
        };
        write_all(sched, out, FATAL_MOST, |_| true, ask)?;
        let n = infos(sched).len();
        if n > FATAL_MOST {
            writeln!(out, "...and {} more goroutines", n - FATAL_MOST)?;
        }
        Ok(())
    };
    dump(first)?;
    deadlock::runtimes()
        .iter()
        .filter(|other| !std::ptr::eq(&raw const ***other, first))
        .try_for_each(|other| dump(other))
}

fn write_all(
    sched: &Sched,
    out: &mut impl Write,
    most: usize,
    wanted: impl Fn(u64) -> bool,
    mut frames_of: impl FnMut(&G) -> Option<Vec<usize>>,
) -> io::Result<()> {
    let mut all: Vec<&G> = Vec::new();
    // SAFETY: type-stable memory, alive as long as the runtime, which the caller borrows.
    sched
        .slab
        .for_each(|g| all.push(unsafe { &*std::ptr::from_ref(g) }));
    let mut left = most;
    for g in all {
        let Some(info) = GoroutineInfo::of(g) else {
            continue;
        };
        if !wanted(info.id.as_u64().get()) {
            continue;
        }
        if left == 0 {
            break;
        }
        left -= 1;
        let frames = match info.status {
            Status::Waiting => frames_of(g),
            _ => None,
        };
        if g.id() != info.id.as_u64().get() {
            continue; // it has ended meanwhile, and the frames may be another's
        }
        write_goroutine(out, &info, frames.as_deref())?;
    }
    Ok(())
}

fn write_goroutine(
    out: &mut impl Write,
    info: &GoroutineInfo,
    frames: Option<&[usize]>,
) -> io::Result<()> {
    let what = match info.status {
        Status::Waiting => info.wait_reason.text(),
        other => other.text(),
    };
    write!(out, "goroutine {} [{what}", info.id)?;
    if let Some(since) = info.waiting_since {
        let minutes = time::now().saturating_sub(time::from_instant(since)) / 60_000_000_000;
        if minutes >= 1 {
            write!(out, ", {minutes} minutes")?;
        }
    }
    if info.locked_to_thread {
        write!(out, ", locked to thread")?;
    }
    writeln!(out, "]:")?;
    match frames {
        Some(frames) => write_frames(out, frames)?,
        None => match info.status {
            Status::Runnable => {}
            _ => writeln!(
                out,
                "\tgoroutine running on other thread; stack unavailable"
            )?,
        },
    }
    match info.created_by {
        Some(creator) => writeln!(out, "created by go in goroutine {creator}")?,
        None => writeln!(out, "created by go outside of a goroutine")?,
    }
    writeln!(
        out,
        "\t{}:{}\n",
        info.created_at.file(),
        info.created_at.line()
    )
}

fn write_frames(out: &mut impl Write, frames: &[usize]) -> io::Result<()> {
    let mut result = Ok(());
    for ip in frames {
        // The address is that of the instruction after the call.
        let ip = ip.saturating_sub(1) as *mut c_void;
        backtrace::resolve(ip, |symbol| {
            let name = symbol
                .name()
                .map(|n| format!("{n:#}"))
                .unwrap_or_else(|| "?".into());
            if result.is_err() || is_ours(&name) {
                return;
            }
            result = writeln!(out, "{name}");
            if let (Ok(()), Some(file)) = (&result, symbol.filename()) {
                let line = symbol.lineno().unwrap_or(0);
                result = writeln!(out, "\t{}:{line}", file.display());
            }
        });
    }
    result
}

/// Frames below and above what the user wrote.
fn is_ours(name: &str) -> bool {
    const OURS: [&str; 8] = [
        "gompa_sched::",
        "gompa_park::",
        "<gompa_sched::",
        "<gompa_park::",
        "backtrace::",
        "std::panic",
        "core::panic",
        "__rust",
    ];
    OURS.iter().any(|prefix| name.starts_with(prefix))
        || name.starts_with("core::ops::function::")
        || name.starts_with("<core::panic")
}
