//! The server: listening, a goroutine a connection, and the end.
//!
//! # Phases
//! ```text
//!   Serving --shutdown--> Draining --no WebSocket left, or the deadline--> Stopped
//! ```
//! - **Serving**: everything is answered.
//! - **Draining**: no WebSocket is opened any more (503), `/healthz` says 503. After the drain wait
//!   every open WebSocket gets a close frame with code 1001 (or 1012). The port stays open so that
//!   a load balancer sees it.
//! - **Stopped**: the port is closed, and so is every connection that is left.

mod accept;
mod connection;
mod connections;
mod hub;
mod keeper;
mod session;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::config::Config;
use crate::rt::net::TcpListener;
use crate::rt::{go, time};
use crate::stats::{Operator, Snapshot};
use hub::Hub;

/// At most so many of those who were late are named.
const NAMED: usize = 10;

/// A hub that listens but does not serve yet.
pub struct Server {
    hub: Arc<Hub>,
    listener: TcpListener,
    addr: SocketAddr,
}

/// A hub that serves: until [`Serving::shutdown`], even if this is dropped.
pub struct Serving {
    hub: Arc<Hub>,
    addr: SocketAddr,
    /// Closing it ends the goroutines that accept.
    listener: Arc<TcpListener>,
}

/// Why there is no hub.
#[derive(Debug, Error)]
pub enum BindError {
    /// The port cannot be had.
    #[error("cannot listen on {addr}: {error}")]
    Listen {
        /// The configured address.
        addr: String,
        /// The system's word.
        error: io::Error,
    },
    /// Something else that was configured cannot be had: a certificate, say.
    #[error("{0}")]
    Setup(String),
}

/// What there was.
#[derive(Debug)]
pub struct Summary {
    /// The last picture.
    pub snapshot: Snapshot,
    /// WebSockets that did not end by themselves before the deadline.
    pub cut_off: usize,
    /// Some of them: who, and how many bytes waited for them.
    pub late: Vec<(Option<SocketAddr>, usize)>,
    /// Messages that did not get to other hubs before the deadline.
    pub unsent: usize,
    /// From the begin of the end to its end.
    pub took: Duration,
}

impl Server {
    /// Takes the port. On a goroutine: a broker starts goroutines of its own.
    ///
    /// # Errors
    /// See [`BindError`].
    pub fn bind(config: Config) -> Result<Server, BindError> {
        let listen = |error| BindError::Listen {
            addr: config.addr.clone(),
            error,
        };
        let listener = TcpListener::bind(config.addr.as_str()).map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        Ok(Server {
            hub: Hub::new(config).map_err(BindError::Setup)?,
            listener,
            addr,
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Begins to serve.
    pub fn start(self) -> Serving {
        let Server {
            hub,
            listener,
            addr,
        } = self;
        let listener = Arc::new(listener);
        accept::start(&hub, &listener);
        let kept = Arc::clone(&hub);
        drop(go(move || keeper::run(&kept)));
        Serving {
            hub,
            addr,
            listener,
        }
    }
}

impl Serving {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The picture of this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.hub.snapshot()
    }

    /// What the operator's page shows.
    pub fn operator(&self) -> Operator {
        self.hub.operator()
    }

    /// Ends it: at the latest after the configured drain wait and deadline.
    pub fn shutdown(self) -> Summary {
        let begin = Instant::now();
        let config = &self.hub.common.config;
        self.hub.drain();
        if !config.drain_wait.is_zero() {
            time::sleep(config.drain_wait);
        }
        let deadline = Instant::now() + config.deadline;
        self.hub.close_all();
        let left = self.hub.connections.wait_no_sessions(deadline);
        // What was said last is on its way to other hubs before this one ends.
        let moment = Instant::now() + Duration::from_millis(500);
        let unsent = self.hub.rooms.broker().shut_down(deadline.max(moment));
        let snapshot = self.hub.snapshot();
        self.hub.stop();
        self.listener.close();
        self.hub.connections.shut_down_all();
        let late = left.iter().take(NAMED);
        Summary {
            snapshot,
            cut_off: left.len(),
            late: late.map(|s| (s.stream.peer(), s.waiting())).collect(),
            unsent,
            took: begin.elapsed(),
        }
    }
}
