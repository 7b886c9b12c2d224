//! Compressors: leased for a message, or kept for a connection.
//!
//! A message is compressed to a flush, which ends in an empty block without compression, and the last
//! four bytes of that, `00 00 ff ff`, are left out (RFC 7692, 7.2.1).

use flate2::{Compress, Compression, FlushCompress};

use crate::deflate::Params;
use crate::frame::Role;
use crate::pool::Pool;

/// The end of every flush, which is not sent.
pub(super) const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Compressors for windows of 9 to 15 bits, some 280 KiB each at 15.
static POOLS: [Pool<Leased>; 7] = [const { Pool::new(2, |_| true) }; 7];

struct Leased {
    compress: Compress,
    level: u8,
}

/// Compresses one message by itself, and appends it to `out`. Level 0 to 9; window 8 to 15 bits.
pub fn deflate_message(payload: &[u8], window_bits: u8, level: u8, out: &mut Vec<u8>) {
    let bits = real_bits(window_bits);
    let make = || Leased {
        compress: new(bits, level),
        level,
    };
    let mut leased = POOLS[bits as usize - 9].lease(make);
    if leased.level != level {
        *leased = make();
    }
    leased.compress.reset();
    flush(&mut leased.compress, payload, out);
}

/// zlib has no window of 8 bits. Its window of 9 serves: it never refers back farther than the window
/// less 262 bytes, that is 250 (a test looks at every distance).
fn real_bits(window_bits: u8) -> u8 {
    window_bits.clamp(9, 15)
}

fn new(bits: u8, level: u8) -> Compress {
    Compress::new_with_window_bits(Compression::new(level.min(9).into()), false, bits)
}

fn flush(compress: &mut Compress, payload: &[u8], out: &mut Vec<u8>) {
    // zlib does not flush twice with nothing between. At its boundaries of messages a stream is at a
    // byte's begin, where this byte and the tail are an empty block (RFC 7692, 7.2.3.6).
    if payload.is_empty() {
        return out.push(0);
    }
    let begin = compress.total_in();
    let mut left = payload;
    loop {
        // Half the message at first; doubled by the vector when that is too little.
        out.reserve((left.len() / 2).max(64));
        compress
            .compress_vec(left, out, FlushCompress::Sync)
            .expect("a compressor between its calls is in order");
        left = &payload[(compress.total_in() - begin) as usize..];
        if left.is_empty() && out.len() < out.capacity() {
            break;
        }
    }
    assert!(out.ends_with(&TAIL), "every flush ends like this");
    out.truncate(out.len() - TAIL.len());
}

/// The compressing side of a connection. Without context takeover it holds nothing.
#[derive(Debug)]
pub(crate) struct Compressor {
    params: Params,
    /// With context takeover, once the first message has been compressed.
    kept: Option<Box<Compress>>,
}

impl Compressor {
    pub(crate) fn new(params: &Params) -> Compressor {
        Compressor {
            params: *params,
            kept: None,
        }
    }

    pub(crate) fn params(&self) -> &Params {
        &self.params
    }

    /// Compresses a message from `role`, if that is worth it, and appends it to `out`; false if the
    /// message is to be sent as it is, and then `out` is as it was.
    pub(crate) fn message(&mut self, role: Role, payload: &[u8], out: &mut Vec<u8>) -> bool {
        if payload.len() < self.params.min_size {
            return false;
        }
        let (window_bits, forgets) = self.params.sends(role);
        let begin = out.len();
        if forgets {
            deflate_message(payload, window_bits, self.params.level, out);
            if out.len() - begin >= payload.len() {
                out.truncate(begin);
                return false;
            }
        } else {
            // Sent however long it is: the memory of both sides must stay the same.
            let (bits, level) = (real_bits(window_bits), self.params.level);
            let kept = self.kept.get_or_insert_with(|| Box::new(new(bits, level)));
            flush(kept, payload, out);
        }
        true
    }

    /// A message has been sent, compressed, that this compressor has not seen: what it remembers is
    /// no longer where the receiver has it.
    pub(crate) fn forget(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.reset();
        }
    }
}
