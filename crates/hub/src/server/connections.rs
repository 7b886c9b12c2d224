//! Every open connection, so that the keeper and the end can reach all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::hub::Hub;
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
    slots: Vec<Slot>,
    /// Indices of slots that are free.
    free: Vec<u32>,
    /// How many connections there have been.
    ever: u64,
    /// How many of those there are are WebSockets.
    sessions: usize,
}

enum Slot {
    Free,
    Http(TcpStream),
    Session(Arc<Session>),
}

/// A connection's place in the list; dropping it takes it out.
pub struct Registration {
    hub: Arc<Hub>,
    index: u32,
    /// Unlike any other's.
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
    pub fn add(hub: &Arc<Hub>, stream: TcpStream) -> Registration {
        let mut list = hub.connections.lock();
        let id = list.ever;
        list.ever += 1;
        let index = match list.free.pop() {
            Some(index) => index,
            None => {
                list.slots.push(Slot::Free);
                list.slots.len() as u32 - 1
            }
        };
        list.slots[index as usize] = Slot::Http(stream);
        Registration {
            hub: Arc::clone(hub),
            index,
            id,
        }
    }

    /// How many connections there are, and how many of them are WebSockets.
    pub fn count(&self) -> (usize, usize) {
        let list = self.lock();
        (list.slots.len() - list.free.len(), list.sessions)
    }

    /// The open WebSockets.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.lock().some_sessions(0, usize::MAX, |_| true)
    }

    /// Those WebSockets of a part of the list for which `wanted` holds. The part begins at `from`
    /// and is `share` of the list; where it ends is returned, 0 at the end of the list.
    pub fn part(
        &self,
        from: usize,
        share: f64,
        wanted: impl Fn(&Session) -> bool,
    ) -> (usize, Vec<Arc<Session>>) {
        let list = self.lock();
        let n = (list.slots.len() as f64 * share).ceil() as usize;
        let end = from + n.max(1);
        let next = if end >= list.slots.len() { 0 } else { end };
        (next, list.some_sessions(from, n.max(1), wanted))
    }

    /// Waits until no WebSocket is open, and gives those that still are when `deadline` has come.
    pub fn wait_no_sessions(&self, deadline: Instant) -> Vec<Arc<Session>> {
        loop {
            let (_, sessions) = self.count();
            if sessions == 0 || Instant::now() >= deadline {
                return self.sessions();
            }
            // Rung or out of time: either way the count tells.
            let _ = self.bell.1.recv_deadline(deadline);
        }
    }

    /// Cuts off everyone who is left.
    pub fn shut_down_all(&self) {
        for slot in &self.lock().slots {
            match slot {
                Slot::Free => {}
                // Fails if the client has gone already, which is as good.
                Slot::Http(stream) => drop(stream.shutdown(std::net::Shutdown::Both)),
                Slot::Session(session) => session.stream.cut(),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn some_sessions(
        &self,
        from: usize,
        n: usize,
        wanted: impl Fn(&Session) -> bool,
    ) -> Vec<Arc<Session>> {
        let part = self.slots.iter().skip(from).take(n);
        part.filter_map(|slot| match slot {
            Slot::Session(session) if wanted(session) => Some(Arc::clone(session)),
            _ => None,
        })
        .collect()
    }
}

impl Registration {
    /// The connection has become a WebSocket.
    pub fn upgrade(&self, session: &Arc<Session>) {
        let mut list = self.hub.connections.lock();
        list.slots[self.index as usize] = Slot::Session(Arc::clone(session));
        list.sessions += 1;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if std::thread::panicking() {
            crate::stats::Counters::add(&self.hub.common.counters.panics, 1);
        }
        let connections = &self.hub.connections;
        let mut list = connections.lock();
        let slot = std::mem::replace(&mut list.slots[self.index as usize], Slot::Free);
        list.free.push(self.index);
        if list.free.len() == list.slots.len() {
            list.slots = Vec::new();
            list.free = Vec::new();
        }
        if let Slot::Session(_) = slot {
            list.sessions -= 1;
            if list.sessions == 0 {
                drop(list);
                // Full: it has been rung already.
                let _ = connections.bell.0.try_send(());
                return;
            }
        }
        // The socket is closed outside the lock, if this was the last handle.
        drop(list);
        drop(slot);
    }
}
