//! A tree of goroutines, ten children each, down to a million leaves. A leaf sends its number, an
//! inner goroutine the sum of its children, over one unbuffered channel.

use crate::fresh::{self, value};
use crate::process;
use crate::result::report;
use crate::setup::Setup;
use gompa::chan::{self, Chan};
use std::error::Error;
use std::time::Instant;

const LEAVES: u64 = 1_000_000;
const CHILDREN: u64 = 10;
const RUNS: u32 = 3;

/// Milliseconds for the whole tree, in fresh processes and in one that is warm, and the memory it
/// took at most.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let leaves = whole_tree(setup.scaled(LEAVES));
    if setup.child {
        value("ms", setup.enter(move || tree(leaves)));
        value("peak_rss", process::peak_resident_mib()?);
        return Ok(());
    }
    let values = fresh::children(RUNS, &[])?;
    report(setup, "skynet", "ms", &values["ms"], "ms");
    report(setup, "skynet", "peak_rss", &values["peak_rss"], "MiB");
    let warm: Vec<f64> = setup.enter(move || {
        tree(leaves);
        (0..RUNS).map(|_| tree(leaves)).collect()
    });
    report(setup, "skynet", "ms_warm", &warm, "ms");
    Ok(())
}

/// The largest number of leaves not above `wanted` whose tree is complete.
fn whole_tree(wanted: u64) -> u64 {
    CHILDREN.pow(wanted.ilog(CHILDREN))
}

fn tree(leaves: u64) -> f64 {
    let begun = Instant::now();
    let sum = chan::make(0);
    start(sum.clone(), 0, leaves);
    assert_eq!(sum.recv(), Some(leaves * (leaves - 1) / 2));
    begun.elapsed().as_secs_f64() * 1e3
}

/// Starts the goroutine of the subtree whose leaves have the numbers from `first` on.
fn start(up: Chan<u64>, first: u64, leaves: u64) {
    drop(gompa::go(move || {
        if leaves == 1 {
            up.send(first);
            return;
        }
        let children = chan::make(0);
        let each = leaves / CHILDREN;
        for child in 0..CHILDREN {
            start(children.clone(), first + child * each, each);
        }
        let sum = (0..CHILDREN).filter_map(|_| children.recv()).sum();
        up.send(sum);
    }));
}

#[cfg(test)]
mod tests {
    use super::whole_tree;

    #[test]
    fn trees_are_complete() {
        assert_eq!(
            [1, 9, 10, 99, 1_000_000].map(whole_tree),
            [1, 1, 10, 10, 1_000_000]
        );
    }
}
