//! Inflaters: leased while a message comes, or kept for a connection.

use flate2::{Decompress, FlushDecompress, Status};

use super::compress::TAIL;
use crate::error::ProtocolError;
use crate::pool::{Lease, Pool};

/// Inflaters with a full window, which read every smaller one; some 40 KiB each. Boxed, as what an idle
/// connection has in its place is as large.
static POOL: Pool<Box<Decompress>> = Pool::new(8, |_| true);

/// A block that is the last, and empty. Read behind the tail of a message that ends at the end of a
/// block, it ends the stream; and not, if the message was cut off.
const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];

/// What a message grows by, at least, while it is inflated.
const STEP: usize = 4 << 10;

/// The inflating side of a connection. Without context takeover it holds nothing between messages.
#[derive(Debug)]
pub(crate) struct Inflater {
    state: State,
    /// The last block has come. Whatever follows begins a stream of its own.
    ended: bool,
    /// Streams that were begun behind a last block, in this message.
    restarts: u8,
}

/// More of them are no message of anybody's, but work that is made for us: two bytes ask for one, and
/// each copies a window.
const MOST_RESTARTS: u8 = 64;

#[derive(Debug)]
enum State {
    /// Between messages, without context takeover.
    None,
    /// Within a message, without context takeover.
    Leased(Lease<Box<Decompress>>),
    /// With context takeover.
    Kept(Box<Decompress>),
}

impl Inflater {
    /// For what is sent with a window of so many bits, which is forgotten after each message or not.
    pub(crate) fn new(window_bits: u8, forgets: bool) -> Inflater {
        let state = if forgets {
            State::None
        } else {
            let bits = window_bits.clamp(9, 15);
            State::Kept(Box::new(Decompress::new_with_window_bits(false, bits)))
        };
        Inflater {
            state,
            ended: false,
            restarts: 0,
        }
    }

    /// Inflates the next bytes of a message, and appends to `out`, which is all of the message so far.
    /// What is in `out` and what is made room for is never more than `limit` and a byte.
    pub(crate) fn push(
        &mut self,
        mut input: &[u8],
        out: &mut Vec<u8>,
        limit: usize,
    ) -> Result<(), ProtocolError> {
        if let State::None = self.state {
            let mut leased = POOL.lease(|| Box::new(Decompress::new(false)));
            leased.reset(false);
            self.state = State::Leased(leased);
        }
        loop {
            if self.ended {
                if input.is_empty() {
                    return Ok(());
                }
                self.restart(out)?;
            }
            make_room(out, limit);
            let inflate = self.get();
            let (before_in, before_out) = (inflate.total_in(), out.len());
            let status = inflate
                .decompress_vec(input, out, FlushDecompress::None)
                .map_err(|_| ProtocolError::BadDeflate)?;
            let used = (inflate.total_in() - before_in) as usize;
            input = &input[used..];
            if out.len() > limit {
                return Err(ProtocolError::MessageTooBig { limit });
            }
            self.ended = status == Status::StreamEnd;
            if self.ended {
                continue;
            }
            // With room left, all there is has been inflated.
            if input.is_empty() && out.len() < out.capacity() {
                return Ok(());
            }
            if used == 0 && out.len() == before_out {
                return Err(ProtocolError::BadDeflate);
            }
        }
    }

    /// The message is at its end.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>, limit: usize) -> Result<(), ProtocolError> {
        self.restarts = 0;
        // A message may end in a last block (RFC 7692, 7.2.3.4), with or without a byte behind it.
        let at_last_block = self.ended;
        if !at_last_block {
            self.push(&TAIL, out, limit)?;
        }
        if let State::Leased(_) = self.state {
            let length = out.len();
            if !at_last_block {
                self.push(&LAST, out, limit)?;
            }
            let whole = self.ended && out.len() == length;
            self.abandon();
            if !whole {
                return Err(ProtocolError::BadDeflate);
            }
        }
        Ok(())
    }

    /// The connection is at its end, or the message: without context takeover, gives everything back.
    pub(crate) fn abandon(&mut self) {
        if let State::Leased(_) = self.state {
            self.state = State::None;
            self.ended = false;
            self.restarts = 0;
        }
    }

    /// Begins a new stream, which remembers this message.
    fn restart(&mut self, out: &[u8]) -> Result<(), ProtocolError> {
        if self.restarts == MOST_RESTARTS {
            return Err(ProtocolError::BadDeflate);
        }
        self.restarts += 1;
        self.ended = false;
        let inflate = self.get();
        inflate.reset(false);
        let memory = &out[out.len().saturating_sub(1 << 15)..];
        if memory.is_empty() {
            return Ok(());
        }
        inflate
            .set_dictionary(memory)
            .map_err(|_| ProtocolError::BadDeflate)?;
        Ok(())
    }

    fn get(&mut self) -> &mut Decompress {
        match &mut self.state {
            State::Leased(inflate) => inflate,
            State::Kept(inflate) => inflate,
            State::None => unreachable!("leased for the whole message"),
        }
    }
}

/// Room for a step more, doubling, but never beyond the limit and a byte: the byte tells that there
/// would be more.
fn make_room(out: &mut Vec<u8>, limit: usize) {
    if out.len() < out.capacity() {
        return;
    }
    let most = limit.saturating_add(1);
    let wanted = (2 * out.capacity()).max(out.len() + STEP).min(most);
    out.reserve_exact(wanted.saturating_sub(out.len()).max(1));
}
