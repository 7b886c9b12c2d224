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
        match decode::decode(rest).map_err(|e| e.to_string())? {
            None => Ok(None),
            Some((frame, used)) => {
                self.done += used;
                Ok(Some(reply(frame)))
            }
        }
    }
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
