//! What the scheduler did last, as a file for Perfetto (<https://ui.perfetto.dev>) or Chrome's tracing
//! page (`chrome://tracing`): the flight recorder of [`gompa_sched::trace`], drawn.
//!
//! The recorder is always on, so the file tells what happened *before* one asked: [`write()`], on
//! demand; [`on_panic`]; at a stall (see [`stall`](crate::stall)). [`write_for`] records from now on
//! instead, each event with a time of its own.
//!
//! - [`chrome`]: the events of a recording to those of a trace.
//! - [`row`]: one event of the file.

mod chrome;
mod row;

use gompa_sched::trace::{Follow, Recording, recording};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The most words a recording over time takes, lest the page that shows it gives up.
const MOST: usize = 1 << 18;

/// Writes what the recorder holds of the runtime of the code that runs here (on a plain thread: of all
/// there are): the last some thousand events of each P.
///
/// # Errors
/// Those of `out`.
pub fn write(out: impl Write) -> io::Result<()> {
    write_recording(&recording(), out)
}

/// Records for so long, or until there is more than such pages show well (a quarter of a million words, an event is
/// one or two), and writes that. Waits meanwhile; other goroutines go on.
///
/// # Errors
/// Those of `out`.
pub fn write_for(time: Duration, out: impl Write) -> io::Result<()> {
    let recording = gompa_sched::blocking(|| Follow::record(time, MOST));
    write_recording(&recording, out)
}

/// Writes a recording.
///
/// # Errors
/// Those of `out`.
pub fn write_recording(recording: &Recording, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    chrome::write(recording, &mut out)?;
    out.flush()
}

/// As [`write()`], into a new file in `folder`; returns its path.
///
/// # Errors
/// The system's.
pub fn write_file(folder: &Path) -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let (process, n) = (std::process::id(), NUMBER.fetch_add(1, Relaxed));
    let path = folder.join(format!("gompa-trace-{process}-{n}.json"));
    write(std::fs::File::create(&path)?)?;
    Ok(path)
}

/// From now on a panic, a goroutine's or a thread's, also writes the recording to a file in `folder`
/// and says where. The first [`PANICS`] of the process do; of later ones the cause is known by then.
///
/// Called twice, the first folder stays.
pub fn on_panic(folder: impl Into<PathBuf>) {
    static INSTALLED: Once = Once::new();
    static SEEN: AtomicU32 = AtomicU32::new(0);
    let folder = folder.into();
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            before(info);
            if SEEN.fetch_add(1, Relaxed) < PANICS {
                match write_file(&folder) {
                    Ok(path) => {
                        crate::say(&format!("gompa: trace of the panic: {}", path.display()))
                    }
                    Err(e) => crate::say(&format!("gompa: cannot write a trace of the panic: {e}")),
                }
            }
        }));
    });
}

/// How many panics write a trace.
pub const PANICS: u32 = 10;
