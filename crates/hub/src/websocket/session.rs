//! One open WebSocket: its socket, its outbox, and when it was last heard of.

use std::io::IoSlice;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gompa_ws::deflate::Params;
use gompa_ws::{Close, CloseCode, Frame, Prepared};

use super::outbox::{Bounds, Outbox, Push, Rest, Take, cost};
use super::writer::{self, Progress};
use crate::common::{Common, Tick};
use crate::rt::chan;
use crate::rt::go;
use crate::stats::Counters;
use crate::stream::Stream;

/// What may wait on `/echo` before reading pauses.
const ECHO_BUSY: usize = 1 << 20;

/// What a WebSocket speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Each message goes to everyone in the room, as it is.
    Raw {
        /// Whether a gap ends the connection, there being no other way to tell of it.
        gap_ends: bool,
    },
    /// The protocol in JSON.
    Json,
    /// Each message comes back.
    Echo,
}

/// Shared by the reader, whoever writes, the rooms and the server. An idle connection is this, its
/// goroutine and what the system keeps.
#[derive(Debug)]
pub struct Session {
    /// Unlike any other's in this process.
    pub id: u64,
    /// Read by the reader, written by one at a time, shut down by whoever must.
    pub stream: Stream,
    /// What it speaks.
    pub dialect: Dialect,
    /// Compression, if it was agreed to: without the server's context takeover.
    pub deflate: Option<Params>,
    /// What all share.
    pub common: Arc<Common>,
    /// Held for a few instructions at a time, never while waiting.
    outbox: Mutex<Outbox>,
    /// When the client was last heard of, in ticks of the coarse clock.
    heard: AtomicU32,
    /// When it last said something.
    said: AtomicU32,
    /// It has been asked for a sign of life since.
    pinged: AtomicBool,
    /// A part of a message has come, and the reader holds a buffer for the rest.
    midway: AtomicBool,
    /// The reader is busy with what was said, or waits until the client takes what that has caused.
    deaf: AtomicBool,
}

impl Session {
    /// A session whose handshake has yet to be answered: see [`Session::start`].
    pub fn new(
        id: u64,
        stream: Stream,
        dialect: Dialect,
        deflate: Option<Params>,
        common: Arc<Common>,
    ) -> Arc<Session> {
        let tick = common.tick().0;
        Arc::new(Session {
            id,
            stream,
            dialect,
            deflate,
            common,
            outbox: Mutex::new(Outbox::for_handshake()),
            heard: AtomicU32::new(tick),
            said: AtomicU32::new(tick),
            pinged: AtomicBool::new(false),
            midway: AtomicBool::new(false),
            deaf: AtomicBool::new(false),
        })
    }

    /// Sends the answer to the handshake. What has been pushed before comes behind it.
    pub fn start(self: &Arc<Session>, preamble: &[u8]) {
        // It fits the empty buffer of a new socket; a client that made it smaller is gone by the
        // write timeout.
        if self.stream.write_all(preamble).is_err() {
            return self.abort();
        }
        self.settle(0);
    }

    /// Adds a message, in the form that was agreed to.
    pub fn send(self: &Arc<Session>, message: &Prepared) -> bool {
        self.push(&[message.frame(self.deflate.as_ref()).clone()])
    }

    /// Writes frames, as far as that goes without waiting; the rest waits in the outbox. False if
    /// nothing more is taken: the client is closing, gone, or was too slow, in which case this is
    /// what disconnects it.
    pub fn push(self: &Arc<Session>, frames: &[Frame]) -> bool {
        let costs = frames.iter().map(cost).sum();
        if self.lock().claim(costs) {
            return self.write_now(frames, costs);
        }
        let mut outbox = self.lock();
        let taken = self.enqueue(&mut outbox, frames);
        let start = outbox.start_writing();
        drop(outbox);
        self.start_writer(start);
        taken
    }

    /// The frames are claimed.
    fn write_now(self: &Arc<Session>, frames: &[Frame], costs: usize) -> bool {
        let progress = match frames {
            // By far the most frequent, and without a list of slices on the stack.
            [one] => self
                .stream
                .try_write(&[IoSlice::new(one.bytes())])
                .map(|written| Progress::of(frames, written)),
            many => writer::attempt(&self.stream, many),
        };
        match progress {
            Err(_) => {
                self.abort();
                false
            }
            Ok(progress) if progress.is_all(frames) => {
                writer::count(&self.common.counters, frames);
                self.settle(costs);
                true
            }
            Ok(progress) => self.write_later(frames, progress),
        }
    }

    /// The client did not take everything: a writer takes over.
    #[inline(never)]
    fn write_later(self: &Arc<Session>, frames: &[Frame], progress: Progress) -> bool {
        let counters = &self.common.counters;
        Counters::add(&counters.queued, 1);
        let (whole, rest) = frames.split_at(progress.whole);
        writer::count(counters, whole);
        // All of it goes before what others have pushed meanwhile, so it is the writer's.
        let batch = rest.to_vec();
        let mut outbox = self.lock();
        outbox.unclaim(whole.iter().map(cost).sum());
        let taken = outbox.is_open();
        drop(outbox);
        let session = Arc::clone(self);
        drop(go(move || writer::run(&session, batch, progress.begun)));
        taken
    }

    /// Who has claimed the outbox has written everything.
    fn settle(self: &Arc<Session>, costs: usize) {
        let mut outbox = self.lock();
        let start = outbox.settle(costs);
        self.ring_if_calm(outbox);
        self.start_writer(start);
    }

    fn enqueue(&self, outbox: &mut Outbox, frames: &[Frame]) -> bool {
        let bounds = self.bounds();
        let counters = &self.common.counters;
        let mut taken = true;
        for frame in frames {
            match outbox.push(frame.clone(), &bounds) {
                Push::Queued { dropped: 0 } => {}
                Push::Queued { dropped } => {
                    Counters::add(&counters.dropped_oldest, dropped as u64);
                }
                Push::Dropped => Counters::add(&counters.dropped_newest, 1),
                Push::Refused => taken = false,
                Push::Full => {
                    let slow = close_frame(CloseCode::TRY_AGAIN, "reading too slowly");
                    outbox.close(slow, Rest::Discard);
                    Counters::add(&counters.slow_readers, 1);
                    taken = false;
                }
            }
        }
        taken
    }

    /// Ends the connection with a close frame, behind what waits.
    pub fn close(self: &Arc<Session>, code: CloseCode, reason: &str) {
        self.close_with(close_frame(code, reason));
    }

    /// Likewise; this is the close frame.
    pub fn close_with(self: &Arc<Session>, frame: Frame) {
        let mut outbox = self.lock();
        outbox.close(frame, Rest::Flush);
        let start = outbox.start_writing();
        drop(outbox);
        self.start_writer(start);
    }

    /// Ends the connection without a word: the socket is of no more use.
    pub fn abort(&self) {
        let mut outbox = self.lock();
        outbox.abort();
        self.ring(outbox);
        self.stream.cut();
    }

    /// The client has said something of this cost, which its room has yet to pass on.
    pub fn publish(&self, cost: usize) {
        self.lock().publish(cost);
    }

    /// The room has passed it on.
    pub fn passed_on(&self, cost: usize) {
        let mut outbox = self.lock();
        outbox.passed_on(cost);
        self.ring_if_calm(outbox);
    }

    /// Whether messages are still exchanged.
    pub fn is_open(&self) -> bool {
        self.lock().is_open()
    }

    /// Bytes that wait to be written.
    pub fn waiting(&self) -> usize {
        self.lock().bytes()
    }

    /// For the reader: something has come.
    #[inline]
    pub fn heard(&self) {
        self.heard.store(self.common.tick().0, Relaxed);
        if self.pinged.load(Relaxed) {
            self.pinged.store(false, Relaxed);
        }
    }

    /// For the reader: a message has come.
    pub fn said(&self) {
        self.said.store(self.common.tick().0, Relaxed);
    }

    /// For the reader: the rest of a message is awaited, or no longer.
    pub fn set_midway(&self, midway: bool) {
        self.midway.store(midway, Relaxed);
    }

    /// For the reader: it does something else than to read, or no longer.
    pub fn set_deaf(&self, deaf: bool) {
        if !deaf {
            self.heard();
        }
        self.deaf.store(deaf, Relaxed);
    }

    /// Whether nobody reads what the client says.
    pub fn is_deaf(&self) -> bool {
        self.deaf.load(Relaxed)
    }

    /// Whether the client owes the rest of a message.
    pub fn is_midway(&self) -> bool {
        self.midway.load(Relaxed)
    }

    /// How long nothing has been heard, and nothing been said.
    pub fn silence(&self, now: Tick) -> (Duration, Duration) {
        let since = |tick: &AtomicU32| now.since(Tick(tick.load(Relaxed)));
        (since(&self.heard), since(&self.said))
    }

    /// Whether a ping is unanswered; it is from now on.
    pub fn ping(self: &Arc<Session>, ping: &Frame) -> bool {
        if self.pinged.swap(true, Relaxed) {
            return true;
        }
        self.push(std::slice::from_ref(ping));
        false
    }

    /// For the reader: waits until what it causes can be written.
    pub fn wait_calm(&self) {
        let bounds = self.bounds();
        if self.lock().is_busy(&bounds) {
            let often = self.common.config.write_timeout;
            self.set_deaf(true);
            while !self.wait(|outbox| !outbox.is_busy(&bounds), often) {}
            self.set_deaf(false);
        }
    }

    /// For the reader: waits until everything has been written; false if it took too long.
    pub fn wait_over(&self, timeout: Duration) -> bool {
        self.wait(Outbox::is_over, timeout)
    }

    /// For the writer: its batch has been written, here is the next.
    pub(super) fn take(&self, batch: &mut Vec<Frame>) -> Take {
        let mut outbox = self.lock();
        let take = outbox.take(batch);
        self.ring_if_calm(outbox);
        take
    }

    /// For the writer: the close frame has been written.
    pub(super) fn finish(&self) {
        let mut outbox = self.lock();
        outbox.abort();
        self.ring(outbox);
    }

    #[inline(never)]
    fn wait(&self, until: impl Fn(&Outbox) -> bool, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let (send, receive) = chan::channel(1);
        loop {
            let mut outbox = self.lock();
            if until(&outbox) {
                outbox.bell = None;
                return true;
            }
            outbox.bell = Some(send.clone());
            drop(outbox);
            if Instant::now() >= deadline {
                return false;
            }
            // Rung or out of time: either way the state tells.
            let _ = receive.recv_deadline(deadline);
        }
    }

    fn start_writer(self: &Arc<Session>, start: bool) {
        if start {
            let session = Arc::clone(self);
            drop(go(move || writer::run(&session, Vec::new(), 0)));
        }
    }

    /// Unlocks; tells the reader to look again if it waits for this to be no longer busy.
    fn ring_if_calm(&self, outbox: MutexGuard<'_, Outbox>) {
        if outbox.bell.is_some() && !outbox.is_busy(&self.bounds()) {
            self.ring(outbox);
        }
    }

    /// Unlocks; tells the reader to look again.
    fn ring(&self, mut outbox: MutexGuard<'_, Outbox>) {
        let bell = outbox.bell.take();
        drop(outbox);
        if let Some(bell) = bell {
            // Full: it has been rung already.
            let _ = bell.try_send(());
        }
    }

    fn bounds(&self) -> Bounds {
        let config = &self.common.config;
        match self.dialect {
            // Only the client itself adds to it, and it is not read from while it is busy.
            Dialect::Echo => Bounds {
                limit: usize::MAX,
                busy: ECHO_BUSY,
                policy: super::SlowReader::Disconnect,
            },
            // A quarter, so that the largest message fits on top of what makes a client busy.
            _ => Bounds {
                limit: config.queue,
                busy: config.queue / 4,
                policy: config.slow_reader,
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, Outbox> {
        // The outbox is plain data, whole after every call.
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A close frame with a code.
pub fn close_frame(code: CloseCode, reason: &str) -> Frame {
    Frame::close(Some(Close { code, reason }))
}
