//! Errors that end the process: Go's text, the goroutines, exit status 2. They cannot be caught, and
//! no destructor runs.

use crate::debug;
use crate::runtime::Sched;
use std::io::Write;

/// Go's exit status for fatal errors.
const STATUS: i32 = 2;

/// Prints `detail` (unless empty), `fatal error: text` and a dump of every goroutine of `sched`,
/// and ends the process.
pub(crate) fn error(sched: &Sched, detail: &str, text: &str) -> ! {
    let mut out = Vec::new();
    if !detail.is_empty() {
        let _ = writeln!(out, "{detail}");
    }
    let _ = writeln!(out, "fatal error: {text}\n");
    // What was said so far comes out even if the dump fails.
    let _ = std::io::stderr().write_all(&out);
    out.clear();
    let _ = debug::dump_for_fatal(sched, &mut out);
    let _ = std::io::stderr().write_all(&out);
    let _ = std::io::stdout().flush();
    // SAFETY: ends the process; nothing runs after it.
    unsafe { libc::_exit(STATUS) }
}
