//! One open WebSocket: its socket, its outbox, and the bell its reader waits by.

use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::close::Code;
use super::frame::Frame;
use super::outbox::{Bounds, Outbox, Push, Rest, Take};
use super::writer;
use crate::config::Config;
use crate::rt::chan::{self, Receiver, Sender};
use crate::rt::{go, net::TcpStream};
use crate::stats::Counters;

/// Shared by the reader, the writer, the room and the server.
#[derive(Debug)]
pub struct Session {
    /// Unlike any other's in this process.
    pub id: u64,
    /// Read by the reader, written by the writer, shut down by whoever must.
    pub stream: Arc<TcpStream>,
    /// Times and sizes.
    pub config: Arc<Config>,
    /// What is counted.
    pub counters: Arc<Counters>,
    /// Held for a few instructions at a time, never while waiting.
    shared: Mutex<Shared>,
    /// Rung for the reader when the outbox is no longer busy, or over.
    bell: (Sender<()>, Receiver<()>),
}

#[derive(Debug)]
struct Shared {
    outbox: Outbox,
    /// The reader waits for the bell.
    listening: bool,
}

impl Session {
    /// A session whose first writer has yet to start: see [`Session::start`].
    pub fn new(
        id: u64,
        stream: Arc<TcpStream>,
        bounds: Bounds,
        config: Arc<Config>,
        counters: Arc<Counters>,
    ) -> Arc<Session> {
        let shared = Mutex::new(Shared {
            outbox: Outbox::new(bounds),
            listening: false,
        });
        Arc::new(Session {
            id,
            stream,
            config,
            counters,
            shared,
            bell: chan::channel(1),
        })
    }

    /// Starts the first writer, with the answer to the handshake. What has been pushed before
    /// comes behind it.
    pub fn start(self: &Arc<Session>, preamble: Frame) {
        let session = Arc::clone(self);
        drop(go(move || writer::run(&session, vec![preamble])));
    }

    /// Adds frames. False if nothing more is taken: the client is closing, gone, or was too slow,
    /// in which case this is what disconnects it.
    pub fn push(self: &Arc<Session>, frames: &[Frame]) -> bool {
        let mut shared = self.lock();
        let mut lost = 0;
        let mut taken = true;
        for frame in frames {
            match shared.outbox.push(frame.clone()) {
                Push::Queued { dropped } => lost += dropped,
                Push::Refused => taken = false,
                Push::Full => {
                    let slow = Frame::close(Some(Code::TRY_AGAIN), "reading too slowly");
                    shared.outbox.close(slow, Rest::Discard);
                    Counters::add(&self.counters.slow_readers, 1);
                    taken = false;
                }
            }
        }
        self.wake_writer(shared);
        if lost != 0 {
            Counters::add(&self.counters.messages_dropped, lost as u64);
        }
        taken
    }

    /// Ends the connection with a close frame, behind what waits.
    pub fn close(self: &Arc<Session>, code: Option<Code>, reason: &str) {
        let mut shared = self.lock();
        shared.outbox.close(Frame::close(code, reason), Rest::Flush);
        self.wake_writer(shared);
    }

    /// Ends the connection without a word: the socket is of no more use.
    pub fn abort(&self) {
        let mut shared = self.lock();
        shared.outbox.abort();
        self.ring(shared);
        // Fails if the client has gone already, which is as good.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// The client has said something of this cost, which its room has yet to pass on.
    pub fn publish(&self, cost: usize) {
        self.lock().outbox.publish(cost);
    }

    /// The room has passed it on.
    pub fn passed_on(&self, cost: usize) {
        let mut shared = self.lock();
        shared.outbox.passed_on(cost);
        if shared.listening && !shared.outbox.is_busy() {
            self.ring(shared);
        }
    }

    /// Whether messages are still exchanged.
    pub fn is_open(&self) -> bool {
        self.lock().outbox.is_open()
    }

    /// For the reader: waits until what it causes can be written.
    pub fn wait_calm(&self) {
        while !self.wait(|outbox| !outbox.is_busy(), self.config.write_timeout) {}
    }

    /// For the reader: waits until everything has been written; false if it took too long.
    pub fn wait_over(&self, timeout: Duration) -> bool {
        self.wait(Outbox::is_over, timeout)
    }

    /// For the writer: its batch has been written, here is the next.
    pub(super) fn take(&self, batch: &mut Vec<Frame>) -> Take {
        let mut shared = self.lock();
        let take = shared.outbox.take(batch);
        if shared.listening && !shared.outbox.is_busy() {
            self.ring(shared);
        }
        take
    }

    /// For the writer: the close frame has been written, or the writing has failed.
    pub(super) fn finish(&self) {
        let mut shared = self.lock();
        shared.outbox.abort();
        self.ring(shared);
    }

    fn wait(&self, until: impl Fn(&Outbox) -> bool, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            let mut shared = self.lock();
            if until(&shared.outbox) {
                shared.listening = false;
                return true;
            }
            shared.listening = true;
            drop(shared);
            if Instant::now() >= deadline {
                return false;
            }
            // Rung or out of time: either way the state tells.
            let _ = self.bell.1.recv_deadline(deadline);
        }
    }

    /// Unlocks; starts a writer if there is something to write and nobody who does.
    fn wake_writer(self: &Arc<Session>, mut shared: MutexGuard<'_, Shared>) {
        let start = shared.outbox.start_writing();
        drop(shared);
        if start {
            let session = Arc::clone(self);
            drop(go(move || writer::run(&session, Vec::new())));
        }
    }

    /// Unlocks; tells the reader to look again.
    fn ring(&self, mut shared: MutexGuard<'_, Shared>) {
        let listening = std::mem::take(&mut shared.listening);
        drop(shared);
        if listening {
            // Full: it has been rung already.
            let _ = self.bell.0.try_send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // The outbox is plain data, whole after every call.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
