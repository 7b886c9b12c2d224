//! How slices grow: `cargo run -p gompa-slice --example growth [BYTES]`, for elements of that many
//! bytes (8), by both rules, with pointers and without; and a loop that appends, with addresses.

use gompa_slice::Slice;
use gompa_slice::growth::{Rule, grow, grow_pointers};

type Grow = fn(usize, usize, usize, usize, Rule) -> usize;

/// The capacities that appending one by one passes through.
fn capacities(grow: Grow, elem: usize, rule: Rule) -> Vec<usize> {
    let next = |cap: &usize| Some(grow(elem, *cap, *cap, 1, rule));
    std::iter::successors(next(&0), next).take(20).collect()
}

fn main() {
    let elem = match std::env::args().nth(1) {
        Some(bytes) => bytes.parse().expect("a number of bytes"),
        None => 8,
    };
    println!("Capacities of slices of {elem} bytes an element, appended to one by one");
    for (kind, grow) in [("", grow as Grow), (", pointers", grow_pointers)] {
        for rule in [Rule::Classic, Rule::Go118] {
            let caps = capacities(grow, elem, rule);
            println!("  {:<20} {caps:?}", format!("{rule:?}{kind}"));
        }
    }

    println!("\nA loop that appends: a slice that was taken before keeps the old array");
    let mut s = Slice::nil();
    for i in 0..1_000u64 {
        let (full, before) = (s.len() == s.cap(), s.clone());
        s.push(i);
        if full {
            println!(
                "  len {:>3}  cap {:>4}  at {:?}, the one before at {:?}",
                s.len(),
                s.cap(),
                s.as_ptr(),
                before.as_ptr(),
            );
        }
    }
}
