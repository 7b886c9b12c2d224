//! What waits to be written to one client: a queue bounded in bytes, and who is writing.
//!
//! # States
//! ```text
//!            close(Flush | Discard)              the close frame is taken
//!     Open ------------------------> Closing ------------------------------> Closed
//!       |                               |                                       ^
//!       +-------------------------------+--------- abort (the socket failed) ---+
//! ```
//! - **Open**: frames may be pushed.
//! - **Closing**: no frame is accepted any more. What waits goes out (`Flush`) or is forgotten
//!   (`Discard`), then the close frame. The first close wins.
//! - **Closed**: nothing will be written.
//!
//! # Who writes
//! `writing` says whether somebody is at it: at most one at a time.
//! ```text
//!     idle --claim: nobody writes, nothing waits--> whoever pushes tries the socket directly
//!       ^                                            |            |
//!       |<------ settle: everything went ------------+            | some is left
//!       |                                                         v
//!       +<------ take: nothing is left ------------- a goroutine that waits for the client
//! ```
//! Mostly a message goes straight from its publisher into the kernel's buffer, and the queue has no
//! memory at all. A goroutine that writes exists only for a client that does not take everything.
//!
//! This is plain data: the lock is [`super::Session`]'s.

use gompa_ws::Frame;
use serde::Deserialize;

use super::queue::Queue;
use crate::rt::chan::Sender;

/// Frames a writer takes at a time: enough to fill a segment, few enough to forget the rest at
/// once when a slow reader is cut off.
pub const BATCH: usize = 64;

/// What a frame counts for in a bounded queue.
pub fn cost(frame: &Frame) -> usize {
    frame.bytes().len() + size_of::<Frame>() + 2 * size_of::<usize>()
}

/// What happens to a reader for whom too much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlowReader {
    /// It is disconnected with close code 1013 (try again later)
    Disconnect,
    /// It loses the messages that have waited longest
    DropOldest,
    /// It loses the messages that come now
    DropNewest,
}

/// What became of a pushed frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Push {
    /// It waits to be written. `dropped` older ones made place for it.
    Queued {
        /// Messages lost to [`SlowReader::DropOldest`].
        dropped: usize,
    },
    /// There is no place: the reader is slow, and to be disconnected. It was not queued.
    Full,
    /// There is no place, and it was not queued: [`SlowReader::DropNewest`].
    Dropped,
    /// The outbox takes nothing any more.
    Refused,
}

/// What becomes of waiting frames when a connection closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// They go out before the close frame.
    Flush,
    /// They are forgotten.
    Discard,
}

/// What a writer is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Take {
    /// Write the batch and come again.
    More,
    /// Write the batch, then end the sending side: the close frame is its last.
    Last,
    /// Nothing waits: there is no writer any more.
    Idle,
}

#[derive(Debug)]
enum State {
    Open,
    Closing(Frame),
    Closed,
}

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes that may wait; a single frame always fits an empty outbox.
    pub limit: usize,
    /// Bytes past which the client is not read from, so that it does not cause more.
    pub busy: usize,
    /// What happens at the limit.
    pub policy: SlowReader,
}

/// One client's outgoing frames.
#[derive(Debug)]
pub struct Outbox {
    queue: Queue,
    /// Cost of what waits, and of what is being written.
    bytes: usize,
    /// Cost of what this client has said and its room has not yet passed on: some of it will come
    /// back here.
    published: usize,
    /// Whom to tell when the outbox is no longer busy, or over: the reader, if it waits for that.
    pub bell: Option<Sender<()>>,
    state: State,
    writing: bool,
}

impl Outbox {
    /// An empty outbox. It says that somebody writes, so that frames may be pushed while the answer
    /// to the handshake has yet to be written: the caller does that, and then settles.
    pub fn for_handshake() -> Outbox {
        Outbox {
            queue: Queue::default(),
            bytes: 0,
            published: 0,
            bell: None,
            state: State::Open,
            writing: true,
        }
    }

    /// Whether the caller may write frames of this cost directly: nothing waits and nobody writes.
    /// If so it is the one who writes, until it [settles](Outbox::settle).
    #[must_use]
    pub fn claim(&mut self, cost: usize) -> bool {
        let free = self.is_open() && !self.writing && self.queue.is_empty();
        if free {
            self.writing = true;
            self.bytes += cost;
        }
        free
    }

    /// Who has written `cost` of what it claimed, and has nothing begun, is done. Whether something
    /// has come to wait meanwhile: then there must be a writer, and it is the caller's to start.
    #[must_use]
    pub fn settle(&mut self, cost: usize) -> bool {
        self.bytes = self.bytes.saturating_sub(cost);
        self.writing = false;
        self.start_writing()
    }

    /// Frames of this cost were claimed but not begun: they are to be pushed instead.
    pub fn unclaim(&mut self, cost: usize) {
        self.bytes = self.bytes.saturating_sub(cost);
    }

    /// Adds a frame.
    pub fn push(&mut self, frame: Frame, bounds: &Bounds) -> Push {
        if !self.is_open() {
            return Push::Refused;
        }
        let cost = cost(&frame);
        let mut dropped = 0;
        while self.bytes != 0 && self.bytes + cost > bounds.limit {
            match bounds.policy {
                SlowReader::Disconnect => return Push::Full,
                SlowReader::DropNewest => return Push::Dropped,
                // What the writer has taken cannot be dropped: it may be half written.
                SlowReader::DropOldest => match self.queue.pop() {
                    Some(oldest) => {
                        self.bytes -= self::cost(&oldest);
                        dropped += 1;
                    }
                    None => break,
                },
            }
        }
        self.bytes += cost;
        self.queue.push(frame);
        Push::Queued { dropped }
    }

    /// Ends it with a close frame, unless it has been ended already.
    pub fn close(&mut self, frame: Frame, rest: Rest) {
        if self.is_open() {
            self.state = State::Closing(frame);
            if rest == Rest::Discard {
                self.bytes -= self.queue.take(usize::MAX).map(|f| cost(&f)).sum::<usize>();
                self.queue = Queue::default();
            }
        }
    }

    /// Ends it at once: the socket takes nothing.
    pub fn abort(&mut self) {
        self.state = State::Closed;
        self.writing = false;
        self.bytes = 0;
        self.queue = Queue::default();
    }

    /// Whether the caller must start a writer; from now on there is one.
    #[must_use]
    pub fn start_writing(&mut self) -> bool {
        let something = !self.queue.is_empty() || matches!(self.state, State::Closing(_));
        let start = something && !self.writing;
        self.writing |= start;
        start
    }

    /// The writer has written the batch it had and wants the next, which replaces it.
    pub fn take(&mut self, batch: &mut Vec<Frame>) -> Take {
        self.bytes = self
            .bytes
            .saturating_sub(batch.drain(..).map(|f| cost(&f)).sum());
        if matches!(self.state, State::Closed) {
            return Take::Idle;
        }
        batch.extend(self.queue.take(BATCH));
        if self.queue.is_empty() {
            if let State::Closing(_) = self.state
                && let State::Closing(frame) = std::mem::replace(&mut self.state, State::Closed)
            {
                batch.push(frame);
                return Take::Last;
            }
            if batch.is_empty() {
                self.writing = false;
                // An idle connection holds no queue.
                self.queue = Queue::default();
                return Take::Idle;
            }
        }
        Take::More
    }

    /// The client has said something of this cost.
    pub fn publish(&mut self, cost: usize) {
        self.published += cost;
    }

    /// What it said has been passed on.
    pub fn passed_on(&mut self, cost: usize) {
        self.published -= cost;
    }

    /// Bytes that wait or are being written, with what each frame costs.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether so much waits that this client should not cause more.
    pub fn is_busy(&self, bounds: &Bounds) -> bool {
        self.bytes + self.published > bounds.busy && self.is_open()
    }

    /// Whether frames are still accepted.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Whether nothing will be written any more and nobody writes.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Closed) && !self.writing
    }
}

#[cfg(test)]
mod tests {
    use gompa_ws::{Close, CloseCode, Opcode};

    use super::*;

    fn frame(tag: u8) -> Frame {
        Frame::new(Opcode::Binary, &[tag; 100])
    }

    fn close() -> Frame {
        Frame::close(Some(Close {
            code: CloseCode::AWAY,
            reason: "",
        }))
    }

    struct Tried(Outbox, Bounds);

    /// An outbox for `n` of the frames above, busy from half of them on, nobody writing.
    fn outbox(n: usize, policy: SlowReader) -> Tried {
        let limit = n * cost(&frame(0));
        let mut outbox = Outbox::for_handshake();
        assert!(!outbox.start_writing());
        assert!(!outbox.claim(1), "the handshake is being answered");
        assert!(!outbox.settle(0));
        let bounds = Bounds {
            limit,
            busy: limit / 2,
            policy,
        };
        Tried(outbox, bounds)
    }

    impl Tried {
        fn push(&mut self, tag: u8) -> Push {
            self.0.push(frame(tag), &self.1)
        }

        fn is_busy(&self) -> bool {
            self.0.is_busy(&self.1)
        }
    }

    fn tags(batch: &[Frame]) -> Vec<u8> {
        batch.iter().map(|f| f.bytes()[2]).collect()
    }

    const QUEUED: Push = Push::Queued { dropped: 0 };

    #[test]
    fn one_writer_at_a_time_in_order() {
        let mut outbox = outbox(10, SlowReader::Disconnect);
        assert!(!outbox.0.start_writing());
        outbox.push(1);
        assert!(outbox.0.start_writing());
        outbox.push(2);
        assert!(!outbox.0.start_writing());
        let mut batch = Vec::new();
        assert_eq!(outbox.0.take(&mut batch), Take::More);
        assert_eq!(tags(&batch), [1, 2]);
        outbox.push(3);
        assert_eq!(outbox.0.take(&mut batch), Take::More);
        assert_eq!(tags(&batch), [3]);
        assert_eq!(outbox.0.take(&mut batch), Take::Idle);
        outbox.push(4);
        assert!(outbox.0.start_writing());
    }

    #[test]
    fn who_claims_writes_alone_and_leaves_nothing_behind() {
        let mut outbox = outbox(10, SlowReader::Disconnect);
        let each = cost(&frame(0));
        assert!(outbox.0.claim(each));
        assert!(!outbox.0.claim(each), "somebody writes");
        assert_eq!(outbox.0.bytes(), each);
        assert!(!outbox.0.settle(each));
        assert_eq!(outbox.0.bytes(), 0);
        // Something comes meanwhile: the claimant starts a writer for it.
        assert!(outbox.0.claim(each));
        outbox.push(1);
        assert!(!outbox.0.start_writing());
        assert!(outbox.0.settle(each));
        assert!(!outbox.0.claim(each), "a writer is there, and frames wait");
        let mut batch = Vec::new();
        assert_eq!(outbox.0.take(&mut batch), Take::More);
        assert_eq!(outbox.0.take(&mut batch), Take::Idle);
        // Closed meanwhile: likewise.
        assert!(outbox.0.claim(each));
        outbox.0.close(close(), Rest::Flush);
        assert!(outbox.0.settle(each));
        assert_eq!(outbox.0.take(&mut batch), Take::Last);
        assert!(!outbox.0.claim(each));
    }

    #[test]
    fn what_is_being_written_counts() {
        let mut outbox = outbox(2, SlowReader::Disconnect);
        let mut batch = Vec::new();
        assert_eq!(outbox.push(1), QUEUED);
        assert_eq!(outbox.0.take(&mut batch), Take::More);
        assert_eq!(outbox.push(2), QUEUED);
        assert!(outbox.is_busy());
        assert_eq!(outbox.push(3), Push::Full);
        assert_eq!(outbox.0.take(&mut batch), Take::More);
        assert!(!outbox.is_busy());
        assert_eq!(outbox.push(4), QUEUED);
    }

    #[test]
    fn what_has_been_said_counts_as_busy() {
        let mut outbox = outbox(2, SlowReader::Disconnect);
        let some = cost(&frame(0)) + 1;
        outbox.0.publish(some);
        assert!(outbox.is_busy());
        assert_eq!(outbox.push(1), QUEUED, "but it takes no place");
        outbox.0.passed_on(some);
        assert!(!outbox.is_busy());
    }

    #[test]
    fn a_single_frame_always_fits() {
        for policy in [
            SlowReader::Disconnect,
            SlowReader::DropOldest,
            SlowReader::DropNewest,
        ] {
            let mut outbox = outbox(1, policy);
            let big = Frame::new(Opcode::Binary, &[0; 1000]);
            assert_eq!(outbox.0.push(big, &outbox.1), QUEUED);
        }
    }

    #[test]
    fn the_oldest_or_the_newest_go() {
        let mut outbox = outbox(3, SlowReader::DropOldest);
        for tag in 1..=3 {
            assert_eq!(outbox.push(tag), QUEUED);
        }
        assert_eq!(outbox.push(4), Push::Queued { dropped: 1 });
        assert_eq!(outbox.push(5), Push::Queued { dropped: 1 });
        let mut batch = Vec::new();
        outbox.0.take(&mut batch);
        assert_eq!(tags(&batch), [3, 4, 5]);
        // Everything is with the writer: nothing can be dropped, so one more than fits waits.
        assert_eq!(outbox.push(6), QUEUED);

        let mut outbox = self::outbox(2, SlowReader::DropNewest);
        let pushed: Vec<Push> = (1..=4).map(|tag| outbox.push(tag)).collect();
        assert_eq!(pushed, [QUEUED, QUEUED, Push::Dropped, Push::Dropped]);
        outbox.0.take(&mut batch);
        assert_eq!(tags(&batch), [1, 2]);
    }

    #[test]
    fn a_close_comes_behind_what_waits_or_instead_of_it() {
        for (rest, expected) in [(Rest::Flush, 2), (Rest::Discard, 1)] {
            let mut outbox = outbox(5, SlowReader::Disconnect);
            outbox.push(1);
            outbox.0.close(close(), rest);
            outbox.0.close(Frame::close(None), Rest::Flush);
            assert_eq!(outbox.push(2), Push::Refused);
            assert!(outbox.0.start_writing() && !outbox.0.is_over());
            let mut batch = Vec::new();
            assert_eq!(outbox.0.take(&mut batch), Take::Last);
            assert_eq!(batch.len(), expected);
            assert_eq!(batch.last(), Some(&close()));
            assert_eq!(outbox.0.queue.len(), 0);
        }
    }

    #[test]
    fn an_abort_ends_everything() {
        let mut outbox = outbox(5, SlowReader::Disconnect);
        let mut batch = Vec::new();
        outbox.push(1);
        assert!(outbox.0.start_writing());
        outbox.0.take(&mut batch);
        outbox.push(2);
        outbox.0.abort();
        assert_eq!(outbox.0.take(&mut batch), Take::Idle);
        assert_eq!(outbox.push(3), Push::Refused);
        assert!(outbox.0.is_over() && !outbox.is_busy());
    }
}
