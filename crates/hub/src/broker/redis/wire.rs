//! Commands out, replies in: RESP3.

use redis_protocol::resp3::decode::complete as decode;
use redis_protocol::resp3::types::OwnedFrame;

/// A command and its arguments, as an array of strings.
pub fn command(words: &[&[u8]]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// What comes from Redis.
#[derive(Debug, PartialEq)]
pub enum Reply {
    /// Something was said in a channel.
    Message {
        /// Where.
        channel: String,
        /// What.
        payload: Vec<u8>,
    },
    /// A subscription holds from here on.
    Subscribed(String),
    /// Another thing that is not the answer to a command.
    Other,
    /// The answer to the oldest command that is not answered.
    Answer(OwnedFrame),
}

/// Replies, out of bytes in any pieces.
#[derive(Debug, Default)]
pub struct Replies {
    buffer: Vec<u8>,
    /// Bytes of it that are done with.
    done: usize,
}

/// Beyond this a reply is no reply of ours: see [`Replies::next`].
const MAX_REPLY: usize = 1 << 30;

/// Likewise, of lists within lists: what Redis says has three levels, and each takes stack to decode.
const MAX_DEPTH: usize = 8;

impl Replies {
    /// Where the next bytes from the socket go: `n` bytes of room.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.done == self.buffer.len() {
            self.buffer.clear();
            self.done = 0;
        } else if self.done > 1 << 16 {
            self.buffer.drain(..self.done);
            self.done = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next reply, if it is whole. An error: this is not Redis, or not RESP3.
    pub fn next(&mut self) -> Result<Option<Reply>, String> {
        let rest = &self.buffer[self.done..];
        if rest.len() > MAX_REPLY {
            return Err("a reply is too long".into());
        }
        if is_too_deep(rest) {
            return Err("a reply is nested too deep".into());
        }
        match decode::decode(rest).map_err(|e| e.to_string())? {
            None => Ok(None),
            Some((frame, used)) => {
                self.done += used;
                Ok(Some(reply(frame)))
            }
        }
    }
}

/// Whether the first reply in there, as far as it has come, has more levels than any of ours.
fn is_too_deep(mut bytes: &[u8]) -> bool {
    // How many elements are still to come, of each list that is open.
    let mut open: Vec<u64> = Vec::new();
    while let Some(end) = bytes.iter().position(|b| *b == b'\n') {
        let (line, rest) = (bytes[..end].trim_ascii_end(), &bytes[end + 1..]);
        bytes = rest;
        let (kind, number) = line.split_at_checked(1).unwrap_or_default();
        // Without one its end is marked, and not looked for here.
        let number = str::from_utf8(number).ok().and_then(|n| n.parse().ok());
        let elements = match kind {
            b"*" | b"~" | b">" => number.unwrap_or(u64::MAX),
            b"%" | b"|" => number.map_or(u64::MAX, |n: u64| n.saturating_mul(2)),
            b"$" | b"!" | b"=" => {
                let skip = number.unwrap_or(0).saturating_add(2);
                let skip = usize::try_from(skip).unwrap_or(usize::MAX);
                bytes = bytes.get(skip..).unwrap_or_default();
                0
            }
            _ => 0,
        };
        if elements > 0 {
            open.push(elements);
            if open.len() > MAX_DEPTH {
                return true;
            }
            continue;
        }
        // One more is whole, and with it every list of which it was the last.
        while let Some(left) = open.last_mut() {
            *left -= 1;
            if *left > 0 {
                break;
            }
            open.pop();
        }
        if open.is_empty() {
            break;
        }
    }
    false
}

fn reply(frame: OwnedFrame) -> Reply {
    let OwnedFrame::Push { data, .. } = frame else {
        return Reply::Answer(frame);
    };
    let mut words = data.into_iter().map(bytes);
    let mut word = || words.next().flatten();
    match (word().as_deref(), word(), word()) {
        (Some(b"message"), Some(channel), Some(payload)) => Reply::Message {
            channel: text(channel),
            payload,
        },
        (Some(b"subscribe"), Some(channel), _) => Reply::Subscribed(text(channel)),
        _ => Reply::Other,
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The bytes of a string.
pub fn bytes(frame: OwnedFrame) -> Option<Vec<u8>> {
    match frame {
        OwnedFrame::BlobString { data, .. } | OwnedFrame::SimpleString { data, .. } => Some(data),
        _ => None,
    }
}

/// What Redis complains of.
pub fn error(frame: &OwnedFrame) -> Option<String> {
    match frame {
        OwnedFrame::SimpleError { data, .. } => Some(data.clone()),
        OwnedFrame::BlobError { data, .. } => Some(String::from_utf8_lossy(data).into_owned()),
        _ => None,
    }
}

/// The entries of a stream: each its id, and the one value that a hub put in.
pub fn entries(frame: OwnedFrame) -> Vec<(String, Vec<u8>)> {
    let list = |frame| match frame {
        OwnedFrame::Array { data, .. } => data,
        _ => Vec::new(),
    };
    list(frame)
        .into_iter()
        .filter_map(|entry| {
            let mut entry = list(entry).into_iter();
            let id = text(bytes(entry.next()?)?);
            let payload = bytes(list(entry.next()?).into_iter().nth(1)?)?;
            Some((id, payload))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &[u8] = b"+OK\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\n\r\n\r\n:5\r\n*1\r\n*2\r\n$3\r\n1-2\r\n*2\r\n$1\r\nm\r\n$1\r\nx\r\n-ERR no\r\n>1\r\n+x\r\n_\r\n";

    fn all(pieces: &[&[u8]]) -> Vec<Reply> {
        let mut replies = Replies::default();
        let mut out = Vec::new();
        for piece in pieces {
            replies.feed(piece);
            while let Some(reply) = replies.next().unwrap() {
                out.push(reply);
            }
        }
        out
    }

    #[test]
    fn replies_in_any_pieces() {
        let whole = all(&[STREAM]);
        assert_eq!(whole.len(), 8);
        assert_eq!(whole[1], Reply::Subscribed("c".into()));
        let message = Reply::Message {
            channel: "c".into(),
            payload: b"\r\n".to_vec(),
        };
        assert_eq!(whole[2], message);
        let Reply::Answer(stream) = &whole[4] else {
            panic!("{whole:?}")
        };
        assert_eq!(entries(stream.clone()), [("1-2".into(), b"x".to_vec())]);
        let Reply::Answer(complaint) = &whole[5] else {
            panic!("{whole:?}")
        };
        assert_eq!(error(complaint).as_deref(), Some("ERR no"));
        for cut in 0..STREAM.len() {
            assert_eq!(all(&[&STREAM[..cut], &STREAM[cut..]]), whole, "{cut}");
        }
        let bytes: Vec<&[u8]> = STREAM.chunks(1).collect();
        assert_eq!(all(&bytes), whole);
    }

    #[test]
    fn lists_in_lists() {
        let deep = |n: usize| [b"*1\r\n".repeat(n), b"+x\r\n".to_vec()].concat();
        assert_eq!(all(&[&deep(MAX_DEPTH)]).len(), 1);
        for opening in [
            "*1\r\n",
            ">2\r\n:1\r\n",
            "%1\r\n+k\r\n",
            "*?\r\n",
            "~1\r\n",
            "|1\r\n",
        ] {
            let mut replies = Replies::default();
            // Whole or not: a stack of them would be used up.
            replies.feed(&opening.as_bytes().repeat(100_000));
            assert!(replies.next().is_err(), "{opening:?}");
        }
        // Many, one after the other, are none in another.
        let flat = [b"*1000\r\n".to_vec(), deep(2).repeat(1000)].concat();
        assert_eq!(all(&[&flat]).len(), 1);
    }

    #[test]
    fn commands() {
        assert_eq!(command(&[b"PING"]), b"*1\r\n$4\r\nPING\r\n");
        assert_eq!(
            command(&[b"a", b"\r\n"]),
            b"*2\r\n$1\r\na\r\n$2\r\n\r\n\r\n"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever sits at the other end, it cannot bring us down.
        #[test]
        fn nothing_makes_it_panic(at in 0..STREAM.len(), bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            let mut broken = STREAM.to_vec();
            broken.splice(at..(at + bytes.len()).min(STREAM.len()), bytes);
            let mut replies = Replies::default();
            replies.feed(&broken);
            while let Ok(Some(reply)) = replies.next() {
                if let Reply::Answer(frame) = reply {
                    entries(frame);
                }
            }
        }
    }
}
