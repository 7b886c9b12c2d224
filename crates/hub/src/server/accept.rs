//! The goroutine that accepts connections, and starts one for each.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use super::connection;
use super::hub::Hub;
use crate::rt::net::TcpListener;
use crate::rt::{go, time};
use crate::stats::Counters;

/// Pause after a failure that a moment may heal, such as too many open files.
const PAUSE: Duration = Duration::from_millis(20);

/// Accepts until the hub is stopped.
pub fn run(hub: &Arc<Hub>, listener: &TcpListener) {
    loop {
        let accepted = listener.accept();
        if hub.is_stopped() {
            return;
        }
        match accepted {
            Ok((stream, _)) => {
                Counters::add(&hub.counters.accepted, 1);
                let hub = Arc::clone(hub);
                drop(go(move || connection::serve(&hub, stream)));
            }
            // The client was quicker: this says nothing about the next.
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::ConnectionAborted | ErrorKind::Interrupted
                ) => {}
            Err(_) => {
                Counters::add(&hub.counters.accept_errors, 1);
                time::sleep(PAUSE);
            }
        }
    }
}
