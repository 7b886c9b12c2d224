//! The Markdown tables.

use super::compared::Compared;
use super::gathered::Gathered;
use crate::result::number;
use std::fmt::Write;

/// The rows side by side with Go and the best Rust peer.
pub fn compared(rows: &[Compared<'_>]) -> String {
    let mut text = String::from(
        "| workload | metric | gompa | Go | best Rust peer | to Go | to that peer | reach | met |\n\
         |---|---|---:|---:|---:|---:|---:|---|---|\n",
    );
    for row in rows {
        let go = row.go.map_or_else(dash, number);
        let peer = row
            .peer
            .map_or_else(dash, |(name, v)| format!("{} ({name})", number(v)));
        let ratio = |r: Option<f64>| r.map_or_else(dash, |r| format!("{r:.2}"));
        let unit = &row.ours.unit;
        let reach: Vec<String> = row.row.reach.iter().map(|r| r.words(unit)).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {go} | {peer} | {} | {} | {} | {} |",
            name(row),
            metric(row.row.metric, unit),
            number(row.ours.median()),
            ratio(row.to_go()),
            ratio(row.to_peer()),
            if reach.is_empty() {
                dash()
            } else {
                reach.join(", ")
            },
            met(row),
        );
    }
    text
}

/// The workload, and the mode if it is not the usual one.
pub fn name(row: &Compared<'_>) -> String {
    match row.row.contender {
        "gompa" => row.row.workload.to_owned(),
        _ => format!("{} ¹", row.row.workload),
    }
}

/// `ns_per_task@P2` in `ns` as "ns per task, P=2".
pub fn metric(metric: &str, unit: &str) -> String {
    let (what, procs) = metric.split_once("@P").unwrap_or((metric, "?"));
    let words = what.replace('_', " ");
    let says_unit = words.split(' ').any(|w| w == unit) || unit == "req/s";
    let unit = if says_unit {
        String::new()
    } else {
        format!(" ({unit})")
    };
    format!("{words}{unit}, P={procs}")
}

fn met(row: &Compared<'_>) -> &'static str {
    let met: Vec<_> = row.row.reach.iter().map(|r| row.met(*r)).collect();
    match () {
        () if met.is_empty() => "–",
        () if met.contains(&Some(false)) => "no",
        () if met.contains(&None) => "?",
        () => "yes",
    }
}

fn dash() -> String {
    "–".to_owned()
}

/// Every figure of every contender with its rounds, folded away.
pub fn everything(gathered: &Gathered) -> String {
    let mut text = String::from(
        "<details><summary>Every figure of every contender, and each round's</summary>\n\n\
         | workload | metric | contender | median | rounds |\n|---|---|---|---:|---|\n",
    );
    for ((workload, name), contenders) in &gathered.by_work {
        for (contender, figure) in contenders {
            let rounds: Vec<String> = figure.rounds.iter().map(|v| number(*v)).collect();
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "| {workload} | {} | {contender} | {} | {} |",
                metric(name, &figure.unit),
                number(figure.median()),
                rounds.join(" ")
            );
        }
    }
    text.push_str("\n</details>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::super::compared::all;
    use super::*;

    #[test]
    fn metrics_in_words() {
        assert_eq!(metric("ns_per_task@P2", "ns"), "ns per task, P=2");
        assert_eq!(metric("peak_rss@P1", "MiB"), "peak rss (MiB), P=1");
        assert_eq!(metric("requests_per_s@P2", "req/s"), "requests per s, P=2");
    }

    #[test]
    fn a_row_says_all() {
        let mut gathered = Gathered::default();
        gathered.add("RESULT select4 gompa ns_per_msg@P2 100 ns");
        gathered.add("RESULT select4 go1.27 ns_per_msg@P2 400 ns");
        gathered.add("RESULT select4 tokio ns_per_msg@P2 200 ns");
        let text = compared(&all(&gathered));
        assert_eq!(
            text.lines().nth(2),
            Some(
                "| select4 | ns per msg, P=2 | 100.0 | 400.0 | 200.0 (tokio) | 0.25 | 0.50 \
                 | ≤ 0.35 of Go | yes |"
            )
        );
        assert!(everything(&gathered).contains("| tokio | 200.0 | 200.0 |"));
    }

    #[test]
    fn a_reach_whose_peer_is_missing_is_open() {
        let mut gathered = Gathered::default();
        gathered.add("RESULT select4 gompa ns_per_msg@P2 100 ns");
        assert!(compared(&all(&gathered)).contains("| ≤ 0.35 of Go | ? |"));
    }
}
