//! Ctrl-C and SIGTERM, as messages on a channel.

use std::io;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::rt::chan::{self, Receiver};

/// A receiver of the names of signals, from now on. A plain thread waits for them.
pub fn listen() -> io::Result<Receiver<&'static str>> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let (send, receive) = chan::channel(1);
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for signal in signals.forever() {
                let name = if signal == SIGINT {
                    "SIGINT"
                } else {
                    "SIGTERM"
                };
                if send.send(name).is_err() {
                    return;
                }
            }
        })?;
    Ok(receive)
}
