//! A channel of long-lived references is not one of shorter ones: these could be sent through it.
use gompa_chan::{Chan, Sender};

fn shorten<'a>(ch: Chan<&'static str>) -> Chan<&'a str> {
    ch
}

fn shorten_sender<'a>(tx: Sender<&'static str>) -> Sender<&'a str> {
    tx
}

fn main() {
    let _ = (shorten, shorten_sender);
}
