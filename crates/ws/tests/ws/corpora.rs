//! What fuzzers have found, through the same checks, on a stable toolchain.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/fuzz_targets/checks.rs"]
mod checks;

/// Runs a check over the files of a corpus.
fn replay(corpus: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(corpus);
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        check(&fs::read(&path).unwrap());
        count += 1;
    }
    assert!(count >= 10, "{} has only {count} files", folder.display());
}

#[test]
fn frames() {
    replay("frames", checks::frames);
}

#[test]
fn handshake() {
    replay("handshake", checks::handshake);
}

#[test]
fn inflate() {
    replay("inflate", checks::inflate);
}
