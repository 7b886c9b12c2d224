//! What is about the whole process: its end by a deadlock although it is being looked at, warnings, and
//! traces that are written when something goes wrong.
//!
//! Each case is a program of its own: this one again, told by the environment what to do. (The usual
//! harness has threads of its own that might wake somebody.)

#[path = "insight/traces.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "of the tests there only the check is needed"
)]
mod traces;

use gompa_insight::http::{Options, serve};
use gompa_insight::{stall, trace};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

const CASE: &str = "GOMPA_TEST_CASE";
const FOLDER: &str = "GOMPA_TEST_FOLDER";

/// Name, the child's `main`, what is expected of it.
type Case = (&'static str, fn(), fn(ExitStatus, &str, Vec<PathBuf>));

const CASES: &[Case] = &[
    ("warned", warned, |status, said, _| {
        assert!(status.success());
        let lines: Vec<_> = said.lines().collect();
        let [open, token] = lines[..] else {
            panic!("two warnings")
        };
        let begin = "gompa: warning: stacks, profiles and metrics are open to ";
        assert!(open.starts_with(&format!("{begin}anybody who reaches it at 0.0.0.0:")));
        assert!(token.starts_with(&format!(
            "{begin}whoever has the token and reaches it at 0.0.0.0:"
        )));
    }),
    ("deadlock", deadlock, |status, said, _| {
        assert_eq!(status.code(), Some(2));
        assert!(said.starts_with("fatal error: all goroutines are asleep - deadlock!"));
        assert!(said.contains("goroutine 1 [chan receive"));
        assert!(!said.contains("http::server"), "the server's are not shown");
    }),
    ("panic", panics, |status, said, files| {
        assert!(status.success());
        assert!(said.contains("gompa: trace of the panic: "));
        one_trace_of_this_file(&files);
    }),
    ("stall", stalls, |status, said, files| {
        assert!(status.success());
        assert!(said.contains("gompa: stall: ") && said.contains("gompa: trace of the stall: "));
        one_trace_of_this_file(&files);
    }),
];

/// The case has left one trace, and it names a place in here.
fn one_trace_of_this_file(files: &[PathBuf]) {
    let [file] = files else {
        panic!("one file: {files:?}")
    };
    let checked = traces::check(&std::fs::read(file).unwrap());
    let here = |name: &String| name.contains("tests/process.rs:");
    assert!(checked.names.iter().any(here), "{checked:?}");
}

fn warned() {
    gompa_sched::run(|| {
        let servers = [
            serve("127.0.0.1:0").unwrap(),
            serve(":0").unwrap(),
            serve("0.0.0.0:0").unwrap(),
            Options::new().token("t").serve("0.0.0.0:0").unwrap(),
        ];
        servers.iter().for_each(|s| s.close());
    });
}

fn deadlock() {
    gompa_sched::run(|| {
        let _server = serve("127.0.0.1:0").unwrap();
        gompa_chan::make::<()>(0).recv();
    });
}

fn folder() -> PathBuf {
    std::env::var_os(FOLDER).unwrap().into()
}

fn panics() {
    trace::on_panic(folder());
    gompa_sched::run(|| {
        let failed = gompa_sched::go(|| panic!("as it must")).join();
        assert!(failed.is_err());
    });
}

fn stalls() {
    stall::log(stall::Log::new().traces(folder()));
    gompa_sched::run(|| {
        // Until the parent has read the line that it waits for.
        let stop = Arc::new(AtomicBool::new(false));
        let read = stop.clone();
        std::thread::spawn(move || {
            let _ = std::io::stdin().read(&mut [0]);
            read.store(true, Relaxed);
        });
        while !stop.load(Relaxed) {
            // On a goroutine of its own, which the trace names.
            let stalling = gompa_sched::go(|| std::thread::sleep(Duration::from_millis(60)));
            stalling.join().unwrap();
        }
    });
}

/// Plays a case in a process of its own, to its end: how it ended, and what it said. Its standard input
/// ends when it has told of a trace.
fn play(name: &str, folder: &Path) -> (ExitStatus, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env_remove("GOTRACEBACK")
        .env_remove("GODEBUG")
        .env(CASE, name)
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take();
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.contains("gompa: trace of ") {
            input = None;
        }
        said.push_str(&line);
        said.push('\n');
    }
    drop(input);
    (child.wait().unwrap(), said)
}

fn main() {
    if let Ok(name) = std::env::var(CASE) {
        let case = CASES.iter().find(|c| c.0 == name).expect("a case");
        return (case.1)();
    }
    let wanted = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    for (name, _, check) in CASES {
        if wanted.as_ref().is_some_and(|w| !name.contains(w.as_str())) {
            continue;
        }
        let folder = std::env::temp_dir().join(format!("gompa-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (status, said) = play(name, &folder);
        println!("{name}: {status}\n{said}");
        let files = std::fs::read_dir(&folder).unwrap();
        check(status, &said, files.map(|f| f.unwrap().path()).collect());
        std::fs::remove_dir_all(&folder).unwrap();
        println!("{name}: ok");
    }
}
