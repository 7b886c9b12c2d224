//! What the scheduler's tests share: a dog against hangs, waiting for something to become true, a
//! process of one's own, what the kernel knows of this process.

#![allow(
    dead_code,
    reason = "each test program is compiled with all of this and uses a part"
)]

use std::process::{Command, Output};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Far longer than anything here takes on a slow machine: only a hang lasts so long.
pub const FOREVER: Duration = Duration::from_secs(100);

/// Ends the process, with a message, if the test that holds it hangs.
pub struct Watchdog {
    /// Dropped with the dog: the thread sees that and ends.
    _alive: mpsc::Sender<()>,
}

impl Watchdog {
    pub fn new(test: &'static str) -> Watchdog {
        let (alive, ended) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            if ended.recv_timeout(FOREVER) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{test} hangs");
                std::process::abort();
            }
        });
        Watchdog { _alive: alive }
    }
}

/// Runs `f` under a [`Watchdog`].
pub fn watched<T>(test: &'static str, f: impl FnOnce() -> T) -> T {
    let _dog = Watchdog::new(test);
    f()
}

/// Waits until `holds`, which must happen. Blocks the thread.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < FOREVER, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Tells the child which test it is for.
const CHILD: &str = "GOMPA_TEST_CHILD";

/// Keeps libc from keeping: stacks of ended threads, and an arena for each thread. What such a
/// process has mapped is its own doing.
const FRUGAL_LIBC: &str = "glibc.malloc.arena_max=1:glibc.pthread.stack_cache_size=0";

/// Runs `body` in a process of its own, on its main thread and with no other test beside it, and
/// checks that it ends well. `test` is the path of the calling test within its program.
pub fn in_child(test: &str, body: impl FnOnce()) {
    if std::env::var_os(CHILD).is_some_and(|child| *child == *test) {
        body();
        std::process::exit(0);
    }
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, test)
        .env("GLIBC_TUNABLES", FRUGAL_LIBC)
        .output()
        .unwrap();
    assert!(
        status.success(),
        "{test}: {status}\n{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
}

/// How many threads the kernel counts in this process.
pub fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// How many mappings this process has.
pub fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps")
        .unwrap()
        .lines()
        .count()
}

/// The kernel's id of the thread that carries the caller.
pub fn kernel_thread() -> i32 {
    // SAFETY: no arguments.
    unsafe { libc::gettid() }
}

/// What a wait returned does not matter.
pub fn ignore<T>(_: T) {}
