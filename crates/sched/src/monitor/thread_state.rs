//! What the kernel says of a thread: its CPU time, and whether it sleeps.

use crate::machine::M;
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// The monitor's open files of threads.
#[derive(Default)]
pub(super) struct Threads {
    /// `/proc/self/task/<id>/stat` by thread id.
    stat: HashMap<u32, File>,
}

impl Threads {
    /// Nanoseconds of CPU time the thread has used; 0 if the kernel does not say.
    pub(super) fn cpu_time(&self, m: &M) -> u64 {
        // The kernel's encoding of a thread's CPU clock: the inverted thread id, three flag bits
        // (4: of a thread, 2: scheduling clock).
        let clock = !(m.tid as libc::clockid_t) << 3 | 6;
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: writes the timespec.
        match unsafe { libc::clock_gettime(clock, &mut time) } {
            0 => time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64,
            _ => 0,
        }
    }

    /// Whether the thread sleeps in the kernel (rather than waits for a processor).
    pub(super) fn is_asleep(&mut self, m: &M) -> bool {
        if !self.stat.contains_key(&m.tid) {
            if self.stat.len() >= 1024 {
                self.stat.clear(); // threads come and go
            }
            let Ok(file) = File::open(format!("/proc/self/task/{}/stat", m.tid)) else {
                return false;
            };
            self.stat.insert(m.tid, file);
        }
        // "pid (name) S ...": the name may hold anything, so the last parenthesis counts.
        let mut text = [0; 64];
        let Ok(n) = self.stat[&m.tid].read_at(&mut text, 0) else {
            self.stat.remove(&m.tid);
            return false;
        };
        let end_of_name = text[..n].iter().rposition(|b| *b == b')');
        matches!(
            end_of_name.and_then(|i| text.get(i + 2)),
            Some(b'S' | b'D' | b'T' | b't')
        )
    }

    /// Closes the files.
    pub(super) fn forget(&mut self) {
        self.stat.clear();
    }
}
