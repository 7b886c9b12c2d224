//! A row with its figures: ours, Go's, and that of the best Rust peer.

use super::gathered::{Figure, Gathered};
use super::rows::{ROWS, Reach, Row};
use crate::result::number;
use std::collections::BTreeMap;

/// A row of which we have our own figure; the peers' may be missing.
pub struct Compared<'a> {
    /// What is compared.
    pub row: &'static Row,
    /// Ours.
    pub ours: &'a Figure,
    /// Go's.
    pub go: Option<f64>,
    /// The best of the other peers, and its name.
    pub peer: Option<(&'a str, f64)>,
    /// The peers' figures by name, for a reach that names one.
    peers: BTreeMap<&'a str, f64>,
}

/// All rows of which we have a figure.
pub fn all(gathered: &Gathered) -> Vec<Compared<'_>> {
    ROWS.iter()
        .filter_map(|row| compare(row, gathered))
        .collect()
}

fn compare<'a>(row: &'static Row, gathered: &'a Gathered) -> Option<Compared<'a>> {
    let contenders = gathered.contenders(row.workload, row.metric)?;
    let ours = contenders.get(row.contender)?;
    let (mut go, mut peers) = (None, BTreeMap::new());
    for (name, figure) in contenders {
        if name.starts_with("gompa") {
            continue;
        } else if name
            .strip_prefix("go")
            .is_some_and(|v| v.starts_with(|c: char| c.is_numeric()))
        {
            go = Some(figure.median());
        } else {
            peers.insert(name.as_str(), figure.median());
        }
    }
    let peer = best(row, peers.iter().map(|(name, value)| (*name, *value)));
    Some(Compared {
        row,
        ours,
        go,
        peer,
        peers,
    })
}

fn best<'a>(row: &Row, peers: impl Iterator<Item = (&'a str, f64)>) -> Option<(&'a str, f64)> {
    let by_value = |a: &(&str, f64), b: &(&str, f64)| a.1.total_cmp(&b.1);
    if row.more_is_better() {
        peers.max_by(by_value)
    } else {
        peers.min_by(by_value)
    }
}

impl Row {
    /// Whether a greater figure is the better one.
    pub fn more_is_better(&self) -> bool {
        self.metric.contains("per_s@")
    }
}

impl Compared<'_> {
    /// Our figure over Go's.
    pub fn to_go(&self) -> Option<f64> {
        self.go.map(|go| self.ours.median() / go)
    }

    /// Our figure over the best Rust peer's.
    pub fn to_peer(&self) -> Option<f64> {
        self.peer.map(|(_, peer)| self.ours.median() / peer)
    }

    /// `value` as cost relative to Go's: 1 is Go, less is better whatever the metric.
    pub fn cost(&self, value: f64) -> Option<f64> {
        let ratio = value / self.go?;
        Some(if self.row.more_is_better() {
            1.0 / ratio
        } else {
            ratio
        })
    }

    /// Whether a reach is met; `None` if the figure it needs is missing.
    pub fn met(&self, reach: Reach) -> Option<bool> {
        let ours = self.ours.median();
        match reach {
            Reach::OfGo(share) => Some(ours <= share * self.go?),
            Reach::TimesGo(times) => Some(ours >= times * self.go?),
            Reach::NoMoreThan(name) => {
                let named = self.peers.iter().filter(|(peer, _)| peer.contains(name));
                let (_, peer) = best(self.row, named.map(|(peer, value)| (*peer, *value)))?;
                Some(ours <= peer)
            }
            Reach::AtMost(most) => Some(ours <= most),
        }
    }
}

impl Reach {
    /// In words; `unit` is the metric's.
    pub fn words(self, unit: &str) -> String {
        match self {
            Reach::OfGo(share) => format!("≤ {share} of Go"),
            Reach::TimesGo(times) => format!("≥ {times} × Go"),
            Reach::NoMoreThan(name) => format!("≤ {name}"),
            Reach::AtMost(most) => format!("≤ {} {unit}", number(most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(lines: &[&str]) -> Gathered {
        let mut gathered = Gathered::default();
        lines.iter().for_each(|line| gathered.add(line));
        gathered
    }

    #[test]
    fn the_best_peer_is_neither_go_nor_we() {
        let gathered = gathered(&[
            "RESULT pingpong gompa ns_per_roundtrip@P1 100 ns",
            "RESULT pingpong go1.27 ns_per_roundtrip@P1 400 ns",
            "RESULT pingpong tokio+kanal ns_per_roundtrip@P1 94 ns",
            "RESULT pingpong may-unbounded ns_per_roundtrip@P1 102 ns",
        ]);
        let [row] = &all(&gathered)[..] else {
            panic!("one row")
        };
        assert_eq!(row.go, Some(400.0));
        assert_eq!(row.peer, Some(("tokio+kanal", 94.0)));
        assert_eq!(row.met(Reach::OfGo(0.25)), Some(true));
        assert_eq!(row.met(Reach::OfGo(0.24)), Some(false));
        assert_eq!(row.met(Reach::NoMoreThan("may")), Some(true));
        assert_eq!(row.met(Reach::NoMoreThan("kanal")), Some(false));
        assert_eq!(row.met(Reach::NoMoreThan("smol")), None);
    }

    #[test]
    fn where_more_is_better_the_greatest_peer_is_best() {
        let gathered = gathered(&[
            "RESULT echo gompa requests_per_s@P2 230 req/s",
            "RESULT echo go1.27 requests_per_s@P2 200 req/s",
            "RESULT echo tokio requests_per_s@P2 190 req/s",
            "RESULT echo smol requests_per_s@P2 150 req/s",
        ]);
        let [row] = &all(&gathered)[..] else {
            panic!("one row")
        };
        assert_eq!(row.peer, Some(("tokio", 190.0)));
        assert_eq!(row.met(Reach::TimesGo(1.15)), Some(true));
        assert_eq!(row.met(Reach::TimesGo(1.16)), Some(false));
        assert!(row.cost(230.0).unwrap() < 1.0);
    }

    #[test]
    fn without_our_figure_there_is_no_row() {
        assert!(
            all(&gathered(&[
                "RESULT echo go1.27 requests_per_s@P2 200 req/s"
            ]))
            .is_empty()
        );
    }
}
