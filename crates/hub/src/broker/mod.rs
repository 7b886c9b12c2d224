//! How what is said in a room reaches the rooms of that name, on this hub and others.

pub mod redis;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::room::{Content, Publication, Room, Said};

/// Carries messages between the hubs that have members in a room.
///
/// For one room the calls come as `open`, then any number of others, then `close`; a room of the
/// same name may be opened after the former has been closed.
pub trait Broker: Send + Sync + 'static {
    /// The room has its first member here: bring it what is said elsewhere. Does not wait.
    fn open(&self, room: &Arc<Room>);

    /// Waits until what is said elsewhere comes in; false if that takes longer. `first`: for whom
    /// the room was opened.
    fn wait_open(&self, room: &Arc<Room>, first: bool, timeout: Duration) -> bool;

    /// This was said here. It must reach [`Room::deliver`] here too, in the order of publication
    /// for each sender. May wait.
    fn publish(
        &self,
        room: &Arc<Room>,
        from: Option<&str>,
        content: Content,
        payload: &[u8],
        publication: Publication,
    );

    /// The count of members here has changed. Does not wait.
    fn presence(&self, room: &Arc<Room>);

    /// The room has lost its last member here. Does not wait.
    fn close(&self, room: &Arc<Room>);

    /// Whether it is better to keep a room open for a while when its last member leaves.
    fn lingers(&self) -> bool;

    /// For the operator.
    fn status(&self) -> Status;

    /// Waits until what was published is on its way, but not beyond `deadline`; then ends. How many
    /// messages did not get away.
    fn shut_down(&self, deadline: Instant) -> usize;
}

/// How the broker does.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// `embedded` or `redis`.
    pub kind: &'static str,
    /// Whether messages get through.
    pub connected: bool,
    /// Bytes that wait to get through.
    pub waiting: usize,
    /// Times the connection was lost.
    pub lost: u64,
    /// What went wrong last.
    pub error: Option<String>,
}

/// One hub alone: what is said is delivered at once.
#[derive(Debug, Default)]
pub struct Embedded;

impl Broker for Embedded {
    fn open(&self, _room: &Arc<Room>) {}

    fn wait_open(&self, _room: &Arc<Room>, _first: bool, _timeout: Duration) -> bool {
        true
    }

    fn publish(
        &self,
        room: &Arc<Room>,
        from: Option<&str>,
        content: Content,
        payload: &[u8],
        publication: Publication,
    ) {
        let at = Instant::now();
        room.say(
            |id| Said::new(id, room.name(), from, content, payload, at),
            publication,
        );
    }

    fn presence(&self, _room: &Arc<Room>) {}

    fn close(&self, _room: &Arc<Room>) {}

    fn lingers(&self) -> bool {
        false
    }

    fn status(&self) -> Status {
        Status {
            kind: "embedded",
            connected: true,
            waiting: 0,
            lost: 0,
            error: None,
        }
    }

    fn shut_down(&self, _deadline: Instant) -> usize {
        0
    }
}
