//! Rooms: what is said in one reaches everyone in it, the sender included, in one order.
//!
//! ```text
//!   Member.say --> Broker.publish --> Room's inbox --> its goroutine --> every member's outbox
//! ```
//!
//! - A **room** is a goroutine that owns the list of its members, so there is no lock on it. It
//!   begins with the first member and ends with the last.
//! - The **registry** finds a room by its name: sixteen shards, each a map under a lock that is
//!   held for a look-up, never while a message is passed on.
//! - The **broker** carries what is said to all rooms of that name, on all hubs. The embedded one
//!   knows this hub only.
//!
//! # What holds
//! - All members of a room get its messages in the same order.
//! - Nobody in a room waits for a slow member: pushing to an outbox never waits.
//! - A member gets every message published after its handshake was answered.

mod broker;
mod registry;
#[expect(clippy::module_inception, reason = "the room of the rooms")]
mod room;

pub use broker::{Broker, Embedded, Publication};
pub use registry::{Member, Rooms};
pub use room::Room;
