//! The server: listening, a goroutine a connection, and the end.
//!
//! # Phases
//! ```text
//!   Serving --shutdown--> Draining --no WebSocket left, or the deadline--> Stopped
//! ```
//! - **Serving**: everything is answered.
//! - **Draining**: no WebSocket is opened any more (503), `/healthz` says 503, every open WebSocket
//!   gets a close frame with code 1001. The port stays open so that a load balancer sees it.
//! - **Stopped**: the port is closed, and so is every connection that is left.

mod accept;
mod connection;
mod connections;
mod hub;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::rt::net::TcpListener;
use crate::rt::{JoinHandle, go};
use crate::stats::Snapshot;
use hub::Hub;

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
    /// Closing it ends the accept goroutine.
    listener: Arc<TcpListener>,
    accepting: JoinHandle<()>,
}

/// What there was.
#[derive(Debug)]
pub struct Summary {
    /// The last picture.
    pub snapshot: Snapshot,
    /// WebSockets that did not end by themselves before the deadline.
    pub cut_off: usize,
    /// From the begin of the end to its end.
    pub took: Duration,
}

impl Server {
    /// Takes the port.
    pub fn bind(config: Config) -> io::Result<Server> {
        let listener = TcpListener::bind(config.addr.as_str())?;
        let addr = listener.local_addr()?;
        Ok(Server {
            hub: Hub::new(config),
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
        let accepting = {
            let (hub, listener) = (Arc::clone(&hub), Arc::clone(&listener));
            go(move || accept::run(&hub, &listener))
        };
        Serving {
            hub,
            addr,
            listener,
            accepting,
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

    /// Ends it: at the latest after the configured deadline.
    pub fn shutdown(self) -> Summary {
        let begin = Instant::now();
        self.hub.drain();
        let cut_off = self
            .hub
            .connections
            .wait_no_sessions(begin + self.hub.config.deadline);
        let snapshot = self.hub.snapshot();
        self.hub.stop();
        self.listener.close();
        // A panic there has been reported and changes nothing here.
        let _ = self.accepting.join();
        self.hub.connections.shut_down_all();
        Summary {
            snapshot,
            cut_off,
            took: begin.elapsed(),
        }
    }
}
