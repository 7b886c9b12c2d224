//! All RESULT lines of a folder, by what was measured and by whom.

use crate::result::{ResultLine, median};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Figures by workload and metric, then by contender.
#[derive(Default)]
pub struct Gathered {
    /// In the order of the names.
    pub by_work: BTreeMap<(String, String), BTreeMap<String, Figure>>,
}

/// What a contender reached in one metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// A value a round, in order; each is itself the median of a process' repetitions.
    pub rounds: Vec<f64>,
    /// Their unit.
    pub unit: String,
}

impl Figure {
    /// The middle round.
    pub fn median(&self) -> f64 {
        median(&self.rounds)
    }
}

impl Gathered {
    /// Reads every `*.txt` of `folder`.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut gathered = Gathered::default();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "txt") {
                fs::read_to_string(path)?
                    .lines()
                    .for_each(|line| gathered.add(line));
            }
        }
        Ok(gathered)
    }

    /// Takes a line in, if it is a RESULT line with a number.
    pub fn add(&mut self, line: &str) {
        let Some(line) = ResultLine::parse(line) else {
            return;
        };
        let contenders = self
            .by_work
            .entry((line.workload, line.metric))
            .or_default();
        let figure = contenders.entry(line.contender).or_default();
        figure.rounds.push(line.value);
        figure.unit = line.unit;
    }

    /// Everybody's figures in one metric.
    pub fn contenders(&self, workload: &str, metric: &str) -> Option<&BTreeMap<String, Figure>> {
        self.by_work.get(&(workload.to_owned(), metric.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_come_together() {
        let mut gathered = Gathered::default();
        for value in [3, 1, 2] {
            gathered.add(&format!("RESULT yield gompa ns_per_yield@P1 {value} ns"));
        }
        gathered.add("RESULT yield go1.27 ns_per_yield@P1 7 ns");
        gathered.add("# a remark");
        let contenders = gathered.contenders("yield", "ns_per_yield@P1").unwrap();
        assert_eq!(contenders["gompa"].rounds, [3.0, 1.0, 2.0]);
        assert_eq!(contenders["gompa"].median(), 2.0);
        assert_eq!(contenders["go1.27"].median(), 7.0);
        assert!(gathered.contenders("yield", "ns_per_yield@P2").is_none());
    }
}
