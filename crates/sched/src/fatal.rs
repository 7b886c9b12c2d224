//! Errors that end the process: Go's text, the goroutines, exit status 2. They cannot be caught, and
//! no destructor runs.
//!
//! Whatever somebody holds may be held for ever now: a parked goroutine may have std's lock of
//! stdout or stderr. So this writes to the descriptor, and does not wait for anybody.

use crate::debug;
use crate::runtime::Sched;
use crate::switch;
use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

/// Go's exit status for fatal errors.
const STATUS: i32 = 2;

/// How long what was printed to stdout has to get out.
const FLUSH: Duration = Duration::from_millis(100);

/// Prints `detail` (unless empty), `fatal error: text` and a dump of every goroutine of `sched`,
/// and ends the process.
pub(crate) fn error(sched: &Sched, detail: &str, text: &str) -> ! {
    /// One is enough: whoever comes second waits for the end.
    static FAILING: AtomicBool = AtomicBool::new(false);
    while FAILING.swap(true, SeqCst) {
        thread::sleep(Duration::from_secs(1));
    }
    let mut out = Vec::new();
    if !detail.is_empty() {
        let _ = writeln!(out, "{detail}");
    }
    let _ = writeln!(out, "fatal error: {text}\n");
    // What was said so far comes out even if the dump fails.
    print(&out);
    out.clear();
    let _ = debug::dump_for_fatal(sched, &mut out);
    print(&out);
    flush_stdout();
    // SAFETY: ends the process; nothing runs after it.
    unsafe { libc::_exit(STATUS) }
}

/// Writes to stderr without std's lock.
pub(crate) fn print(mut text: &[u8]) {
    while !text.is_empty() {
        // SAFETY: writes from a valid buffer.
        let n = unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
        match usize::try_from(n) {
            Ok(n) => text = &text[n..],
            Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {
            }
            Err(_) => return,
        }
    }
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
        print(self.0.as_bytes());
        print(b"\n");
        std::process::abort();
    }
}
