//! A message between hubs.
//!
//! ```text
//!   'G' '1'  kind  source   seq      then, by kind
//!     2       1      8       8
//!   'T' 'B' 'J'   from's length (1), from, payload: see room::Content
//!   'P'           members (4): so many are in the room at the source; seq is its last message
//! ```
//! Numbers are big-endian.

use crate::room::{Content, Id};

const MAGIC: &[u8] = b"G1";

/// Longest `from`, in bytes; longer ones are cut.
const MAX_FROM: usize = 255;

/// See the [module](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Which message; of a count, the last message before it.
    pub id: Id,
    /// What is in it.
    pub body: Body<'a>,
}

/// What is in an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body<'a> {
    Said {
        from: Option<&'a str>,
        content: Content,
        payload: &'a [u8],
    },
    Presence {
        members: u32,
    },
}

impl<'a> Envelope<'a> {
    pub fn said(
        id: Id,
        from: Option<&'a str>,
        content: Content,
        payload: &'a [u8],
    ) -> Envelope<'a> {
        let from = from.map(|from| &from[..from.floor_char_boundary(MAX_FROM)]);
        Envelope {
            id,
            body: Body::Said {
                from,
                content,
                payload,
            },
        }
    }

    pub fn presence(id: Id, members: u32) -> Envelope<'static> {
        Envelope {
            id,
            body: Body::Presence { members },
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let kind = match self.body {
            Body::Said { content, .. } => content as u8,
            Body::Presence { .. } => b'P',
        };
        let mut out = MAGIC.to_vec();
        out.push(kind);
        out.extend_from_slice(&self.id.source.to_be_bytes());
        out.extend_from_slice(&self.id.seq.to_be_bytes());
        match self.body {
            Body::Said { from, payload, .. } => {
                let from = from.unwrap_or("");
                out.push(from.len() as u8);
                out.extend_from_slice(from.as_bytes());
                out.extend_from_slice(payload);
            }
            Body::Presence { members } => out.extend_from_slice(&members.to_be_bytes()),
        }
        out
    }

    /// None if it is something else: others may publish to our channels.
    pub fn decode(bytes: &'a [u8]) -> Option<Envelope<'a>> {
        let (kind, rest) = bytes.strip_prefix(MAGIC)?.split_first()?;
        let (source, rest) = rest.split_first_chunk()?;
        let (seq, rest) = rest.split_first_chunk()?;
        let id = Id {
            source: u64::from_be_bytes(*source),
            seq: u64::from_be_bytes(*seq),
        };
        let content = match kind {
            b'P' => {
                let members = u32::from_be_bytes(rest.try_into().ok()?);
                return Some(Envelope::presence(id, members));
            }
            b'T' => Content::Text,
            b'B' => Content::Binary,
            b'J' => Content::Json,
            _ => return None,
        };
        let (length, rest) = rest.split_first()?;
        let (from, payload) = rest.split_at_checked(*length as usize)?;
        let from = std::str::from_utf8(from).ok()?;
        let from = (!from.is_empty()).then_some(from);
        Some(Envelope::said(id, from, content, payload))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn there_and_back(source: u64, seq: u64, from in "[a-zé]{1,100}", payload: Vec<u8>, members: u32) {
            let id = Id { source, seq };
            for content in [Content::Text, Content::Binary, Content::Json] {
                for from in [None, Some(&*from)] {
                    let envelope = Envelope::said(id, from, content, &payload);
                    let bytes = envelope.encode();
                    prop_assert_eq!(Envelope::decode(&bytes), Some(envelope));
                }
            }
            let envelope = Envelope::presence(id, members);
            let bytes = envelope.encode();
            prop_assert_eq!(Envelope::decode(&bytes), Some(envelope));
        }

        #[test]
        fn anything_else_is_nothing(bytes: Vec<u8>) {
            let _ = Envelope::decode(&bytes);
            let _ = Envelope::decode(&[MAGIC, &bytes].concat());
        }
    }

    #[test]
    fn a_long_sender_is_cut() {
        let id = Id { source: 1, seq: 2 };
        let from = "é".repeat(200);
        let bytes = Envelope::said(id, Some(&from), Content::Text, b"x").encode();
        let Some(Envelope {
            body:
                Body::Said {
                    from: Some(cut),
                    payload,
                    ..
                },
            ..
        }) = Envelope::decode(&bytes)
        else {
            panic!("{bytes:?}")
        };
        assert_eq!((cut.len(), payload), (254, &b"x"[..]));
    }
}
