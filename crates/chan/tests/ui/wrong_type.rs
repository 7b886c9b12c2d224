//! A case sends what its channel carries.
use gompa_chan::{make, select};

fn main() {
    let ch = make::<u8>(0);
    select! { send(ch, "text") => {} }
    let _: Result<u8, ()> = select! { recv(ch) -> v => v };
}
