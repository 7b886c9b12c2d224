//! Tests that need a process of their own.

use std::process::{Command, Output};

/// Tells the child what it is for.
const CHILD: &str = "GOMPA_TEST_CHILD";

/// Runs `body` in a child, which is this program with this one test, and returns how it ended.
/// `test` is the test's full path; `body` may use all of the process.
pub(super) fn in_child(test: &str, body: impl FnOnce()) -> Output {
    if std::env::var_os(CHILD).is_some_and(|child| *child == *test) {
        body();
        std::process::exit(0);
    }
    let path = test.split_once("::").map_or(test, |(_crate, path)| path);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([path, "--exact", "--nocapture"])
        .env(CHILD, test);
    command.output().unwrap()
}
