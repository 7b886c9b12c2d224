//! All rooms of this hub, by name.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::room::Changed;
use super::segment::Place;
use super::{Content, Publication, Room};
use crate::broker::Broker;
use crate::common::Common;
use crate::websocket::Session;

/// So that rooms rarely share a lock.
const SHARDS: usize = 16;

/// How long an empty room is kept whose history somebody may come for, or whose subscription would
/// be renewed.
const LINGER: Duration = Duration::from_secs(60);

/// How long somebody who enters waits for the broker; then it enters all the same, and learns of
/// gaps like everyone.
const READY: Duration = Duration::from_secs(5);

/// How long the hubs of other counts may be silent.
const REMOTE: Duration = Duration::from_secs(30);

/// The rooms there are.
pub struct Rooms {
    broker: Box<dyn Broker>,
    common: Arc<Common>,
    /// Finds a name's shard.
    hash: RandomState,
    shards: [Mutex<HashMap<Arc<str>, Entry>>; SHARDS],
    /// How many rooms there are.
    count: AtomicUsize,
    changed: Arc<Changed>,
}

struct Entry {
    room: Arc<Room>,
    /// Members that have joined and not left.
    members: usize,
    /// Since when there are none. Without this the entry goes with the last.
    empty: Option<Instant>,
}

/// A session's place in a room; dropping it is leaving.
pub struct Member {
    rooms: Arc<Rooms>,
    room: Arc<Room>,
    place: Place,
}

/// A room, for the operator.
#[derive(Debug, serde::Serialize)]
pub struct RoomStats {
    /// What it is called.
    pub name: String,
    /// Members here.
    pub members: u32,
    /// Members on all hubs.
    pub everywhere: u32,
    /// Messages kept.
    pub history: usize,
    /// Bytes of them.
    pub history_bytes: usize,
}

impl Rooms {
    /// No rooms yet.
    pub fn new(broker: Box<dyn Broker>, common: Arc<Common>) -> Arc<Rooms> {
        Arc::new(Rooms {
            broker,
            common,
            hash: RandomState::new(),
            shards: Default::default(),
            count: AtomicUsize::new(0),
            changed: Arc::default(),
        })
    }

    /// How many rooms there are.
    pub fn len(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Whether there is no room.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How the hub reaches others.
    pub fn broker(&self) -> &dyn Broker {
        &*self.broker
    }

    /// Enters the room of this name: gets the last `history` messages, then what is published
    /// afterwards. With `presence` it is told how many there are, whenever that changes.
    pub fn join(
        self: &Arc<Rooms>,
        name: &str,
        session: &Arc<Session>,
        history: usize,
        presence: bool,
    ) -> Member {
        let mut shard = self.shard(name);
        let (room, first) = match shard.get_mut(name) {
            Some(entry) => {
                entry.members += 1;
                entry.empty = None;
                (Arc::clone(&entry.room), false)
            }
            None => {
                let name: Arc<str> = name.into();
                let room = Room::new(
                    Arc::clone(&name),
                    Arc::clone(&self.common),
                    Arc::clone(&self.changed),
                );
                shard.insert(
                    name,
                    Entry {
                        room: Arc::clone(&room),
                        members: 1,
                        empty: None,
                    },
                );
                self.count.fetch_add(1, Relaxed);
                // Under the lock, so that the broker hears of rooms of one name in order.
                self.broker.open(&room);
                (room, true)
            }
        };
        drop(shard);
        self.broker.wait_open(&room, first, READY);
        let place = room.join(session, history, presence);
        Member {
            rooms: Arc::clone(self),
            room,
            place,
        }
    }

    fn leave(&self, room: &Arc<Room>) {
        let mut shard = self.shard(room.name());
        let Some(entry) = shard.get_mut(&**room.name()) else {
            return;
        };
        entry.members -= 1;
        if entry.members != 0 {
            return;
        }
        if self.broker.lingers() || room.history().0 != 0 {
            entry.empty = Some(Instant::now());
        } else {
            self.remove(&mut shard, room.name());
        }
    }

    fn remove(&self, shard: &mut HashMap<Arc<str>, Entry>, name: &str) {
        if let Some(entry) = shard.remove(name) {
            self.count.fetch_sub(1, Relaxed);
            self.broker.close(&entry.room);
        }
    }

    /// Closes rooms that have been empty for long, and forgets hubs that are silent.
    pub fn sweep(&self, now: Instant) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let over = |entry: &Entry| entry.empty.is_some_and(|since| now - since > LINGER);
            let names: Vec<Arc<str>> = shard
                .iter()
                .filter(|(_, entry)| over(entry))
                .map(|(name, _)| Arc::clone(name))
                .collect();
            for name in names {
                self.remove(&mut shard, &name);
            }
            if self.broker.lingers() {
                for entry in shard.values() {
                    entry.room.forget_remote(now, REMOTE);
                }
            }
        }
    }

    /// Tells of changed counts of members: here, and to other hubs.
    pub fn tell_presence(&self) {
        for room in self.changed.take() {
            if let Some(room) = room.upgrade() {
                room.tell_presence();
                self.broker.presence(&room);
            }
        }
    }

    /// Every room.
    pub fn all(&self) -> Vec<Arc<Room>> {
        let mut all = Vec::with_capacity(self.len());
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(shard.values().map(|entry| Arc::clone(&entry.room)));
        }
        all
    }

    /// The fullest rooms, and what all of them keep: messages and bytes.
    pub fn fullest(&self, n: usize) -> (Vec<RoomStats>, (usize, usize)) {
        let mut kept = (0, 0);
        let mut rooms: Vec<RoomStats> = self
            .all()
            .iter()
            .map(|room| {
                let (members, everywhere) = room.count();
                let (history, history_bytes) = room.history();
                kept = (kept.0 + history, kept.1 + history_bytes);
                RoomStats {
                    name: room.name().to_string(),
                    members,
                    everywhere,
                    history,
                    history_bytes,
                }
            })
            .collect();
        rooms.sort_by(|a, b| b.members.cmp(&a.members).then_with(|| a.name.cmp(&b.name)));
        rooms.truncate(n);
        (rooms, kept)
    }

    fn shard(&self, name: &str) -> MutexGuard<'_, HashMap<Arc<str>, Entry>> {
        let index = self.hash.hash_one(name) as usize % SHARDS;
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member {
    /// Says something to everyone in the room, oneself included.
    pub fn say(&self, sender: &Arc<Session>, from: Option<&str>, content: Content, payload: &[u8]) {
        let publication = Publication::new(payload.len(), sender);
        self.rooms
            .broker
            .publish(&self.room, from, content, payload, publication);
    }

    /// The room.
    pub fn room(&self) -> &Arc<Room> {
        &self.room
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.room.leave(self.place);
        self.rooms.leave(&self.room);
    }
}
