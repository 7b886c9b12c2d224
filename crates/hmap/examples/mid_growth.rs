//! Draws a map in the middle of growing: `cargo run -p gompa-hmap --example mid_growth`.
//!
//! With `svg` as argument it prints a picture for the docs instead: each square a cell, filled if it
//! holds an entry.

use gompa_hmap::{Bucket, HMap};
use std::fmt::Write;

const CELL: usize = 12;
const CELLS: usize = 8;

fn main() {
    let mut map = HMap::with_seed(1);
    let mut key = 0_u32;
    while map.stats().growing.is_none() || map.stats().b < 5 || map.stats().evacuated < 4 {
        map.insert(key, ());
        key += 1;
    }
    if std::env::args().nth(1).as_deref() == Some("svg") {
        println!("{}", svg(&map));
    } else {
        println!("{:?}", map.dump());
    }
}

fn svg(map: &HMap<u32, ()>) -> String {
    let dump = map.dump();
    let (old, new) = (dump.old_chains().unwrap_or_default(), dump.chains());
    let height = new.len() * (CELL + 4) + 40;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"{height}\" \
         font-family=\"monospace\" font-size=\"12\">\n"
    );
    column(&mut svg, 10, "old table", &old);
    column(&mut svg, 370, "new table", &new);
    svg + "</svg>"
}

fn column(svg: &mut String, left: usize, title: &str, chains: &[Vec<Bucket<'_, u32, ()>>]) {
    let mut line = |text: String| writeln!(svg, "{text}").expect("strings take everything");
    line(format!("<text x=\"{left}\" y=\"20\">{title}</text>"));
    for (row, chain) in chains.iter().enumerate() {
        let top = 30 + row * (CELL + 4);
        for (nth, bucket) in chain.iter().enumerate() {
            for (cell, byte) in bucket.tophash.into_iter().enumerate() {
                let x = left + nth * (CELL * CELLS + 10) + cell * CELL;
                let fill = match byte {
                    0 | 1 => "white",
                    2 | 3 => "#f4d9a8",
                    4 => "#eeeeee",
                    _ => "#3b6ea5",
                };
                line(format!(
                    "<rect x=\"{x}\" y=\"{top}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"{fill}\" \
                     stroke=\"#888\"/>"
                ));
            }
        }
    }
}
