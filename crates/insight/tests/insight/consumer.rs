//! The real consumer: `go tool pprof`.
//!
//! The Go toolchain is looked for in `GOMPA_GO` (the path of the `go` command) and in `PATH`. Where
//! there is none the tests that need it say so and pass, but not in CI.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

fn go() -> Option<PathBuf> {
    let named = std::env::var_os("GOMPA_GO").map(PathBuf::from);
    let candidates = named.into_iter().chain([PathBuf::from("go")]);
    let works = |go: &PathBuf| {
        Command::new(go)
            .arg("version")
            .output()
            .is_ok_and(|o| o.status.success())
    };
    let found = candidates.into_iter().find(works);
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI must have a Go toolchain: `.ci/run tools` installs it and sets GOMPA_GO"
        );
        eprintln!("skipped: there is no Go toolchain (GOMPA_GO, PATH)");
    }
    found
}

/// What `go tool pprof FLAGS` says of a profile; `None`: there is no such tool.
pub fn pprof(profile: &[u8], flags: &[&str]) -> Option<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let file = folder().join(format!("{}.pprof", NEXT.fetch_add(1, Relaxed)));
    std::fs::write(&file, profile).unwrap();
    let text = pprof_of(&file, flags);
    std::fs::remove_file(&file).unwrap();
    let _ = std::fs::remove_dir(folder());
    text
}

/// As [`pprof`], of a file or an address. Waits for the tool.
pub fn pprof_of(source: impl AsRef<OsStr>, flags: &[&str]) -> Option<String> {
    let run = Command::new(go()?)
        .args(["tool", "pprof"])
        .args(flags)
        .arg(source)
        .env("GOTOOLCHAIN", "local")
        .env("PPROF_TMPDIR", folder())
        .output()
        .unwrap();
    let (text, complaints) = (
        String::from_utf8(run.stdout).unwrap(),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(run.status.success(), "pprof does not read it: {complaints}");
    Some(text)
}

fn folder() -> PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("gompa-insight-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The line of `-top` for a function: flat, flat %, sum %, cum, cum %, name.
#[track_caller]
pub fn line_of<'a>(top: &'a str, function: &str) -> Vec<&'a str> {
    let line = top.lines().find(|l| l.contains(function));
    let line = line.unwrap_or_else(|| panic!("no {function} in\n{top}"));
    line.split_ascii_whitespace().collect()
}
