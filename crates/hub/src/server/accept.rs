//! The goroutines that accept connections, and see each through its handshake.
//!
//! ```text
//!   accept --> (if nobody else waits in accept: one more of these) --> HTTP, handshake --+
//!     ^                                                                                 |
//!     +---- fewer than SPARE wait in accept ------ or end <---------- a session's goroutine starts
//! ```
//! Parsing a handshake takes some stack. So that a session's goroutine, which may be parked for days,
//! holds one page only, it is another goroutine than that of its handshake; those are used again, and
//! give back what they have touched when they end.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::connection;
use super::hub::Hub;
use crate::rt::net::TcpListener;
use crate::rt::{go, release_stack, time};
use crate::stats::Counters;

/// Pause after a failure that a moment may heal, such as too many open files.
const PAUSE: Duration = Duration::from_millis(20);

/// Goroutines that may wait for connections.
const SPARE: usize = 4;

/// Accepts until the hub is stopped, or enough others do.
pub fn run(hub: &Arc<Hub>, listener: &Arc<TcpListener>) {
    loop {
        hub.accepting.fetch_add(1, Relaxed);
        let accepted = listener.accept();
        let others = hub.accepting.fetch_sub(1, Relaxed) - 1;
        if hub.is_stopped() {
            return;
        }
        match accepted {
            Ok((stream, peer)) => {
                Counters::add(&hub.common.counters.accepted, 1);
                if others == 0 {
                    start(hub, listener);
                }
                connection::serve(hub, stream, peer);
                if hub.accepting.load(Relaxed) >= SPARE {
                    release_stack();
                    return;
                }
            }
            // The client was quicker: this says nothing about the next.
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::ConnectionAborted | ErrorKind::Interrupted
                ) => {}
            Err(_) => {
                Counters::add(&hub.common.counters.accept_errors, 1);
                time::sleep(PAUSE);
            }
        }
    }
}

/// One more.
pub fn start(hub: &Arc<Hub>, listener: &Arc<TcpListener>) {
    let (hub, listener) = (Arc::clone(hub), Arc::clone(listener));
    drop(go(move || run(&hub, &listener)));
}
