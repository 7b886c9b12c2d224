//! A sender does not receive, a receiver does not send.
use gompa_chan::{Select, channel, select};

fn main() {
    let (tx, rx) = channel::<u8>(0);
    select! { recv(tx) => {} }
    select! { send(rx, 1) => {} }
    let mut s = Select::new();
    s.recv(&tx);
    s.send(&rx);
}
