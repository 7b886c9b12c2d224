//! Errors that end the process: Go's text, the goroutines, exit status 2. They cannot be caught, and
//! no destructor runs.
//!
//! Whatever somebody holds may be held for ever now: a parked goroutine may have std's lock of
//! stdout or stderr. So this writes to the descriptor, and does not wait for anybody.

use crate::debug;
use crate::debug::Level;
use crate::host;
use crate::runtime::Sched;
use crate::switch;
use gompa_park::stderr;
use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

/// Go's exit status for fatal errors.
const STATUS: i32 = 2;

/// How long what was printed to stdout has to get out.
const FLUSH: Duration = Duration::from_millis(100);

/// Prints `detail` (unless empty), `fatal error: text` and the goroutines that `GOTRACEBACK` asks
/// for, those of `sched` first, and ends the process.
pub(crate) fn error(sched: &Sched, detail: &str, text: &str) -> ! {
    let before = if detail.is_empty() { "" } else { "\n" };
    end(
        Some(sched),
        &format!("{detail}{before}fatal error: {text}\n\n"),
    )
}

/// `SIGQUIT`: prints every goroutine and ends the process.
pub(crate) fn quit() -> ! {
    end(None, "SIGQUIT: quit\n\n")
}

fn end(sched: Option<&Sched>, head: &str) -> ! {
    /// One is enough: whoever comes second waits for the end.
    static FAILING: AtomicBool = AtomicBool::new(false);
    while FAILING.swap(true, SeqCst) {
        thread::sleep(Duration::from_secs(1));
    }
    let level = Level::from_env();
    // What was said so far comes out even if the dump fails.
    stderr::write(head);
    let mut out = Vec::new();
    if level == Level::Single && host::goroutine().is_some() {
        let _ = debug::dump_of_caller(&mut out);
    } else if level.shows_any() {
        let _ = debug::dump_for_fatal(sched, level, &mut out);
    }
    stderr::write(&out);
    flush_stdout();
    if level.crashes() {
        // SAFETY: the default action of the signal, then the signal: it ends the process, with a core
        // where the system keeps any.
        unsafe { libc::signal(libc::SIGABRT, libc::SIG_DFL) };
        std::process::abort();
    }
    // SAFETY: ends the process; nothing runs after it.
    unsafe { libc::_exit(STATUS) }
}

/// As the end of `main` does it, but on a thread that may be left behind.
fn flush_stdout() {
    let flush = || thread::Builder::new().spawn(|| std::io::stdout().flush());
    let Ok(flushing) = switch::on_carrier(flush) else {
        return;
    };
    let start = Instant::now();
    while !flushing.is_finished() && start.elapsed() < FLUSH {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Ends the process if it is dropped, which only a panic of the scheduler's own does: nobody would
/// run the goroutines any more.
pub(crate) struct AbortOnPanic(pub(crate) &'static str);

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        stderr::write(self.0);
        stderr::write("\n");
        std::process::abort();
    }
}
