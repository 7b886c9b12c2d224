//! Something said in a room: made once, in every form in which a member may want it.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gompa_ws::{Kind, Prepared};
use serde_json::value::RawValue;

/// What kind of thing was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Content {
    /// A text; to JSON clients a string.
    Text = b'T',
    /// Bytes; to JSON clients in base64.
    Binary = b'B',
    /// A JSON value; to raw clients its text, or, if it is a string, the string itself.
    Json = b'J',
}

/// Which message it is: of all that were said in a room through one hub, the `seq`th. The same on
/// every hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id {
    /// Where it entered: a number for a hub and the time it had the room open.
    pub source: u64,
    /// Counts from 1.
    pub seq: u64,
}

/// Something said in a room, shared by all who get it.
#[derive(Debug)]
pub struct Said {
    /// Which one.
    pub id: Id,
    /// When this hub got it.
    pub at: Instant,
    room: Arc<str>,
    /// Who said it, as a token names them.
    from: Option<Box<str>>,
    content: Content,
    raw: Prepared,
    /// The JSON text of a string, which in `raw` is not JSON.
    quoted: Option<Box<str>>,
    json: OnceLock<Prepared>,
}

impl Said {
    /// `payload` is UTF-8 unless it is binary, and JSON if it says so; what is not, is taken as
    /// binary.
    pub fn new(
        id: Id,
        room: &Arc<str>,
        from: Option<&str>,
        content: Content,
        payload: &[u8],
        at: Instant,
    ) -> Said {
        let (mut content, mut quoted) = (content, None);
        let raw = match content {
            Content::Binary => Prepared::new(Kind::Binary, payload),
            Content::Text if std::str::from_utf8(payload).is_ok() => {
                Prepared::new(Kind::Text, payload)
            }
            Content::Json if serde_json::from_slice::<&RawValue>(payload).is_ok() => {
                match serde_json::from_slice::<String>(payload) {
                    Ok(text) => {
                        quoted = String::from_utf8(payload.to_vec()).ok().map(Into::into);
                        Prepared::new(Kind::Text, text.as_bytes())
                    }
                    Err(_) => Prepared::new(Kind::Text, payload),
                }
            }
            _ => {
                content = Content::Binary;
                Prepared::new(Kind::Binary, payload)
            }
        };
        Said {
            id,
            at,
            room: Arc::clone(room),
            from: from.map(Into::into),
            content,
            raw,
            quoted,
            json: OnceLock::new(),
        }
    }

    /// As it is.
    pub fn raw(&self) -> &Prepared {
        &self.raw
    }

    /// As a message of the JSON protocol.
    pub fn json(&self) -> &Prepared {
        self.json
            .get_or_init(|| Prepared::new(Kind::Text, self.to_json().as_bytes()))
    }

    /// Bytes of its payload.
    pub fn len(&self) -> usize {
        self.raw.payload().len()
    }

    /// Whether it has no payload.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn to_json(&self) -> String {
        let quote = |text: &str| serde_json::to_string(text).expect("strings become JSON");
        let Id { source, seq } = self.id;
        let mut out = format!(
            r#"{{"type":"message","room":{},"id":"{source:016x}-{seq}""#,
            quote(&self.room)
        );
        if let Some(from) = &self.from {
            let _ = write!(out, r#","from":{}"#, quote(from));
        }
        let payload = self.raw.payload();
        let text = || std::str::from_utf8(payload).expect("checked when it was made");
        match (self.content, &self.quoted) {
            (Content::Binary, _) => {
                let _ = write!(out, r#","binary":"{}""#, STANDARD.encode(payload));
            }
            (Content::Json, Some(quoted)) => {
                let _ = write!(out, r#","data":{quoted}"#);
            }
            (Content::Json, None) => {
                let _ = write!(out, r#","data":{}"#, text());
            }
            (Content::Text, _) => {
                let _ = write!(out, r#","data":{}"#, quote(text()));
            }
        }
        out.push('}');
        out
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn said(content: Content, payload: &[u8]) -> (Said, Value) {
        let id = Id {
            source: 255,
            seq: 7,
        };
        let said = Said::new(
            id,
            &"a \"room\"".into(),
            Some("lhamo"),
            content,
            payload,
            Instant::now(),
        );
        let value = serde_json::from_slice(said.json().payload()).unwrap();
        (said, value)
    }

    #[test]
    fn every_kind_in_both_forms() {
        let common = |rest: (&str, Value)| {
            let mut value = json!({
                "type": "message", "room": "a \"room\"", "id": "00000000000000ff-7", "from": "lhamo"
            });
            value[rest.0] = rest.1;
            value
        };
        let (text, value) = said(Content::Text, "héllo\n".as_bytes());
        assert_eq!(text.raw().payload(), "héllo\n".as_bytes());
        assert_eq!(value, common(("data", json!("héllo\n"))));

        let (binary, value) = said(Content::Binary, &[0, 255]);
        assert_eq!(binary.raw().kind(), Kind::Binary);
        assert_eq!(value, common(("binary", json!("AP8="))));

        let (object, value) = said(Content::Json, br#"{"a": [1]}"#);
        assert_eq!(object.raw().payload(), br#"{"a": [1]}"#);
        assert_eq!(object.raw().kind(), Kind::Text);
        assert_eq!(value, common(("data", json!({"a": [1]}))));

        let (string, value) = said(Content::Json, br#""a\"b""#);
        assert_eq!(string.raw().payload(), b"a\"b");
        assert_eq!(value, common(("data", json!("a\"b"))));
    }

    /// What comes over a broker may be anything.
    #[test]
    fn what_is_not_what_it_says_is_binary() {
        for content in [Content::Text, Content::Json] {
            for payload in [&b"\xff"[..], b"{\xff}"] {
                let (said, value) = said(content, payload);
                assert_eq!(said.raw().kind(), Kind::Binary);
                assert!(value["binary"].is_string());
            }
        }
        assert_eq!(said(Content::Json, b"{}}").0.raw().kind(), Kind::Binary);
    }
}
