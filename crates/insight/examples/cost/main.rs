//! What looking costs: `cargo run --release -p gompa-insight --example cost [GOROUTINES]`.
//!
//! A million goroutines wait; they are listed, dumped, profiled and searched for leaks. Then small work
//! is done with each profile off and on, in turns. Prints lines `RESULT <table> <row> <value> <unit>`,
//! a blank in a name as `_`; `benches/insight.sh` makes the tables of `docs/insight-cost.md` of them.

mod many;
mod rates;

fn main() {
    let n = std::env::args()
        .nth(1)
        .map_or(1_000_000, |n| n.parse().expect("how many goroutines"));
    gompa_sched::Builder::new().procs(2).run(move || {
        many::measure(n);
        rates::measure();
    });
}

fn result(table: &str, row: &str, value: f64, unit: &str) {
    println!("RESULT {table} {} {value:.3} {unit}", row.replace(' ', "_"));
}
