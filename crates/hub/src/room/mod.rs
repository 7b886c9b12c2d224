//! Rooms: what is said in one reaches everyone in it, the sender included, in one order.
//!
//! ```text
//!   Member.say --> Broker.publish --> Room --> its segments --> every member's socket or outbox
//! ```
//!
//! - A **room** is a list of members, what was said of late, and an order of events. While something
//!   is to be passed on there is a goroutine for each segment of members; an idle room has none.
//! - The **registry** finds a room by its name: sixteen shards, each a map under a lock that is
//!   held for a look-up, never while a message is passed on.
//! - The **broker** carries what is said to all rooms of that name, on all hubs. The embedded one
//!   knows this hub only.
//!
//! # What holds
//! - All members of a room on one hub get its messages in the same order.
//! - Nobody in a room waits for a slow member: pushing to a session never waits.
//! - A member gets every message published after its handshake was answered.

mod presence;
mod registry;
#[expect(clippy::module_inception, reason = "the room of the rooms")]
mod room;
mod said;
mod segment;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use crate::websocket::Session;

pub use registry::{Member, RoomStats, Rooms};
pub use room::{Changed, Room};
pub use said::{Content, Id, Said};

/// Something said, on its way. While it exists it counts as its sender's unfinished business.
#[derive(Debug)]
pub struct Publication {
    cost: usize,
    sender: Arc<Session>,
}

impl Publication {
    /// `sender` says something of so many bytes.
    pub fn new(bytes: usize, sender: &Arc<Session>) -> Publication {
        // What it costs in the queue at least.
        let cost = bytes + 32;
        sender.publish(cost);
        Publication {
            cost,
            sender: Arc::clone(sender),
        }
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        self.sender.passed_on(self.cost);
    }
}

/// A number that nobody else is likely to have: from the system's randomness.
pub fn random() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.finish()
}
