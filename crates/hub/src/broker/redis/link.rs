//! The connection to Redis: one goroutine connects, greets, subscribes and reads; another writes
//! while there is something to write. When it breaks it is made anew, with pauses that grow.

use std::io::{self, ErrorKind, Read, Write};
use std::net::ToSocketAddrs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis_protocol::resp3::types::OwnedFrame;

use super::RedisConfig;
use super::envelope::{Body, Envelope};
use super::state::{Expected, State};
use super::topic::Verdict;
use super::wire::{self, Replies, Reply, command};
use crate::common::Common;
use crate::room::{Room, Said, random};
use crate::rt::net::TcpStream;
use crate::rt::sync::Semaphore;
use crate::rt::{blocking, go, time};
use crate::stats::Counters;

/// How long a connection may take, and its greeting.
const CONNECT: Duration = Duration::from_secs(3);
/// Silence after which Redis is asked for a sign of life; after as much again it counts as gone.
const PING: Duration = Duration::from_secs(5);
/// Between two attempts to connect: doubles from the first to the last, give or take a quarter.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// After a new connection messages are held back for so long: then every hub that was cut off at
/// the same time has subscribed again, since none pauses longer.
const HOLD: Duration = Duration::from_millis(1500);
/// Entries of a stream asked for at a time.
const PIECE: usize = 100;
/// Bytes read at a time.
const CHUNK: usize = 32 << 10;

/// Adds to the stream and publishes, as one step: so what is published is in the stream, in the
/// same order. What is published begins with the entry's id.
const SCRIPT: &str = "local id=redis.call('XADD',KEYS[1],'MAXLEN','~',ARGV[1],'*','m',ARGV[3]) \
     redis.call('PUBLISH',ARGV[2],id..' '..ARGV[3]) return 1";

/// See the [module](self).
pub struct Link {
    pub config: RedisConfig,
    common: Arc<Common>,
    state: Mutex<State>,
    /// What may wait for Redis, in bytes.
    pub room: Semaphore,
}

impl Link {
    pub fn new(config: RedisConfig, common: Arc<Common>) -> Link {
        Link {
            room: Semaphore::new(config.buffer),
            config,
            common,
            state: Mutex::default(),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The channel of a room.
    pub fn channel(&self, room: &str) -> Arc<str> {
        format!("{}{room}", self.config.prefix).into()
    }

    /// The stream of a channel's room.
    fn stream_key(&self, channel: &str) -> String {
        let room = &channel[self.config.prefix.len()..];
        format!("{}stream:{room}", self.config.prefix)
    }

    /// The command that publishes a message.
    pub fn publish_command(&self, room: &str, message: &[u8]) -> Vec<u8> {
        if self.config.stream == 0 {
            return self.announce_command(room, message);
        }
        let channel = self.channel(room);
        let key = self.stream_key(&channel);
        command(&[
            b"EVAL",
            SCRIPT.as_bytes(),
            b"1",
            key.as_bytes(),
            self.config.stream.to_string().as_bytes(),
            channel.as_bytes(),
            message,
        ])
    }

    /// The command that publishes what need not be kept. With streams, what is published begins
    /// with an entry's id: here with none.
    pub fn announce_command(&self, room: &str, message: &[u8]) -> Vec<u8> {
        let channel = self.channel(room);
        let mut payload = Vec::new();
        if self.config.stream != 0 {
            payload.push(b' ');
        }
        payload.extend_from_slice(message);
        command(&[b"PUBLISH", channel.as_bytes(), &payload])
    }

    /// Subscribes to channels of topics.
    pub fn subscribe<'a>(&self, state: &mut State, channels: impl IntoIterator<Item = &'a str>) {
        for channel in channels {
            state.send_silent(&command(&[b"SUBSCRIBE", channel.as_bytes()]));
            if self.config.stream == 0 {
                continue;
            }
            let Some((channel, topic)) = state.topics.get_key_value(channel) else {
                continue;
            };
            let (channel, last) = (Arc::clone(channel), topic.last_entry.clone());
            self.ask(state, channel, last);
        }
    }

    /// Asks for entries of a stream: the newest, if none has been seen; those behind the last.
    fn ask(&self, state: &mut State, channel: Arc<str>, last: Option<String>) {
        let key = self.stream_key(&channel);
        let (key, piece) = (key.as_bytes(), PIECE.to_string());
        let command = match &last {
            None => {
                let newest = self.common.config.history.clamp(1, PIECE).to_string();
                command(&[b"XREVRANGE", key, b"+", b"-", b"COUNT", newest.as_bytes()])
            }
            Some(last) => {
                let from = format!("({last}");
                command(&[
                    b"XRANGE",
                    key,
                    from.as_bytes(),
                    b"+",
                    b"COUNT",
                    piece.as_bytes(),
                ])
            }
        };
        state.send_fill(&command, channel, last.is_none());
    }

    /// Unlocks; has what is to be written written.
    pub fn wake_writer(self: &Arc<Link>, mut state: MutexGuard<'_, State>) {
        if state.writing || state.out.is_empty() || !state.is_connected() {
            return;
        }
        state.writing = true;
        drop(state);
        let link = Arc::clone(self);
        drop(go(move || link.write()));
    }

    /// The goroutine that writes.
    fn write(&self) {
        loop {
            let mut state = self.lock();
            let stream = match &state.stream {
                Some(stream) if !state.out.is_empty() => Arc::clone(stream),
                _ => {
                    state.writing = false;
                    return;
                }
            };
            let out = std::mem::take(&mut state.out);
            drop(state);
            if (&mut &*stream).write_all(&out).is_err() {
                // The reader finds out, and begins anew.
                stream.close();
                let mut state = self.lock();
                let other = |now: &Arc<TcpStream>| !Arc::ptr_eq(now, &stream);
                if state.stream.as_ref().is_some_and(other) {
                    // There is a connection again, and what waits for it is ours to write.
                    continue;
                }
                state.writing = false;
                return;
            }
        }
    }

    /// No more connections; and the goroutine ends.
    pub fn end(&self) {
        let mut state = self.lock();
        state.ending = true;
        if let Some(stream) = &state.stream {
            stream.close();
        }
    }

    /// The goroutine that connects and reads.
    pub fn run(self: Arc<Link>) {
        let mut pause = FIRST_PAUSE;
        let mut again = false;
        loop {
            let begun = Instant::now();
            let error = match self.connect() {
                Err(error) => error,
                Ok((stream, replies)) => {
                    pause = FIRST_PAUSE;
                    let error = self.serve(&Arc::new(stream), replies, again);
                    again = true;
                    error
                }
            };
            let mut state = self.lock();
            if let Some(stream) = &state.stream {
                // Whoever writes there would wait for long.
                stream.close();
            }
            if state.ending {
                state.disconnected(self.config.stream != 0);
                return;
            }
            if state.is_connected() {
                state.lost += 1;
            }
            state.disconnected(self.config.stream != 0);
            // Said once for each outage, and again if the reason changes.
            if state.error.as_deref() != Some(&error) {
                eprintln!(
                    "gompa-hub: Redis at {:?}: {error}; trying again",
                    self.config.url
                );
            }
            state.error = Some(error);
            drop(state);
            let spread = 0.75 + (random() >> 40) as f64 / (1u64 << 25) as f64;
            let due = begun + pause.mul_f64(spread);
            time::sleep(
                due.saturating_duration_since(Instant::now())
                    .max(FIRST_PAUSE / 2),
            );
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    /// A connection past its greeting.
    fn connect(&self) -> Result<(TcpStream, Replies), String> {
        let url = self.config.url.clone();
        let addresses = blocking(move || {
            (&*url.host, url.port)
                .to_socket_addrs()
                .map(Iterator::collect::<Vec<_>>)
        });
        let mut result = Err("the name has no address".to_owned());
        for address in addresses.map_err(|e| e.to_string())? {
            result = TcpStream::connect_timeout(&address, CONNECT).map_err(|e| e.to_string());
            if result.is_ok() {
                break;
            }
        }
        let stream = result?;
        let setup = |e: io::Error| e.to_string();
        stream.set_nodelay(true).map_err(setup)?;
        stream.set_write_timeout(Some(2 * PING)).map_err(setup)?;
        stream.set_read_timeout(Some(CONNECT)).map_err(setup)?;
        let mut replies = Replies::default();
        let url = &self.config.url;
        let hello = match &url.password {
            None => command(&[b"HELLO", b"3"]),
            Some(password) => command(&[
                b"HELLO",
                b"3",
                b"AUTH",
                url.user.as_bytes(),
                password.as_bytes(),
            ]),
        };
        let select = command(&[b"SELECT", url.db.to_string().as_bytes()]);
        for request in [hello, select] {
            (&mut &stream).write_all(&request).map_err(setup)?;
            self.greeting(&stream, &mut replies)?;
        }
        stream.set_read_timeout(Some(PING)).map_err(setup)?;
        Ok((stream, replies))
    }

    fn greeting(&self, stream: &TcpStream, replies: &mut Replies) -> Result<(), String> {
        let mut chunk = vec![0; 1024];
        loop {
            match replies.next()? {
                Some(Reply::Answer(frame)) => {
                    return match wire::error(&frame) {
                        Some(error) if error.contains("unknown command") => {
                            Err(format!("{error}: Redis 6 or later is needed"))
                        }
                        Some(error) => Err(error),
                        None => Ok(()),
                    };
                }
                Some(_) => {}
                None => match (&mut &*stream).read(&mut chunk) {
                    Ok(0) => return Err("the connection was closed".into()),
                    Ok(n) => replies.feed(&chunk[..n]),
                    Err(e) => return Err(e.to_string()),
                },
            }
        }
    }

    /// Subscribes, sends what waits, and reads until the connection breaks; why it does.
    fn serve(
        self: &Arc<Link>,
        stream: &Arc<TcpStream>,
        mut replies: Replies,
        again: bool,
    ) -> String {
        {
            let mut state = self.lock();
            state.connected(Arc::clone(stream), again);
            let channels: Vec<Arc<str>> = state.topics.keys().cloned().collect();
            self.subscribe(&mut state, channels.iter().map(|c| &**c));
            if again {
                let (link, of) = (Arc::clone(self), Arc::clone(stream));
                drop(go(move || link.release_after_hold(&of)));
            } else {
                state.release();
            }
            self.wake_writer(state);
        }
        let mut chunk = vec![0; CHUNK];
        let mut asked = false;
        loop {
            match replies.next() {
                Err(error) => return error,
                Ok(Some(reply)) => {
                    if let Err(error) = self.take(reply) {
                        return error;
                    }
                    continue;
                }
                Ok(None) => {}
            }
            match (&mut &**stream).read(&mut chunk) {
                Ok(0) => return "the connection was closed".into(),
                Ok(n) => {
                    asked = false;
                    replies.feed(&chunk[..n]);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::TimedOut && !asked => {
                    asked = true;
                    let mut state = self.lock();
                    state.send_other(&command(&[b"PING"]));
                    self.wake_writer(state);
                }
                Err(e) if e.kind() == ErrorKind::TimedOut => return "no sign of life".into(),
                Err(e) => return e.to_string(),
            }
        }
    }

    fn release_after_hold(self: &Arc<Link>, of: &Arc<TcpStream>) {
        time::sleep(HOLD);
        let mut state = self.lock();
        if state.stream.as_ref().is_some_and(|s| Arc::ptr_eq(s, of)) {
            state.release();
            self.wake_writer(state);
        }
    }

    fn take(self: &Arc<Link>, reply: Reply) -> Result<(), String> {
        match reply {
            Reply::Message { channel, payload } => self.message(&channel, payload),
            Reply::Subscribed(channel) => {
                if let Some(topic) = self.lock().topics.get_mut(&*channel) {
                    topic.subscribed();
                }
            }
            Reply::Other => {}
            Reply::Answer(frame) => return self.answer(frame),
        }
        Ok(())
    }

    fn answer(self: &Arc<Link>, frame: OwnedFrame) -> Result<(), String> {
        let mut state = self.lock();
        match state.answered() {
            None => Err("an answer nobody waits for".into()),
            Some(Expected::Publish(pending)) => match wire::error(&frame) {
                Some(error) => {
                    state.refused(pending);
                    Err(error)
                }
                None => {
                    drop(state);
                    self.room.release(pending.permit);
                    Ok(())
                }
            },
            Some(Expected::Fill { channel, opening }) => match wire::error(&frame) {
                Some(error) => Err(error),
                None => {
                    drop(state);
                    self.fill(&channel, opening, wire::entries(frame));
                    Ok(())
                }
            },
            Some(Expected::Other) => Ok(()),
        }
    }

    /// Something came live. With streams it begins with an entry's id, or a space.
    fn message(&self, channel: &str, payload: Vec<u8>) {
        let (entry, payload) = if self.config.stream == 0 {
            (None, payload)
        } else {
            let Some(space) = payload.iter().position(|b| *b == b' ') else {
                return;
            };
            let id = String::from_utf8_lossy(&payload[..space]).into_owned();
            (
                (!id.is_empty()).then_some(id),
                payload[space + 1..].to_vec(),
            )
        };
        let now = {
            let mut state = self.lock();
            let Some(topic) = state.topics.get_mut(channel) else {
                return;
            };
            topic.live(entry, payload)
        };
        if let Some((entry, payload)) = now {
            self.pass_on(channel, entry, &payload);
        }
    }

    /// A piece of a stream came.
    fn fill(
        self: &Arc<Link>,
        channel: &Arc<str>,
        opening: bool,
        mut entries: Vec<(String, Vec<u8>)>,
    ) {
        let full = !opening && entries.len() == PIECE;
        if opening {
            // The newest came first.
            entries.reverse();
        }
        for (entry, payload) in entries {
            if opening {
                self.recall(channel, entry, &payload);
            } else {
                self.pass_on(channel, Some(entry), &payload);
            }
        }
        let mut state = self.lock();
        let Some(topic) = state.topics.get_mut(channel) else {
            return;
        };
        // Of an empty stream, all that comes is new: after an outage too.
        topic.last_entry.get_or_insert_with(|| "0-0".to_owned());
        if full {
            let last = topic.last_entry.clone();
            self.ask(&mut state, Arc::clone(channel), last);
            return self.wake_writer(state);
        }
        let live = topic.filled();
        drop(state);
        for (entry, payload) in live {
            self.pass_on(channel, entry, &payload);
        }
    }

    /// A message of before the room was opened: history.
    fn recall(&self, channel: &str, entry: String, payload: &[u8]) {
        let mut state = self.lock();
        let Some(topic) = state.topics.get_mut(channel) else {
            return;
        };
        topic.last_entry = Some(entry);
        let Some(envelope) = Envelope::decode(payload) else {
            return;
        };
        topic.before(envelope.id);
        let room = topic.room.upgrade();
        drop(state);
        if let (Some(room), Some(said)) = (&room, room.as_ref().and_then(|r| said(r, &envelope))) {
            room.recall(said);
        }
    }

    /// A message comes to its room, unless it has been there.
    fn pass_on(&self, channel: &str, entry: Option<String>, payload: &[u8]) {
        let mut state = self.lock();
        let Some(topic) = state.topics.get_mut(channel) else {
            return;
        };
        if entry.is_some() {
            topic.last_entry = entry;
        }
        let Some(envelope) = Envelope::decode(payload) else {
            return;
        };
        let verdict = topic.judge(&envelope);
        let room = topic.room.upgrade();
        drop(state);
        let Some(room) = room else {
            return;
        };
        match verdict {
            Verdict::New => {}
            Verdict::NewAfterGap => room.gap(),
            Verdict::Duplicate => {
                return Counters::add(&self.common.counters.duplicates, 1);
            }
        }
        match envelope.body {
            Body::Presence { members } => {
                if envelope.id.source != room.last_id().source {
                    room.heard_of(envelope.id.source, members, Instant::now());
                }
            }
            Body::Said { .. } => {
                if let Some(said) = said(&room, &envelope) {
                    room.deliver(said, None);
                }
            }
        }
    }
}

/// What is in an envelope, for its room.
fn said(room: &Room, envelope: &Envelope<'_>) -> Option<Said> {
    match envelope.body {
        Body::Said {
            from,
            content,
            payload,
        } => Some(Said::new(
            envelope.id,
            room.name(),
            from,
            content,
            payload,
            Instant::now(),
        )),
        Body::Presence { .. } => None,
    }
}
