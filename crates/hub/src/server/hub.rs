//! What all connections of one hub share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::time::Instant;

use super::connections::Connections;
use crate::config::Config;
use crate::room::{Embedded, Rooms};
use crate::stats::{Counters, Peaks, Snapshot};
use crate::websocket::Code;

/// One hub.
pub struct Hub {
    pub config: Arc<Config>,
    pub counters: Arc<Counters>,
    pub rooms: Arc<Rooms>,
    pub connections: Connections,
    peaks: Arc<Peaks>,
    began: Instant,
    /// One of the phases below. Written by `drain` and `stop` only.
    phase: AtomicU8,
}

const SERVING: u8 = 0;
const DRAINING: u8 = 1;
const STOPPED: u8 = 2;

impl Hub {
    pub fn new(config: Config) -> Arc<Hub> {
        Arc::new(Hub {
            config: Arc::new(config),
            counters: Arc::default(),
            rooms: Rooms::new(Embedded),
            connections: Connections::default(),
            peaks: Arc::default(),
            began: Instant::now(),
            phase: AtomicU8::new(SERVING),
        })
    }

    pub fn is_serving(&self) -> bool {
        self.phase.load(SeqCst) == SERVING
    }

    pub fn is_stopped(&self) -> bool {
        self.phase.load(SeqCst) == STOPPED
    }

    pub fn snapshot(&self) -> Snapshot {
        let (connections, sockets) = self.connections.count();
        Snapshot::take(
            self.began.elapsed(),
            !self.is_serving(),
            (connections, sockets, self.rooms.len()),
            &self.counters,
            &self.peaks,
        )
    }

    /// Opens no more WebSockets and closes those that are open.
    ///
    /// A connection that becomes a WebSocket just now registers first and looks at the phase
    /// afterwards, so either it is in the list below or it sees that it must go.
    pub fn drain(&self) {
        self.phase.store(DRAINING, SeqCst);
        for session in self.connections.sessions() {
            session.close(Some(Code::AWAY), "the hub is ending");
        }
    }

    /// Accepts no more connections.
    pub fn stop(&self) {
        self.phase.store(STOPPED, SeqCst);
    }
}
