//! All rooms of this hub, by name.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Broker, Publication, Room};
use crate::websocket::{Frame, Session};

/// So that rooms rarely share a lock.
const SHARDS: usize = 16;

/// The rooms that have members.
pub struct Rooms {
    broker: Box<dyn Broker>,
    /// Finds a name's shard.
    hash: RandomState,
    shards: [Mutex<HashMap<Arc<str>, Entry>>; SHARDS],
    /// How many rooms there are.
    count: AtomicUsize,
}

struct Entry {
    room: Arc<Room>,
    /// Members that have joined and not left. The entry goes with the last.
    members: usize,
}

/// A session's place in a room; dropping it is leaving.
pub struct Member {
    rooms: Arc<Rooms>,
    room: Arc<Room>,
    session: Arc<Session>,
}

impl Rooms {
    /// No rooms yet.
    pub fn new(broker: impl Broker) -> Arc<Rooms> {
        Arc::new(Rooms {
            broker: Box::new(broker),
            hash: RandomState::new(),
            shards: Default::default(),
            count: AtomicUsize::new(0),
        })
    }

    /// How many rooms have members.
    pub fn len(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Whether nobody is in any room.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Enters the room of this name. What is published afterwards is heard.
    pub fn join(self: &Arc<Rooms>, name: &str, session: &Arc<Session>) -> Member {
        let mut shard = self.shard(name);
        let (room, first) = match shard.get_mut(name) {
            Some(entry) => {
                entry.members += 1;
                (Arc::clone(&entry.room), false)
            }
            None => {
                let name: Arc<str> = name.into();
                let room = Room::open(Arc::clone(&name));
                shard.insert(
                    name,
                    Entry {
                        room: Arc::clone(&room),
                        members: 1,
                    },
                );
                self.count.fetch_add(1, Relaxed);
                (room, true)
            }
        };
        drop(shard);
        if first {
            self.broker.open(&room);
        }
        room.join(session);
        Member {
            rooms: Arc::clone(self),
            room,
            session: Arc::clone(session),
        }
    }

    fn leave(&self, room: &Arc<Room>) {
        let mut shard = self.shard(room.name());
        let Some(entry) = shard.get_mut(room.name()) else {
            return;
        };
        entry.members -= 1;
        if entry.members == 0 {
            shard.remove(room.name());
            self.count.fetch_sub(1, Relaxed);
            drop(shard);
            self.broker.close(room);
        }
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
    pub fn say(&self, frame: Frame) {
        let publication = Publication::new(frame, &self.session);
        self.rooms.broker.publish(&self.room, publication);
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.room.leave(self.session.id);
        self.rooms.leave(&self.room);
    }
}
