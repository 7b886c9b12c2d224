//! Every workload runs at a fraction of its size, in a process of its own, and prints figures.

use std::process::{Command, Output};

fn bench(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gompa-bench"))
        .args(args)
        .output()
        .expect("the runner starts")
}

/// The metrics of the RESULT lines of a run, each with a positive, finite figure.
fn metrics(workload: &str, contender: &str, shrink: &str) -> Vec<String> {
    let args = [
        workload,
        "--contender",
        contender,
        "--reps",
        "1",
        "--shrink",
        shrink,
    ];
    let output = bench(&args);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{args:?}: {}\n{stdout}\n{stderr}",
        output.status
    );
    let mut metrics = Vec::new();
    for line in stdout.lines().filter(|line| line.starts_with("RESULT")) {
        let words: Vec<_> = line.split(' ').collect();
        let &[_, said, by, metric, value, _unit] = &words[..] else {
            panic!("{line}")
        };
        assert_eq!((said, by), (workload, contender), "{line}");
        assert!(value.parse::<f64>().unwrap().is_finite(), "{line}");
        metrics.push(metric.to_owned());
    }
    metrics
}

#[test]
fn spawn() {
    assert_eq!(metrics("spawn", "gompa", "100"), ["ns_per_task@P2"]);
}

#[test]
fn yielding() {
    assert_eq!(metrics("yield", "gompa", "100"), ["ns_per_yield@P2"]);
}

#[test]
fn pingpong() {
    assert_eq!(metrics("pingpong", "gompa", "100"), ["ns_per_roundtrip@P2"]);
}

#[test]
fn without_own_thread_locals() {
    for workload in ["spawn", "yield", "pingpong"] {
        assert_eq!(metrics(workload, "gompa-carrier-tls", "100").len(), 1);
    }
}

#[test]
fn queues() {
    for workload in ["spsc", "mpmc", "mpsc1k"] {
        assert_eq!(metrics(workload, "gompa", "100"), ["ns_per_msg@P2"]);
    }
}

#[test]
fn contexts() {
    let figures = [
        "create_ns_per_descendant@P2",
        "cancel_ns_per_descendant@P2",
        "drop_ns_per_descendant@P2",
        "cancel_ns_per_descendant_with_done_channels@P2",
    ];
    assert_eq!(metrics("ctx_cancel", "gompa", "50"), figures);
    assert_eq!(metrics("ctx_value", "gompa", "100"), ["ns_per_lookup@P2"]);
}

#[test]
fn select4() {
    assert_eq!(metrics("select4", "gompa", "100"), ["ns_per_msg@P2"]);
}

#[test]
fn skynet() {
    assert_eq!(
        metrics("skynet", "gompa", "100"),
        ["ms@P2", "peak_rss@P2", "ms_warm@P2"]
    );
}

#[test]
fn parked() {
    let sizes = [
        "rss_per_task_100k@P2",
        "spawn_ms_100k@P2",
        "rss_per_task_1M@P2",
        "spawn_ms_1M@P2",
    ];
    assert_eq!(metrics("parked", "gompa", "100"), sizes);
}

#[test]
fn timers() {
    let figures = [
        "cpu_s@P2",
        "ms_beyond_1000@P2",
        "spawn_ms@P2",
        "peak_rss@P2",
    ];
    assert_eq!(metrics("timers", "gompa", "100"), figures);
}

#[test]
fn fairness() {
    assert_eq!(
        metrics("fairness", "gompa", "10"),
        ["p50_us@P2", "p99_us@P2", "max_us@P2", "ticks@P2"]
    );
}

#[test]
fn blockers() {
    let figures = [
        "wall_ms_cold@P2",
        "wall_ms@P2",
        "ticker_p99_us@P2",
        "ticker_max_us@P2",
    ];
    assert_eq!(metrics("blockers", "gompa", "10"), figures);
}

#[test]
fn echo() {
    let figures = ["requests_per_s@P2", "p50_us@P2", "p99_us@P2", "max_us@P2"];
    assert_eq!(metrics("echo", "gompa", "20"), figures);
}

#[test]
fn nonsense_is_refused() {
    for args in [
        &["nothing"][..],
        &["spawn", "-p", "0"],
        &["spawn", "--reps", "0"],
        &["echo-load"],
    ] {
        let output = bench(args);
        assert!(!output.status.success(), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}
