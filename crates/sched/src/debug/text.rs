//! Go's text of goroutines: the `debug=2` form.
//!
//! ```text
//! goroutine 7 [chan receive, 3 minutes, locked to thread]:
//! my_crate::worker(...)
//!     src/worker.rs:12
//! created by go in goroutine 1
//!     src/main.rs:34
//! ```
//! (with tabs for the indentation).
//! Frames of the runtime itself are left out, as Go leaves out its own.

use super::stacks::{GoroutineStack, Look, Of, each_of, each_stack};
use super::traceback::Level;
use crate::deadlock;
use crate::goroutine::Status;
use crate::runtime::Sched;
use gompa_park::time;
use gompa_unwind::names::{Names, places};
use std::io::{self, Write};
use std::ops::ControlFlow;

/// Goroutines a fatal error prints at the most: its reader is a person.
const FATAL_MOST: usize = 1000;

/// Writes goroutines as text.
#[derive(Debug, Default)]
pub struct Text {
    names: Names,
    /// With the frames of the runtime itself.
    system: bool,
}

impl Text {
    /// For users' frames.
    pub fn new() -> Text {
        Text::default()
    }

    /// With the runtime's own frames, as `GOTRACEBACK=system` shows them.
    pub fn with_system_frames(mut self) -> Text {
        self.system = true;
        self
    }

    /// Writes one goroutine, and an empty line.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&mut self, out: &mut dyn Write, g: &GoroutineStack) -> io::Result<()> {
        let info = &g.info;
        write!(out, "goroutine {} [{}", info.id, info.state())?;
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
        match &g.frames {
            Some(frames) => self.write_frames(out, frames)?,
            None if info.status == Status::Runnable => {}
            None => writeln!(
                out,
                "\tgoroutine running on other thread; stack unavailable"
            )?,
        }
        match info.created_by {
            Some(creator) => writeln!(out, "created by go in goroutine {creator}")?,
            None => writeln!(out, "created by go outside of a goroutine")?,
        }
        let at = info.created_at;
        writeln!(out, "\t{}:{}\n", at.file(), at.line())
    }

    fn write_frames(&mut self, out: &mut dyn Write, frames: &[usize]) -> io::Result<()> {
        for at in places(frames) {
            for frame in self.names.of(at).iter() {
                if !self.system && is_ours(&frame.function) {
                    continue;
                }
                writeln!(out, "{}(...)", frame.function)?;
                if let Some(file) = &frame.file {
                    writeln!(out, "\t{}:{}", file.display(), frame.line)?;
                }
            }
        }
        Ok(())
    }
}

/// Writes every goroutine of the runtime of the code that runs here, with its stack if it waits; the
/// calling one first. One after the other is looked at while it waits; nobody is stopped.
///
/// # Errors
/// Those of `out`.
pub fn stack_dump(out: &mut impl Write) -> io::Result<()> {
    let mut text = Text::new();
    let mut result = Ok(());
    each_stack(Look::at(Of::Mine), |g| {
        result = text.write(out, g);
        go_on(&result)
    });
    result
}

/// The dump of a fatal error that a goroutine ran into: of that one.
pub(crate) fn dump_of_caller(out: &mut dyn Write) -> io::Result<()> {
    let mut result = Ok(());
    each_stack(Look::at(Of::Mine), |g| {
        result = Text::new().write(out, g);
        ControlFlow::Break(())
    });
    result
}

/// The dump of a fatal error: of the goroutines of `first`, if there is one, then of those of all
/// other runtimes.
pub(crate) fn dump_for_fatal(
    first: Option<&Sched>,
    level: Level,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = Text {
        system: level.shows_system(),
        ..Text::new()
    };
    let mut dump = |sched: &Sched| {
        let mut result = Ok(());
        let mut left = FATAL_MOST;
        let _ = each_of(sched, Look::at(Of::Mine), None, &mut |g| {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left -= 1;
            result = text.write(out, g);
            go_on(&result)
        });
        result?;
        let n = sched.user_goroutines() as usize;
        if left == 0 && n > FATAL_MOST {
            writeln!(out, "...and {} more goroutines", n - FATAL_MOST)?;
        }
        Ok(())
    };
    first.map_or(Ok(()), &mut dump)?;
    deadlock::runtimes()
        .iter()
        .filter(|other| first.is_none_or(|first| !std::ptr::eq(&raw const ***other, first)))
        .try_for_each(|other| dump(other))
}

fn go_on(result: &io::Result<()>) -> ControlFlow<()> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}

/// Whether a function lies below or above what the user wrote: the runtime's, the unwinder's, the
/// standard library's way to call a closure.
pub fn is_ours(name: &str) -> bool {
    const OURS: [&str; 10] = [
        "gompa_sched::",
        "gompa_park::",
        "gompa_unwind::",
        "<gompa_sched::",
        "<gompa_park::",
        "backtrace::",
        "std::panic",
        "core::panic",
        "__rust",
        "core::ops::function::",
    ];
    OURS.iter().any(|prefix| name.starts_with(prefix)) || name.starts_with("<core::panic")
}
