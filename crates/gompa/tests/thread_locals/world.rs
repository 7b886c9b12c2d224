//! A runtime whose goroutines change threads.
//!
//! Several Ps, all busy: so a goroutine that has given its P away, or yields, goes on wherever a
//! thread gets to it. [`hop`] does both until it is on another thread.

use gompa::{Builder, JoinHandle, go, gosched};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// How many goroutines run at once.
const PS: usize = 3;

/// Longer than any test needs, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `f` as the main goroutine of a runtime like that.
pub fn world<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    Builder::new().procs(PS).run(|| {
        let busy = Busy::start();
        let result = f();
        drop(busy);
        result
    })
}

/// Runs `work(0)` to `work(n - 1)`, each in a goroutine, in such a runtime. A panic is passed on.
pub fn goroutines(n: usize, work: impl Fn(usize) + Send + Sync + 'static) {
    world(move || all(n, work));
}

/// As [`goroutines`], in the present runtime.
pub fn all(n: usize, work: impl Fn(usize) + Send + Sync + 'static) {
    let work = Arc::new(work);
    let started: Vec<_> = (0..n)
        .map(|i| {
            let work = work.clone();
            go(move || work(i))
        })
        .collect();
    started.into_iter().for_each(join);
}

/// Joins; a panic is passed on.
pub fn join<T>(handle: JoinHandle<T>) -> T {
    handle
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Goroutines that yield until this is dropped, so that no P is idle.
struct Busy {
    stop: Arc<AtomicBool>,
    all: Vec<JoinHandle<()>>,
}

impl Busy {
    fn start() -> Busy {
        let stop = Arc::new(AtomicBool::new(false));
        let one = |_| {
            let stop = stop.clone();
            go(move || {
                while !stop.load(Relaxed) {
                    gosched();
                }
            })
        };
        let all = (0..PS).map(one).collect();
        Busy { stop, all }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        self.all.drain(..).for_each(join);
    }
}

/// The OS thread that runs this, as the kernel knows it.
pub fn thread() -> i32 {
    // SAFETY: asks for a number.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// Goes on on another OS thread.
pub fn hop() {
    let here = thread();
    until(|| {
        gompa::blocking(|| ());
        thread() != here
    });
}

/// Yields until `done`.
pub fn until(done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        gosched();
        assert!(start.elapsed() < PATIENCE, "it does not happen");
    }
}

/// Goes on on the given OS thread, or wherever it is if that takes too long: the thread may have
/// nothing to do any more.
pub fn return_to(there: i32) -> bool {
    let start = Instant::now();
    while thread() != there && start.elapsed() < Duration::from_millis(100) {
        gosched();
    }
    thread() == there
}

/// Tells a child process which test it is.
const CHILD: &str = "GOMPA_TEST_CHILD";

/// Runs `body` in a process of its own, which is this program with this one test, and returns how
/// that ended. `test` is the test's path in this program.
pub fn in_child(test: &str, body: impl FnOnce()) -> Output {
    if std::env::var_os(CHILD).is_some_and(|child| *child == *test) {
        body();
        std::process::exit(0);
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]);
    command.env(CHILD, test).output().unwrap()
}

/// What a child has written to its standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
