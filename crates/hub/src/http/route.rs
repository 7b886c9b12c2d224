//! Which resource a request names.

use super::Request;
use crate::config::MAX_ROOM_NAME;
use crate::page::Asset;

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// `/` and what belongs to it.
    Page(&'static Asset),
    /// `/stats`
    Stats,
    /// `/stats/operator`: for the operator's page.
    Operator,
    /// `/debug/...`
    Debug,
    /// `/healthz`
    Health,
    /// `/ws`, `/hub`, `/echo`
    Socket(Endpoint),
    /// No such path.
    NotFound,
    /// The path exists, but only for GET and HEAD.
    MethodNotAllowed,
    /// The path exists, but its query makes no sense.
    Bad(&'static str),
}

/// What a WebSocket is connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// Everyone in a room.
    Room {
        /// Of this name.
        name: String,
        /// Whether a gap ends the connection: unless `gaps=ignore`.
        gap_ends: bool,
    },
    /// Any number of rooms, in JSON.
    Json,
    /// Itself.
    Echo,
}

/// Finds the route.
pub fn route(request: &Request) -> Route {
    let route = match request.path.as_str() {
        "/stats" => Route::Stats,
        "/healthz" => Route::Health,
        "/ws" => match room(&request.query) {
            Ok(name) => Route::Socket(Endpoint::Room {
                name,
                gap_ends: parameter(&request.query, "gaps").as_deref() != Some("ignore"),
            }),
            Err(reason) => Route::Bad(reason),
        },
        "/hub" => Route::Socket(Endpoint::Json),
        "/echo" => Route::Socket(Endpoint::Echo),
        "/stats/operator" => Route::Operator,
        path if path == "/debug" || path.starts_with("/debug/") => Route::Debug,
        path => match Asset::find(path) {
            Some(asset) => Route::Page(asset),
            None => return Route::NotFound,
        },
    };
    match (request.method.as_str(), &route) {
        ("GET", _) => route,
        (
            "HEAD",
            Route::Page(_) | Route::Stats | Route::Operator | Route::Debug | Route::Health,
        ) => route,
        _ => Route::MethodNotAllowed,
    }
}

/// The first `room` of a query, decoded; the nameless room if there is none.
fn room(query: &str) -> Result<String, &'static str> {
    let raw = raw_parameter(query, "room").unwrap_or("");
    let name = decode(raw).ok_or("the room's name is not percent-encoded UTF-8")?;
    if name.len() > MAX_ROOM_NAME {
        return Err("the room's name is too long");
    }
    Ok(name)
}

/// The first parameter of this name, decoded; none if there is none, or if it cannot be decoded.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    decode(raw_parameter(query, name)?)
}

fn raw_parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .find_map(|pair| match pair.split_once('=') {
            Some((key, value)) => (key == name).then_some(value),
            None => (pair == name).then_some(""),
        })
}

/// Undoes the encoding of form fields: `+` is a space, `%xx` a byte.
fn decode(text: &str) -> Option<String> {
    percent_decoded(&text.replace('+', " "))
}

/// Bytes for each `%xx`; none if there is no such byte, or the whole is not UTF-8.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                (digit()? << 4 | digit()?) as u8
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::super::HeadReader;
    use super::*;

    fn to(line: &str) -> Route {
        let head = format!("{line} HTTP/1.1\r\nHost: h\r\n\r\n");
        route(&HeadReader::parse_for_tests(&head))
    }

    fn in_room(name: &str) -> Route {
        Route::Socket(Endpoint::Room {
            name: name.into(),
            gap_ends: true,
        })
    }

    #[test]
    fn paths() {
        assert!(matches!(to("GET /"), Route::Page(_)));
        assert!(matches!(to("GET /?room=x"), Route::Page(_)));
        assert!(matches!(to("GET /hub.css"), Route::Page(_)));
        assert_eq!(to("HEAD /stats"), Route::Stats);
        assert_eq!(to("GET /echo"), Route::Socket(Endpoint::Echo));
        assert_eq!(to("GET /hub"), Route::Socket(Endpoint::Json));
        assert_eq!(to("GET /debug/goroutines"), Route::Debug);
        assert_eq!(to("GET /debugger"), Route::NotFound);
        assert_eq!(to("GET /nothing"), Route::NotFound);
        assert_eq!(to("POST /nothing"), Route::NotFound);
        assert_eq!(to("POST /"), Route::MethodNotAllowed);
        assert_eq!(to("HEAD /ws"), Route::MethodNotAllowed);
        assert_eq!(to("get /"), Route::MethodNotAllowed);
    }

    #[test]
    fn rooms() {
        assert_eq!(to("GET /ws"), in_room(""));
        assert_eq!(to("GET /ws?"), in_room(""));
        assert_eq!(to("GET /ws?room"), in_room(""));
        assert_eq!(to("GET /ws?a=b&room=x&room=y"), in_room("x"));
        assert_eq!(
            to("GET /ws?gaps=ignore&room=x"),
            Route::Socket(Endpoint::Room {
                name: "x".into(),
                gap_ends: false
            })
        );
        assert_eq!(
            to("GET /ws?room=caf%C3%a9+%26+t%65a"),
            in_room("café & tea")
        );
        for wrong in ["%", "%4", "%zz", "%ff", "%+1"] {
            assert!(
                matches!(to(&format!("GET /ws?room={wrong}")), Route::Bad(_)),
                "{wrong}"
            );
        }
        assert!(matches!(
            to(&format!("GET /ws?room={}", "a".repeat(256))),
            Route::Socket(_)
        ));
        assert!(matches!(
            to(&format!("GET /ws?room={}", "a".repeat(257))),
            Route::Bad(_)
        ));
    }
}
