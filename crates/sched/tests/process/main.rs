//! What the scheduler does to the whole process: fatal errors with their texts and exit statuses,
//! the environment it reads, the end of `main`.
//!
//! Each case is a program of its own: this one again, told by the environment which scenario its
//! `main` plays. (The usual harness will not do: it has threads of its own, and a `main`.) What that
//! process printed, and how it ended, is then checked here.

mod deadlock;
mod environment;
mod goexit;
mod overflow;
mod panics;
mod threads;
mod traceback;

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Tells the child which scenario to play.
const SCENARIO: &str = "GOMPA_TEST_SCENARIO";

/// Far longer than any scenario takes on a slow machine: only a hang lasts so long.
const FOREVER: Duration = Duration::from_secs(100);

/// One scenario and what is expected of it.
struct Case {
    name: &'static str,
    /// Set for the child, on top of our own environment.
    env: &'static [(&'static str, &'static str)],
    /// The child's `main`.
    scenario: fn(),
    check: fn(&Ended),
}

impl Case {
    const fn new(name: &'static str, scenario: fn(), check: fn(&Ended)) -> Case {
        let env = &[];
        Case {
            name,
            env,
            scenario,
            check,
        }
    }

    const fn env(mut self, env: &'static [(&'static str, &'static str)]) -> Case {
        self.env = env;
        self
    }
}

/// How a child ended.
struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Ended {
    fn code(&self) -> Option<i32> {
        self.status.code()
    }

    fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// `main` returned, and there were no complaints.
    #[track_caller]
    fn well(&self) {
        assert_eq!(self.code(), Some(0));
        assert_eq!(self.stderr, "");
    }

    #[track_caller]
    fn says(&self, text: &str) {
        assert!(self.stderr.contains(text), "not said: {text}");
    }
}

fn cases() -> impl Iterator<Item = &'static Case> {
    [
        deadlock::CASES,
        environment::CASES,
        goexit::CASES,
        overflow::CASES,
        panics::CASES,
        threads::CASES,
        traceback::CASES,
    ]
    .into_iter()
    .flatten()
}

/// Plays `case` in a process of its own and waits for its end.
fn play(case: &Case) -> Ended {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env_remove("GOMAXPROCS")
        .env_remove("GODEBUG")
        .env_remove("GOTRACEBACK")
        .env_remove("RUST_BACKTRACE")
        .envs(case.env.iter().copied())
        .env(SCENARIO, case.name)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipes = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    std::thread::scope(|s| {
        let stdout = s.spawn(|| {
            let mut text = String::new();
            pipes.0.read_to_string(&mut text).unwrap();
            text
        });
        let stderr = s.spawn(|| {
            let mut text = String::new();
            pipes.1.read_to_string(&mut text).unwrap();
            text
        });
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > FOREVER {
                child.kill().unwrap();
                eprintln!("{} hangs", case.name);
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        Ended {
            status,
            stdout: stdout.join().unwrap(),
            stderr: stderr.join().unwrap(),
        }
    })
}

/// Plays and checks. Says what was wrong.
fn passes(case: &Case) -> bool {
    let ended = play(case);
    let checked = catch_unwind(AssertUnwindSafe(|| (case.check)(&ended)));
    let verdict = if checked.is_ok() { "ok" } else { "FAILED" };
    println!("test {} ... {verdict}", case.name);
    if checked.is_err() {
        let Ended {
            status,
            stdout,
            stderr,
        } = ended;
        println!("{status}\n---- stdout:\n{stdout}\n---- stderr:\n{stderr}\n----");
    }
    checked.is_ok()
}

fn main() -> ExitCode {
    if let Ok(name) = std::env::var(SCENARIO) {
        let case = cases().find(|case| case.name == name);
        (case.expect("a scenario of ours").scenario)();
        return ExitCode::SUCCESS;
    }
    // As the usual harness: words that a test's name must contain, one of them.
    let mut words = std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
    let words: Vec<String> = words.by_ref().collect();
    let wanted = |case: &&Case| words.is_empty() || words.iter().any(|w| case.name.contains(&**w));
    let all: Vec<&Case> = cases().filter(wanted).collect();
    if std::env::args().any(|arg| arg == "--list") {
        all.iter().for_each(|case| println!("{}: test", case.name));
        return ExitCode::SUCCESS;
    }
    println!("running {} tests", all.len());
    let queue = Mutex::new(all.iter());
    let failed = Mutex::new(Vec::new());
    // They wait more than they compute.
    std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(case) = next else { return };
                    if !passes(case) {
                        failed.lock().unwrap().push(case.name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!("{} failed {failed:?}", failed.len());
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// As `drop`, for what may be anything.
fn ignore<T>(_: T) {}
