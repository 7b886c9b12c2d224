//! What all connections of one hub share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};

use gompa_ws::{CloseCode, Kind, Prepared};

use super::connections::Connections;
use crate::access::Addresses;
use crate::broker::{Broker, Embedded, redis};
use crate::common::Common;
use crate::config::Config;
use crate::limits;
use crate::room::Rooms;
use crate::stats::{Operator, Peaks, Snapshot};
use crate::websocket::{Dialect, Session, close_frame};

/// One hub.
pub struct Hub {
    pub common: Arc<Common>,
    pub rooms: Arc<Rooms>,
    pub connections: Connections,
    pub addresses: Arc<Addresses>,
    #[cfg(feature = "tls")]
    pub tls: Option<crate::stream::Acceptor>,
    /// Goroutines that wait in `accept`.
    pub accepting: AtomicUsize,
    peaks: Arc<Peaks>,
    /// One of the phases below. Written by `drain` and `stop` only.
    phase: AtomicU8,
}

const SERVING: u8 = 0;
const DRAINING: u8 = 1;
const STOPPED: u8 = 2;

/// Descriptors that are not for connections.
const SPARE_FILES: usize = 64;

impl Hub {
    pub fn new(config: Config) -> Result<Arc<Hub>, String> {
        #[cfg(feature = "tls")]
        let tls = match &config.tls {
            Some((cert, key)) => Some(crate::stream::Acceptor::new(cert, key)?),
            None => None,
        };
        #[cfg(not(feature = "tls"))]
        if config.tls.is_some() {
            return Err("this hub was built without the feature 'tls'".into());
        }
        let common = Common::new(config);
        let config = &common.config;
        let most = match config.max_connections {
            0 => limits::open_files().saturating_sub(SPARE_FILES).max(1),
            n => n,
        };
        let broker: Box<dyn Broker> = match &config.redis {
            None => Box::new(Embedded),
            Some(redis) => Box::new(redis::Redis::start(redis.clone(), Arc::clone(&common))),
        };
        Ok(Arc::new(Hub {
            rooms: Rooms::new(broker, Arc::clone(&common)),
            connections: Connections::default(),
            addresses: Addresses::new(most, config.max_per_address),
            #[cfg(feature = "tls")]
            tls,
            accepting: AtomicUsize::new(0),
            peaks: Arc::default(),
            phase: AtomicU8::new(SERVING),
            common,
        }))
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
            &self.common,
            !self.is_serving(),
            (connections, sockets, self.rooms.len()),
            &self.peaks,
        )
    }

    /// What the operator's page shows. Walks through all connections and rooms.
    pub fn operator(&self) -> Operator {
        let sessions = self.connections.sessions();
        let waiting = sessions.iter().map(|s| s.waiting()).sum();
        Operator::new(self.snapshot(), &self.common, &self.rooms, waiting)
    }

    /// Opens no more WebSockets: `/healthz` says so from now on.
    pub fn drain(&self) {
        self.phase.store(DRAINING, SeqCst);
    }

    /// Closes every WebSocket.
    ///
    /// A connection that becomes a WebSocket just now registers first and looks at the phase
    /// afterwards, so either it is in the list or it sees that it must go.
    pub fn close_all(&self) {
        let bye = self.bye();
        for session in self.connections.sessions() {
            self.say_bye(&session, &bye);
        }
    }

    /// Closes one.
    pub fn say_goodbye(&self, session: &Arc<Session>) {
        self.say_bye(session, &self.bye());
    }

    fn bye(&self) -> Prepared {
        let text = r#"{"type":"bye","reason":"the hub is ending: reconnect"}"#;
        Prepared::new(Kind::Text, text.as_bytes())
    }

    fn say_bye(&self, session: &Arc<Session>, bye: &Prepared) {
        if session.dialect == Dialect::Json {
            session.send(bye);
        }
        let code = CloseCode(self.common.config.drain_code);
        session.close_with(close_frame(code, "the hub is ending: reconnect"));
    }

    /// Accepts no more connections.
    pub fn stop(&self) {
        self.phase.store(STOPPED, SeqCst);
    }
}
