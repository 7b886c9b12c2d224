//! Several hubs, joined by Redis: Pub/Sub for what is said now, streams, if configured, for what was
//! missed. One connection a hub, in RESP3, which carries subscriptions and commands alike.
//!
//! The protocol between hubs, and why nothing is lost in silence, is in `README.md` beside this file.
//!
//! - `url`: where Redis is. `wire`: commands out, replies in. `envelope`: a message between hubs.
//! - `topic`: what is known of one room: what has been seen of each source, what is being filled.
//! - `state`: what is expected, unsent, being written: plain data under one lock.
//! - `link`: the goroutine that connects, subscribes, reads, and begins anew.

mod envelope;
mod link;
mod state;
mod topic;
mod url;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use url::RedisUrl;

use super::{Broker, Status};
use crate::common::Common;
use crate::room::{Content, Publication, Room};
use crate::rt::{chan, go, time};
use envelope::Envelope;
use link::Link;
use state::Pending;
use topic::Topic;

/// How Redis is used.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// Where it is.
    pub url: RedisUrl,
    /// What every channel's and key's name begins with.
    pub prefix: String,
    /// Messages of each room to be kept in a stream; 0 for no streams.
    pub stream: usize,
    /// Bytes that may wait for Redis.
    pub buffer: usize,
}

/// See the [module](self).
pub struct Redis {
    link: Arc<Link>,
}

impl Redis {
    /// Begins to connect, and goes on doing so until the end.
    pub fn start(config: RedisConfig, common: Arc<Common>) -> Redis {
        let link = Arc::new(Link::new(config, common));
        let worker = Arc::clone(&link);
        drop(go(move || worker.run()));
        Redis { link }
    }
}

impl Broker for Redis {
    fn open(&self, room: &Arc<Room>) {
        let channel = self.link.channel(room.name());
        let mut state = self.link.lock();
        state.topics.insert(
            channel.clone(),
            Topic::new(room, self.link.config.stream != 0),
        );
        if state.is_connected() {
            self.link.subscribe(&mut state, [&*channel]);
            self.link.wake_writer(state);
        }
    }

    fn wait_open(&self, room: &Arc<Room>, _first: bool, timeout: Duration) -> bool {
        let channel = self.link.channel(room.name());
        let (send, receive) = chan::channel(1);
        {
            let mut state = self.link.lock();
            match state.topics.get_mut(&*channel) {
                Some(topic) if !topic.is_open() => topic.waiting.push(send),
                _ => return true,
            }
        }
        receive.recv_deadline(Instant::now() + timeout).is_ok()
    }

    fn publish(
        &self,
        room: &Arc<Room>,
        from: Option<&str>,
        content: Content,
        payload: &[u8],
        publication: Publication,
    ) {
        let cost = payload.len() + 256;
        let permit = cost.min(self.link.config.buffer);
        // Whoever speaks waits while too much waits for Redis.
        self.link.room.acquire(permit);
        let mut state = self.link.lock();
        let id = room.next_id();
        let message = Envelope::said(id, from, content, payload).encode();
        state.publish(Pending {
            command: self.link.publish_command(room.name(), &message),
            permit,
            _publication: Some(publication),
        });
        self.link.wake_writer(state);
    }

    fn presence(&self, room: &Arc<Room>) {
        let mut state = self.link.lock();
        if state.is_flowing() {
            let members = room.count().0;
            let message = Envelope::presence(room.last_id(), members).encode();
            let command = self.link.announce_command(room.name(), &message);
            state.send_other(&command);
            self.link.wake_writer(state);
        }
    }

    fn close(&self, room: &Arc<Room>) {
        // The other hubs forget it at once, not after a while.
        self.presence(room);
        let channel = self.link.channel(room.name());
        let mut state = self.link.lock();
        state.topics.remove(&*channel);
        if state.is_connected() {
            state.send_silent(&wire::command(&[b"UNSUBSCRIBE", channel.as_bytes()]));
            self.link.wake_writer(state);
        }
    }

    fn lingers(&self) -> bool {
        true
    }

    fn status(&self) -> Status {
        let state = self.link.lock();
        let free = self.link.room.available();
        Status {
            kind: "redis",
            connected: state.is_connected(),
            waiting: self.link.config.buffer.saturating_sub(free),
            lost: state.lost,
            error: state.error.clone(),
        }
    }

    fn shut_down(&self, deadline: Instant) -> usize {
        loop {
            let left = self.link.lock().unanswered();
            if left == 0 || Instant::now() >= deadline {
                self.link.end();
                return left;
            }
            time::sleep(Duration::from_millis(5));
        }
    }
}
