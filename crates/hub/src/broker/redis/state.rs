//! What a hub's connection to Redis has under way.
//!
//! ```text
//!   publish --> unsent --(connected, and the hold is over)--> expected + out --> Redis
//!                  ^                                              |
//!                  +------------ the connection is lost ----------+     answered: done
//! ```
//! A published message is here until Redis has answered for it. When the connection is lost, those
//! that are unanswered are sent again, in order, with their numbers: who has them already knows.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::topic::Topic;
use crate::room::Publication;
use crate::rt::net::TcpStream;

/// A message on its way.
pub struct Pending {
    /// The command that publishes it.
    pub command: Vec<u8>,
    /// Its share of what may wait.
    pub permit: usize,
    /// Its sender's unfinished business: settled when this is dropped.
    pub _publication: Option<Publication>,
}

/// Whose answer comes next.
pub enum Expected {
    /// A message's.
    Publish(Pending),
    /// A piece of the stream of this channel. `opening`: the room has just been opened.
    Fill { channel: Arc<str>, opening: bool },
    /// One that means nothing.
    Other,
}

/// See the [module](self).
#[derive(Default)]
pub struct State {
    /// By channel.
    pub topics: HashMap<Arc<str>, Topic>,
    expected: VecDeque<Expected>,
    unsent: VecDeque<Pending>,
    /// Bytes to be written.
    pub out: Vec<u8>,
    /// Somebody writes.
    pub writing: bool,
    /// The connection, past its greeting.
    pub stream: Option<Arc<TcpStream>>,
    /// Messages are held back, so that other hubs have time to subscribe again.
    hold: bool,
    /// Times the connection was lost.
    pub lost: u64,
    /// What went wrong last.
    pub error: Option<String>,
    /// No new connection is made.
    pub ending: bool,
}

impl State {
    pub fn is_connected(&self) -> bool {
        self.stream.is_some()
    }

    /// Whether what is published goes out at once.
    pub fn is_flowing(&self) -> bool {
        self.is_connected() && !self.hold
    }

    /// Publishes, as soon as that is possible.
    pub fn publish(&mut self, pending: Pending) {
        if self.is_flowing() {
            self.out.extend_from_slice(&pending.command);
            self.expected.push_back(Expected::Publish(pending));
        } else {
            self.unsent.push_back(pending);
        }
    }

    /// Sends a command whose answer means nothing.
    pub fn send_other(&mut self, command: &[u8]) {
        self.out.extend_from_slice(command);
        self.expected.push_back(Expected::Other);
    }

    /// Sends one that asks for a piece of a stream.
    pub fn send_fill(&mut self, command: &[u8], channel: Arc<str>, opening: bool) {
        self.out.extend_from_slice(command);
        self.expected.push_back(Expected::Fill { channel, opening });
    }

    /// Sends one that is not answered: subscriptions are confirmed out of turn.
    pub fn send_silent(&mut self, command: &[u8]) {
        self.out.extend_from_slice(command);
    }

    /// An answer has come: whose?
    pub fn answered(&mut self) -> Option<Expected> {
        self.expected.pop_front()
    }

    /// A message was refused: it is to be sent again, before all others.
    pub fn refused(&mut self, pending: Pending) {
        self.expected.push_front(Expected::Publish(pending));
    }

    /// There is a connection. Messages wait until the hold is over, if there is one.
    pub fn connected(&mut self, stream: Arc<TcpStream>, hold: bool) {
        self.stream = Some(stream);
        self.hold = hold;
        self.error = None;
    }

    /// The hold is over: what waited goes out.
    pub fn release(&mut self) {
        self.hold = false;
        while let Some(pending) = self.unsent.pop_front() {
            self.publish(pending);
        }
    }

    /// The connection is gone.
    pub fn disconnected(&mut self, stream: bool) {
        self.stream = None;
        self.out = Vec::new();
        while let Some(expected) = self.expected.pop_back() {
            if let Expected::Publish(pending) = expected {
                self.unsent.push_front(pending);
            }
        }
        for topic in self.topics.values_mut() {
            topic.lost(stream);
        }
    }

    /// Messages that Redis has not answered for.
    pub fn unanswered(&self) -> usize {
        let expected = self.expected.iter();
        let sent = expected.filter(|e| matches!(e, Expected::Publish(_)));
        self.unsent.len() + sent.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(tag: u8) -> Pending {
        Pending {
            command: vec![tag],
            permit: 0,
            _publication: None,
        }
    }

    fn socket() -> Arc<TcpStream> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        Arc::new(TcpStream::from_std(stream).unwrap())
    }

    #[test]
    fn what_is_unanswered_goes_out_again_in_order() {
        let mut state = State::default();
        state.publish(pending(1));
        assert!(state.out.is_empty());
        state.connected(socket(), false);
        state.release();
        state.publish(pending(2));
        state.send_other(&[9]);
        state.publish(pending(3));
        assert_eq!(state.out, [1, 2, 9, 3]);
        assert!(matches!(state.answered(), Some(Expected::Publish(p)) if p.command == [1]));
        assert_eq!(state.unanswered(), 2);
        state.disconnected(false);
        state.publish(pending(4));
        assert_eq!((state.unanswered(), state.out.len()), (3, 0));
        state.connected(socket(), true);
        state.publish(pending(5));
        assert!(state.out.is_empty(), "held back");
        state.release();
        assert_eq!(state.out, [2, 3, 4, 5]);
    }
}
