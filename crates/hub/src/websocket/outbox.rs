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
//! Besides, `writing` says whether a writer is at work. Whoever finds it false and adds something
//! sets it and must start one; the writer clears it, under the same lock, when it finds nothing
//! left. So there is at most one writer, and none while there is nothing to write.
//!
//! This is plain data: the lock is [`super::Session`]'s.

use std::collections::VecDeque;

use super::frame::Frame;

/// Frames a writer takes at a time: enough to fill a segment, few enough to forget the rest at
/// once when a slow reader is cut off.
pub const BATCH: usize = 64;

/// A queue that grew beyond this gives its memory back when it has run empty.
const KEEP_CAPACITY: usize = 16;

/// What happens to a reader for whom too much waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SlowReader {
    /// It is disconnected with close code 1013 (try again later)
    Disconnect,
    /// It loses the messages that have waited longest
    DropOldest,
}

/// What became of a pushed frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Push {
    /// It waits to be written. `dropped` older ones made place for it.
    Queued {
        /// Messages lost to [`SlowReader::DropOldest`].
        dropped: usize,
    },
    /// There is no place: the reader is slow. It was not queued.
    Full,
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
    queue: VecDeque<Frame>,
    /// Cost of what waits, and of what the writer has taken but not yet written.
    bytes: usize,
    /// Cost of what this client has said and its room has not yet passed on: some of it will come
    /// back here.
    published: usize,
    bounds: Bounds,
    state: State,
    writing: bool,
}

impl Outbox {
    /// An empty outbox. It says that a writer is at work, so that frames may be pushed while the
    /// answer to the handshake has yet to be written: the caller starts that writer.
    pub fn new(bounds: Bounds) -> Outbox {
        Outbox {
            queue: VecDeque::new(),
            bytes: 0,
            published: 0,
            bounds,
            state: State::Open,
            writing: true,
        }
    }

    /// Adds a frame.
    pub fn push(&mut self, frame: Frame) -> Push {
        if !self.is_open() {
            return Push::Refused;
        }
        let cost = frame.cost();
        let mut dropped = 0;
        while self.bytes != 0 && self.bytes + cost > self.bounds.limit {
            match self.bounds.policy {
                SlowReader::Disconnect => return Push::Full,
                // What the writer has taken cannot be dropped: it may be half written.
                SlowReader::DropOldest => match self.queue.pop_front() {
                    Some(oldest) => {
                        self.bytes -= oldest.cost();
                        dropped += 1;
                    }
                    None => break,
                },
            }
        }
        self.bytes += cost;
        self.queue.push_back(frame);
        Push::Queued { dropped }
    }

    /// Ends it with a close frame, unless it has been ended already.
    pub fn close(&mut self, frame: Frame, rest: Rest) {
        if self.is_open() {
            self.state = State::Closing(frame);
            if rest == Rest::Discard {
                self.bytes -= self.queue.drain(..).map(|f| f.cost()).sum::<usize>();
                self.queue = VecDeque::new();
            }
        }
    }

    /// Ends it at once: the socket takes nothing.
    pub fn abort(&mut self) {
        self.state = State::Closed;
        self.writing = false;
        self.bytes = 0;
        self.queue = VecDeque::new();
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
            .saturating_sub(batch.drain(..).map(|f| f.cost()).sum());
        if matches!(self.state, State::Closed) {
            return Take::Idle;
        }
        let count = self.queue.len().min(BATCH);
        batch.extend(self.queue.drain(..count));
        if self.queue.is_empty() {
            if let State::Closing(_) = self.state
                && let State::Closing(frame) = std::mem::replace(&mut self.state, State::Closed)
            {
                batch.push(frame);
                return Take::Last;
            }
            if batch.is_empty() {
                self.writing = false;
                if self.queue.capacity() > KEEP_CAPACITY {
                    self.queue = VecDeque::new();
                }
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

    /// Whether so much waits that this client should not cause more.
    pub fn is_busy(&self) -> bool {
        self.bytes + self.published > self.bounds.busy && self.is_open()
    }

    /// Whether frames are still accepted.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Whether nothing will be written any more and no writer is at work.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Closed) && !self.writing
    }
}

#[cfg(test)]
mod tests {
    use super::super::close::Code;
    use super::super::frame::Opcode;
    use super::*;

    fn frame(tag: u8) -> Frame {
        Frame::new(Opcode::Binary, &[tag; 100])
    }

    fn close() -> Frame {
        Frame::close(Some(Code::AWAY), "")
    }

    /// An outbox for `n` of the frames above, busy from half of them on, its first writer gone.
    fn outbox(n: usize, policy: SlowReader) -> Outbox {
        let limit = n * frame(0).cost();
        let mut outbox = Outbox::new(Bounds {
            limit,
            busy: limit / 2,
            policy,
        });
        assert!(!outbox.start_writing());
        let mut batch = vec![Frame::preamble(vec![1])];
        assert_eq!(outbox.take(&mut batch), Take::Idle);
        assert!(batch.is_empty() && outbox.bytes == 0);
        outbox
    }

    fn tags(batch: &[Frame]) -> Vec<u8> {
        batch.iter().map(|f| f.bytes()[2]).collect()
    }

    const QUEUED: Push = Push::Queued { dropped: 0 };

    #[test]
    fn one_writer_at_a_time_in_order() {
        let mut outbox = outbox(10, SlowReader::Disconnect);
        assert!(!outbox.start_writing());
        outbox.push(frame(1));
        assert!(outbox.start_writing());
        outbox.push(frame(2));
        assert!(!outbox.start_writing());
        let mut batch = Vec::new();
        assert_eq!(outbox.take(&mut batch), Take::More);
        assert_eq!(tags(&batch), [1, 2]);
        outbox.push(frame(3));
        assert_eq!(outbox.take(&mut batch), Take::More);
        assert_eq!(tags(&batch), [3]);
        assert_eq!(outbox.take(&mut batch), Take::Idle);
        outbox.push(frame(4));
        assert!(outbox.start_writing());
    }

    #[test]
    fn what_is_being_written_counts() {
        let mut outbox = outbox(2, SlowReader::Disconnect);
        let mut batch = Vec::new();
        assert_eq!(outbox.push(frame(1)), QUEUED);
        assert_eq!(outbox.take(&mut batch), Take::More);
        assert_eq!(outbox.push(frame(2)), QUEUED);
        assert!(outbox.is_busy());
        assert_eq!(outbox.push(frame(3)), Push::Full);
        assert_eq!(outbox.take(&mut batch), Take::More);
        assert!(!outbox.is_busy());
        assert_eq!(outbox.push(frame(4)), QUEUED);
    }

    #[test]
    fn what_has_been_said_counts_as_busy() {
        let mut outbox = outbox(2, SlowReader::Disconnect);
        outbox.publish(frame(0).cost() + 1);
        assert!(outbox.is_busy());
        assert_eq!(
            (outbox.push(frame(1)), outbox.push(frame(2))),
            (QUEUED, QUEUED)
        );
        outbox.passed_on(frame(0).cost() + 1);
        outbox.take(&mut Vec::new());
        outbox.take(&mut vec![frame(1), frame(2)]);
        assert!(!outbox.is_busy());
    }

    #[test]
    fn an_empty_outbox_takes_anything() {
        for policy in [SlowReader::Disconnect, SlowReader::DropOldest] {
            let mut outbox = outbox(1, policy);
            assert_eq!(outbox.push(Frame::new(Opcode::Binary, &[0; 5000])), QUEUED);
        }
    }

    #[test]
    fn the_oldest_make_place() {
        let mut outbox = outbox(3, SlowReader::DropOldest);
        let mut batch = Vec::new();
        outbox.push(frame(1));
        outbox.take(&mut batch);
        outbox.push(frame(2));
        outbox.push(frame(3));
        assert_eq!(outbox.push(frame(4)), Push::Queued { dropped: 1 });
        assert_eq!(tags(&batch), [1]);
        outbox.take(&mut batch);
        assert_eq!(tags(&batch), [3, 4]);
    }

    #[test]
    fn closing_flushes_or_discards() {
        for (rest, expected) in [(Rest::Flush, 2), (Rest::Discard, 1)] {
            let mut outbox = outbox(5, SlowReader::Disconnect);
            let mut batch = Vec::new();
            outbox.push(frame(1));
            outbox.close(close(), rest);
            outbox.close(Frame::close(None, ""), Rest::Flush);
            assert_eq!(outbox.push(frame(2)), Push::Refused);
            assert!(outbox.start_writing() && !outbox.is_over());
            assert_eq!(outbox.take(&mut batch), Take::Last);
            assert_eq!(batch.len(), expected);
            assert_eq!(batch.last(), Some(&close()));
            outbox.abort();
            assert!(outbox.is_over() && !outbox.start_writing());
        }
    }

    #[test]
    fn batches_are_bounded_and_memory_is_given_back() {
        let mut outbox = outbox(1000, SlowReader::Disconnect);
        let mut batch = Vec::new();
        for _ in 0..BATCH + 1 {
            outbox.push(frame(0));
        }
        outbox.close(close(), Rest::Flush);
        assert_eq!(outbox.take(&mut batch), Take::More);
        assert_eq!(batch.len(), BATCH);
        assert_eq!(outbox.take(&mut batch), Take::Last);
        assert_eq!(batch.len(), 2);
        assert_eq!(outbox.queue.len(), 0);
    }

    #[test]
    fn an_abort_ends_everything() {
        let mut outbox = outbox(5, SlowReader::Disconnect);
        let mut batch = Vec::new();
        outbox.push(frame(1));
        assert!(outbox.start_writing());
        outbox.take(&mut batch);
        outbox.push(frame(2));
        outbox.abort();
        assert_eq!(outbox.take(&mut batch), Take::Idle);
        assert_eq!(outbox.push(frame(3)), Push::Refused);
        assert!(outbox.is_over() && !outbox.is_busy());
    }
}
