//! The pattern of a case takes all that may come.
use gompa_chan::{make, select};

fn main() {
    let ch = make::<u8>(0);
    select! { recv(ch) -> Some(v) => drop(v) }
}
