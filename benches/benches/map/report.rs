//! The tables of `docs/hmap.md`, and its picture, of the lines that the contenders have printed.

use super::latency::STEPS;
use super::plot;
use super::workloads::COLLIDING;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, iter};

#[path = "../../src/report/splice.rs"]
mod splice;

/// The columns.
const CONTENDERS: [&str; 9] = [
    "gompa",
    "hashbrown+ahash",
    "hashbrown",
    "std+ahash",
    "griddle",
    "indexmap",
    "gompa+siphash",
    "go1.27",
    "go1.23",
];

/// What was timed operation by operation; of `_each` the shortest of several passes counts.
const TIMED: [(&str, &str); 4] = [
    ("insert", "insert"),
    ("insert_each", "insert, shortest of three"),
    ("delete", "delete"),
    ("delete_each", "delete, shortest of three"),
];

/// The rows, and what share of hashbrown+ahash each is meant to be at most.
const ROWS: [(&str, &str, Option<f64>); 9] = [
    ("insert", "insert 8 million from empty", Some(1.0)),
    ("hit_8M", "hit, 8 million entries", Some(1.15)),
    ("miss_8M", "miss, 8 million", Some(1.15)),
    ("hit_1k", "hit, 1000 entries", Some(1.3)),
    ("miss_1k", "miss, 1000", Some(1.15)),
    ("iter", "iterate 8 million", Some(1.0)),
    ("delete", "delete all 8 million", Some(1.1)),
    ("str_insert", "insert a million strings", None),
    ("str_hit", "hit, a million strings", None),
];

const PERCENTILES: [(&str, f64); 5] = [
    ("p50", 0.5),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
    ("p99.999", 0.99999),
];

/// How long the operations of one contender took.
#[derive(Default)]
pub struct Latencies {
    /// Step of the histogram, and how many.
    pub counts: BTreeMap<u32, u64>,
    /// The longest, in nanoseconds.
    pub longest: f64,
}

impl Latencies {
    /// Nanoseconds that this share of the operations took at most; the upper end of the step.
    fn percentile(&self, share: f64) -> f64 {
        let all: u64 = self.counts.values().sum();
        let (mut below, wanted) = (0, (share * all as f64) as u64);
        for (step, count) in &self.counts {
            below += count;
            if below > wanted {
                return nanoseconds(step + 1).min(self.longest);
            }
        }
        self.longest
    }
}

/// Where a step of the histogram begins.
pub fn nanoseconds(step: u32) -> f64 {
    (f64::from(step) / STEPS).exp2()
}

/// What was measured: figures by row and contender, latencies by operation and contender.
#[derive(Default)]
pub struct Measured {
    figures: BTreeMap<(String, String), f64>,
    pub latencies: BTreeMap<(String, String), Latencies>,
}

impl Measured {
    fn read(dir: &Path) -> Self {
        let mut measured = Measured::default();
        for file in fs::read_dir(dir).expect("a directory of results") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|name| name == "txt") {
                let text = fs::read_to_string(path).expect("text");
                text.lines().for_each(|line| measured.line(line));
            }
        }
        measured
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |text: &str| text.parse::<f64>().expect("a number");
        match words[..] {
            ["RESULT", row, contender, value, _] => {
                let key = (row.to_owned(), contender.to_owned());
                self.figures.insert(key, number(value));
            }
            ["HIST", what, contender, step, count] => {
                let of = self
                    .latencies
                    .entry((what.to_owned(), contender.to_owned()));
                let counts = &mut of.or_default().counts;
                counts.insert(number(step) as u32, number(count) as u64);
            }
            ["LONGEST", what, contender, value] => {
                let of = self
                    .latencies
                    .entry((what.to_owned(), contender.to_owned()));
                of.or_default().longest = number(value);
            }
            _ => {}
        }
    }

    fn figure(&self, row: &str, contender: &str) -> Option<f64> {
        let key = (row.to_owned(), contender.to_owned());
        self.figures.get(&key).copied()
    }

    fn means(&self) -> String {
        let head = ["nanoseconds an operation"].into_iter().chain(CONTENDERS);
        let ratios = ["of hashbrown+ahash", "bar", "of Go 1.27", "of Go 1.23"];
        let mut table = heading(head.chain(ratios));
        for (row, name, bar) in ROWS {
            let cells = CONTENDERS.map(|contender| short(self.figure(row, contender)));
            let of = |peer| {
                let ratio = self.figure(row, "gompa")? / self.figure(row, peer)?;
                Some(format!("{ratio:.2}"))
            };
            let ratios = [
                of("hashbrown+ahash"),
                bar.map(|bar| format!("{bar}")),
                of("go1.27"),
                of("go1.23"),
            ];
            let ratios = ratios.map(Option::unwrap_or_default);
            table += &line(iter::once(name.to_owned()).chain(cells).chain(ratios));
        }
        table
    }

    fn tails(&self) -> String {
        let names = PERCENTILES.map(|(name, _)| name);
        let mut table = heading(["microseconds"].into_iter().chain(names).chain(["longest"]));
        for (what, contender, of) in self.ordered() {
            let name = TIMED.iter().find(|timed| timed.0 == what);
            let name = format!("{}, {contender}", name.map_or(what, |timed| timed.1));
            let shares = PERCENTILES.map(|(_, share)| of.percentile(share));
            let all = shares.into_iter().chain([of.longest]);
            let cells = all.map(|took| short(Some(took / 1000.0)));
            table += &line(iter::once(name).chain(cells));
        }
        table
    }

    /// Insertions first, contenders in the order of the columns.
    pub fn ordered(&self) -> impl Iterator<Item = (&'static str, &'static str, &Latencies)> {
        let names = TIMED.into_iter().flat_map(|(what, _)| {
            let contenders = CONTENDERS.into_iter().chain(["nothing"]);
            contenders.map(move |contender| (what, contender))
        });
        names.filter_map(|(what, contender)| {
            let key = (what.to_owned(), contender.to_owned());
            Some((what, contender, self.latencies.get(&key)?))
        })
    }

    fn colliding(&self) -> String {
        let peers = ["gompa", "hashbrown"];
        let mut table = heading(["microseconds an operation"].into_iter().chain(peers));
        for n in COLLIDING {
            for what in ["insert", "hit", "miss"] {
                let row = format!("collide_{what}_{n}");
                let cells = peers.map(|peer| short(self.figure(&row, peer).map(|ns| ns / 1000.0)));
                table += &line(iter::once(format!("{what}, {n} keys of one hash")).chain(cells));
            }
        }
        table
    }

    fn bytes(&self) -> String {
        let mut table = heading(["bytes an entry of 16"].into_iter().chain(CONTENDERS));
        for (row, name) in [("bytes_least", "best load"), ("bytes_most", "worst load")] {
            let cells = CONTENDERS.map(|contender| short(self.figure(row, contender)));
            table += &line(iter::once(name.to_owned()).chain(cells));
        }
        table
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

fn heading<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let head = line(cells.map(str::to_owned));
    let columns = head.matches('|').count() - 1;
    format!("{head}|{}\n", "---|".repeat(columns))
}

/// Three digits.
fn short(value: Option<f64>) -> String {
    match value {
        None => String::new(),
        Some(value) if value < 10.0 => format!("{value:.2}"),
        Some(value) if value < 100.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.0}"),
    }
}

pub fn write(dir: &Path, doc: &Path, svg: &Path) {
    let measured = Measured::read(dir);
    let machine = fs::read_to_string(dir.join("machine.md")).unwrap_or_default();
    let text = format!(
        "{machine}\n{}\nSingle operations on the way to 16 million entries and back. The last of three \
         passes, as it was; and of each operation the shortest of the three passes, which leaves what \
         the map does, for the machine's own gaps come elsewhere each time. `nothing` is a loop that \
         waits a quarter of a microsecond at a time:\n\n{}\n![Share of operations that took longer]({})\n\n{}\n{}",
        measured.means(),
        measured.tails(),
        svg.file_name().expect("a file").display(),
        measured.bytes(),
        measured.colliding(),
    );
    let before = fs::read_to_string(doc).expect("the document");
    let after = splice::between_marks(&before, &text).expect("a document with marks");
    fs::write(doc, after).expect("the document can be written");
    fs::write(svg, plot::tails(&measured)).expect("the picture can be written");
}
