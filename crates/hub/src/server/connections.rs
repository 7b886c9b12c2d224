//! Every open connection, so that the end can reach all of them.

use std::collections::HashMap;
use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::rt::chan::{self, Receiver, Sender};
use crate::rt::net::TcpStream;
use crate::websocket::Session;

/// The list. Changed when a connection begins, becomes a WebSocket, or ends.
pub struct Connections {
    list: Mutex<List>,
    /// Rung when the last WebSocket has gone.
    bell: (Sender<()>, Receiver<()>),
}

#[derive(Default)]
struct List {
    next_id: u64,
    open: HashMap<u64, Entry>,
    /// How many of them are WebSockets.
    sessions: usize,
}

struct Entry {
    stream: Arc<TcpStream>,
    session: Option<Arc<Session>>,
}

/// A connection's place in the list; dropping it takes it out.
pub struct Registration<'a> {
    connections: &'a Connections,
    pub id: u64,
}

impl Default for Connections {
    fn default() -> Connections {
        Connections {
            list: Mutex::default(),
            bell: chan::channel(1),
        }
    }
}

impl Connections {
    /// Adds a connection that speaks HTTP.
    pub fn add(&self, stream: &Arc<TcpStream>) -> Registration<'_> {
        let mut list = self.lock();
        let id = list.next_id;
        list.next_id += 1;
        list.open.insert(
            id,
            Entry {
                stream: Arc::clone(stream),
                session: None,
            },
        );
        Registration {
            connections: self,
            id,
        }
    }

    /// How many connections there are, and how many of them are WebSockets.
    pub fn count(&self) -> (usize, usize) {
        let list = self.lock();
        (list.open.len(), list.sessions)
    }

    /// The open WebSockets.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.lock()
            .open
            .values()
            .filter_map(|entry| entry.session.clone())
            .collect()
    }

    /// Waits until no WebSocket is open, and tells how many still are when `deadline` has come.
    pub fn wait_no_sessions(&self, deadline: Instant) -> usize {
        loop {
            let (_, sessions) = self.count();
            if sessions == 0 || Instant::now() >= deadline {
                return sessions;
            }
            // Rung or out of time: either way the count tells.
            let _ = self.bell.1.recv_deadline(deadline);
        }
    }

    /// Cuts off everyone who is left.
    pub fn shut_down_all(&self) {
        let streams: Vec<_> = self
            .lock()
            .open
            .values()
            .map(|entry| Arc::clone(&entry.stream))
            .collect();
        for stream in streams {
            // Fails if the client has gone already, which is as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration<'_> {
    /// The connection has become a WebSocket.
    pub fn upgrade(&self, session: &Arc<Session>) {
        let mut list = self.connections.lock();
        if let Some(entry) = list.open.get_mut(&self.id) {
            entry.session = Some(Arc::clone(session));
            list.sessions += 1;
        }
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        let mut list = self.connections.lock();
        let entry = list.open.remove(&self.id);
        if entry.is_some_and(|entry| entry.session.is_some()) {
            list.sessions -= 1;
            if list.sessions == 0 {
                drop(list);
                // Full: it has been rung already.
                let _ = self.connections.bell.0.try_send(());
            }
        }
    }
}
