//! `gompa-hub bench`, `check` and `token`: the binary's other uses.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::common::Hub;
use crate::common::mortal::mortal;
use crate::common::programs::Folder;

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gompa-hub"))
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn the_load_tool_accounts_for_everything() {
    let hub = Hub::start();
    let url = format!("ws://{}/ws?room=bench", hub.addr);
    let pid = std::process::id().to_string();
    for extra in [
        &["--rate", "200"][..],
        &["--deflate", "--senders", "3"],
        &["--pid", &pid],
    ] {
        let base = [
            "bench",
            &url,
            "-n",
            "50",
            "-m",
            "20",
            "--per-source",
            "20",
            "--json",
        ];
        let output = run(&[&base, extra].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{extra:?}: {error}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["deliveries"], 1000, "{report}");
        for none in ["lost", "duplicates", "foreign", "failed"] {
            assert_eq!(report[none], 0, "{none}: {report}");
        }
        assert!(report["p50_us"].as_u64() <= report["p99_us"].as_u64());
        hub.until("they leave", |c| c.sockets == 0);
    }
    let table = run(&["bench", &url, "-n", "2", "-m", "2"]);
    assert!(String::from_utf8_lossy(&table.stdout).contains("latency p99"));
}

/// One says, another only listens: several processes make one measurement.
#[test]
fn the_load_tool_listens_to_another() {
    let hub = Hub::start();
    let url = format!("ws://{}/ws?room=bench", hub.addr);
    let common = ["bench", &*url, "-m", "4", "--run", "7", "--json"];
    let mut listener = mortal(Path::new(env!("CARGO_BIN_EXE_gompa-hub")))
        .args(common)
        .args(["-n", "5", "--listen", "--source", "127.1.9.1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(listener.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("listening, 5 connections"), "{line}");
    let said = run(&[&common[..], &["-n", "2"]].concat());
    let heard = listener.wait_with_output().unwrap();
    for (output, deliveries) in [(said, 8), (heard, 20)] {
        assert!(output.status.success());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["deliveries"], deliveries, "{report}");
        for none in ["lost", "duplicates", "foreign", "failed"] {
            assert_eq!(report[none], 0, "{none}: {report}");
        }
    }
    let alone = run(&["bench", &url, "--listen"]);
    assert_eq!(alone.status.code(), Some(2), "which run?");
}

/// A hub that throws messages away is found out.
#[test]
fn the_load_tool_notices_losses() {
    let hub = Hub::with(|config| {
        config.max_message = 1 << 10;
    });
    // Messages go to a room of each client's own, so that each misses what the others say.
    let url = format!("ws://{}/echo", hub.addr);
    let output = run(&[
        "bench",
        &url,
        "-n",
        "3",
        "-m",
        "4",
        "--patience",
        "1",
        "--rate",
        "100",
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["deliveries"], &report["lost"]),
        (&4.into(), &8.into()),
        "{report}"
    );
}

#[test]
fn checks_and_tokens() {
    let check = run(&["check"]);
    assert!(check.status.success());
    assert!(String::from_utf8_lossy(&check.stdout).contains("A hub here carries"));

    let folder = Folder::new();
    let secret = folder.join("secret");
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef\n").unwrap();
    let file = secret.to_str().unwrap();
    let output = run(&[
        "token",
        "--secret-file",
        file,
        "--room",
        "a",
        "--subject",
        "lhamo",
    ]);
    let token = String::from_utf8(output.stdout).unwrap();
    let claims = gompa_hub::access::Secret::read(&secret)
        .unwrap()
        .check(Some(token.trim()));
    let claims = claims.unwrap();
    assert_eq!(
        (claims.sub.as_deref(), claims.opens("a"), claims.opens("b")),
        (Some("lhamo"), true, false)
    );
    std::fs::write(&secret, "short").unwrap();
    assert_eq!(
        run(&["token", "--secret-file", file]).status.code(),
        Some(1)
    );
    assert_eq!(run(&["bench", "http://x"]).status.code(), Some(1));
}
