//! How what is said in a room reaches the rooms of that name.

use std::sync::Arc;

use super::Room;
use crate::websocket::{Frame, Session};

/// Something said, on its way. While it exists it counts as its sender's unfinished business.
#[derive(Debug)]
pub struct Publication {
    /// The message.
    pub frame: Frame,
    sender: Arc<Session>,
}

impl Publication {
    /// `sender` says this.
    pub fn new(frame: Frame, sender: &Arc<Session>) -> Publication {
        sender.publish(frame.cost());
        Publication {
            frame,
            sender: Arc::clone(sender),
        }
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        self.sender.passed_on(self.frame.cost());
    }
}

/// Carries messages between the hubs that have members in a room.
///
/// For one room the calls come as `open`, then any number of `publish`, then `close`; a room of
/// the same name may be opened while the former is being closed.
pub trait Broker: Send + Sync + 'static {
    /// The room has its first member here: bring it what is said elsewhere.
    fn open(&self, room: &Arc<Room>);

    /// This was said here. It must reach [`Room::deliver`] here too, in the order of publication
    /// for each sender. May wait.
    fn publish(&self, room: &Arc<Room>, publication: Publication);

    /// The room has lost its last member here.
    fn close(&self, room: &Arc<Room>);
}

/// One hub alone: what is said is delivered at once.
#[derive(Debug, Default)]
pub struct Embedded;

impl Broker for Embedded {
    fn open(&self, _room: &Arc<Room>) {}

    fn publish(&self, room: &Arc<Room>, publication: Publication) {
        room.deliver(publication);
    }

    fn close(&self, _room: &Arc<Room>) {}
}
