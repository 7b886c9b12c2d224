//! The faces are the only ends: nobody else makes one.
use gompa_chan::{Receives, make};

struct Mine(gompa_chan::Chan<u8>);

impl Receives for Mine {
    type Item = u8;
    type Received = Option<u8>;

    fn __received(value: Option<u8>) -> Option<u8> {
        value
    }
}

fn main() {
    drop(Mine(make(0)));
}
