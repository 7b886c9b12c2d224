//! What a client of `/hub` may ask for.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A request. Which of the fields there must be depends on the kind; unknown ones are ignored, so
/// that clients may be newer than the hub.
#[derive(Debug, Deserialize)]
pub struct Request<'a> {
    /// What is asked for.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Comes back with the answer, as it is.
    #[serde(borrow, default, deserialize_with = "present")]
    pub id: Option<&'a RawValue>,
    /// In which room.
    #[serde(borrow)]
    pub room: Option<Cow<'a, str>>,
    /// What is published: any JSON value.
    #[serde(borrow, default, deserialize_with = "present")]
    pub data: Option<&'a RawValue>,
    /// What is published: bytes, in base64.
    #[serde(borrow)]
    pub binary: Option<Cow<'a, str>>,
    /// How many of the last messages are wanted.
    pub history: Option<usize>,
    /// Whether changes of the count of members are.
    pub presence: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Subscribe,
    Unsubscribe,
    Publish,
    Presence,
    Ping,
}

/// A value that is there is there, be it `null`.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

/// Longest `id`: it comes back.
const MAX_ID: usize = 128;

impl<'a> Request<'a> {
    /// Reads one; or says what is wrong with it.
    pub fn parse(text: &'a [u8]) -> Result<Request<'a>, String> {
        let request: Request<'a> = serde_json::from_slice(text).map_err(|e| e.to_string())?;
        match request.id {
            Some(id) if id.get().len() > MAX_ID => Err("the id is too long".into()),
            _ => Ok(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_there_is() {
        let text = br#"{"type":"publish","id":[1],"room":"a\u0062","data":{"x": 1},"new":0}"#;
        let request = Request::parse(text).unwrap();
        assert_eq!(request.kind, Kind::Publish);
        assert_eq!(request.room.as_deref(), Some("ab"));
        assert_eq!(request.id.unwrap().get(), "[1]");
        assert_eq!(request.data.unwrap().get(), r#"{"x": 1}"#);
        let null = Request::parse(br#"{"type":"publish","data":null}"#).unwrap();
        assert_eq!(
            (null.data.unwrap().get(), null.id.is_none()),
            ("null", true)
        );
        for wrong in [
            "",
            "[]",
            r#"{"type":"shout"}"#,
            r#"{"room":"a"}"#,
            r#"{"type":"ping","history":-1}"#,
            &format!(r#"{{"type":"ping","id":"{}"}}"#, "x".repeat(200)),
            &"[".repeat(100_000),
        ] {
            assert!(Request::parse(wrong.as_bytes()).is_err(), "{wrong:.40}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Request::parse(&bytes);
        }
    }
}
