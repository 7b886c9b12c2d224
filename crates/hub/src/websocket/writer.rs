//! The goroutine that writes one client's frames, as long as there are any.

use std::array;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Instant;

use super::Session;
use super::frame::Frame;
use super::outbox::{BATCH, Take};
use crate::stats::Counters;

/// Writes `batch`, then whatever the outbox gives, until it is empty or the connection is over.
pub fn run(session: &Arc<Session>, mut batch: Vec<Frame>) {
    let mut last = false;
    loop {
        if write_all(&mut &*session.stream, &batch).is_err() {
            return session.abort();
        }
        count(&session.counters, &batch);
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
    let _ = session.stream.shutdown(Shutdown::Write);
    session
        .stream
        .set_read_deadline(Some(Instant::now() + session.config.close_timeout));
    session.finish();
}

fn count(counters: &Counters, batch: &[Frame]) {
    let messages = batch.iter().filter(|f| f.is_message()).count();
    if messages != 0 {
        Counters::add(&counters.messages_out, messages as u64);
        let bytes: usize = batch.iter().map(|f| f.bytes().len()).sum();
        Counters::add(&counters.bytes_out, bytes as u64);
    }
}

/// Writes all frames, many in one system call.
fn write_all(to: &mut impl Write, batch: &[Frame]) -> io::Result<()> {
    for frames in batch.chunks(BATCH) {
        let mut slices: [IoSlice<'_>; BATCH] =
            array::from_fn(|i| IoSlice::new(frames.get(i).map_or(&[], Frame::bytes)));
        let mut left = &mut slices[..frames.len()];
        while !left.is_empty() {
            match to.write_vectored(left) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => IoSlice::advance_slices(&mut left, n),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::frame::Opcode;
    use super::*;

    /// Takes at most so many bytes a call.
    struct Stingy(Vec<u8>, usize);

    impl Write for Stingy {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            let n = buf.len().min(self.1);
            self.0.extend_from_slice(&buf[..n]);
            Ok(n)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn partial_writes_lose_nothing() {
        let batch: Vec<Frame> = (0..BATCH * 2 + 3)
            .map(|i| Frame::new(Opcode::Binary, &vec![i as u8; i]))
            .collect();
        let whole: Vec<u8> = batch.iter().flat_map(|f| f.bytes().to_vec()).collect();
        for at_once in [1, 2, 7, 100, usize::MAX] {
            let mut out = Stingy(Vec::new(), at_once);
            write_all(&mut out, &batch).unwrap();
            assert!(out.0 == whole, "{at_once}");
        }
        let nothing = write_all(&mut Stingy(Vec::new(), 0), &batch);
        assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WriteZero);
    }
}
