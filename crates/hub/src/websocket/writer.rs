//! Writing one client's frames: the attempt of whoever has some, and the goroutine that goes on
//! where the client does not take everything.

use std::array;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::time::Instant;

use gompa_ws::Frame;

use super::Session;
use super::outbox::{BATCH, Take};
use crate::stats::Counters;
use crate::stream::{Stream, Written};

/// How far an attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Frames that are written.
    pub whole: usize,
    /// Bytes of the next one that are.
    pub begun: usize,
    /// See [`Written::flushed`].
    flushed: bool,
}

impl Progress {
    /// So many bytes of these frames have gone.
    pub fn of(frames: &[Frame], written: Written) -> Progress {
        let (mut whole, mut begun) = (0, written.bytes);
        while let Some(frame) = frames.get(whole)
            && begun >= frame.bytes().len()
        {
            begun -= frame.bytes().len();
            whole += 1;
        }
        Progress {
            whole,
            begun,
            flushed: written.flushed,
        }
    }

    /// Whether there is nothing left to do.
    pub fn is_all(&self, frames: &[Frame]) -> bool {
        self.whole == frames.len() && self.flushed
    }
}

/// Tries to write frames, many in one system call, without waiting.
#[inline(never)]
pub fn attempt(stream: &Stream, frames: &[Frame]) -> io::Result<Progress> {
    let mut done = Progress {
        whole: 0,
        begun: 0,
        flushed: true,
    };
    for batch in frames.chunks(BATCH) {
        let mut slices = slices(batch);
        let written = stream.try_write(&slices[..batch.len()])?;
        let progress = Progress::of(batch, written);
        done.whole += progress.whole;
        done.begun = progress.begun;
        done.flushed = progress.flushed;
        if !progress.is_all(batch) {
            break;
        }
        slices.fill(IoSlice::new(&[]));
    }
    Ok(done)
}

/// Writes `batch`, of whose first frame `begun` bytes have gone, then whatever the outbox gives,
/// until it is empty or the connection is over.
pub fn run(session: &Arc<Session>, mut batch: Vec<Frame>, mut begun: usize) {
    let mut last = false;
    loop {
        if write_all(session, &batch, begun).is_err() {
            return session.abort();
        }
        begun = 0;
        count(&session.common.counters, &batch);
        if last {
            return end(session);
        }
        match session.take(&mut batch) {
            Take::More => {}
            Take::Last => last = true,
            Take::Idle => return,
        }
    }
}

/// The close frame is out: nothing follows, and the client has a while to answer.
fn end(session: &Session) {
    session.stream.finish();
    let answer = Instant::now() + session.common.config.close_timeout;
    session.stream.set_read_deadline(Some(answer));
    session.finish();
}

/// Counts frames that are written.
pub fn count(counters: &Counters, frames: &[Frame]) {
    let messages = frames.iter().filter(|f| f.is_message());
    let (mut n, mut bytes) = (0, 0);
    for message in messages {
        n += 1;
        bytes += message.bytes().len() as u64;
    }
    if n != 0 {
        Counters::add(&counters.messages_out, n);
        Counters::add(&counters.bytes_out, bytes);
    }
}

/// Writes all frames, many in one system call, but for the first `begun` bytes. A client that takes
/// some is alive, however long it takes for all, and though its answer to a ping may come after.
fn write_all(session: &Session, frames: &[Frame], mut begun: usize) -> io::Result<()> {
    let stream = &session.stream;
    for batch in frames.chunks(BATCH) {
        let mut slices = slices(batch);
        let mut left = &mut slices[..batch.len()];
        IoSlice::advance_slices(&mut left, begun);
        begun = 0;
        while !left.is_empty() {
            let n = stream.write(left)?;
            session.heard();
            IoSlice::advance_slices(&mut left, n);
        }
    }
    stream.flush()
}

fn slices(batch: &[Frame]) -> [IoSlice<'_>; BATCH] {
    array::from_fn(|i| IoSlice::new(batch.get(i).map_or(&[], Frame::bytes)))
}

#[cfg(test)]
mod tests {
    use gompa_ws::Opcode;

    use super::*;

    #[test]
    fn how_far_it_went() {
        let frames: Vec<Frame> = [0, 3, 100, 0, 200]
            .iter()
            .map(|n| Frame::new(Opcode::Binary, &vec![7; *n]))
            .collect();
        let lengths: Vec<usize> = frames.iter().map(|f| f.bytes().len()).collect();
        let all: usize = lengths.iter().sum();
        for bytes in 0..=all {
            let written = Written {
                bytes,
                flushed: true,
            };
            let progress = Progress::of(&frames, written);
            let before: usize = lengths[..progress.whole].iter().sum();
            assert_eq!(before + progress.begun, bytes);
            assert!(progress.begun == 0 || progress.begun < lengths[progress.whole]);
            assert_eq!(progress.is_all(&frames), bytes == all);
        }
        let held = Progress::of(
            &frames,
            Written {
                bytes: all,
                flushed: false,
            },
        );
        assert!(!held.is_all(&frames) && held.whole == frames.len());
    }
}
