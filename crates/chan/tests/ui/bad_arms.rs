//! Mistakes in a select are named.
use gompa_chan::{make, select};

fn main() {
    let ch = make::<u8>(0);
    select! { receive(ch) => {} }
    select! { recv(ch) -> v }
    select! { default => {}, recv(ch) => {}, default => {} }
    select! { recv(ch) => 1 recv(ch) => 2 }
}
