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
    /// `/healthz`
    Health,
    /// `/ws`, `/echo`
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
    /// Everyone in the room of this name.
    Room(String),
    /// Itself.
    Echo,
}

/// Finds the route.
pub fn route(request: &Request) -> Route {
    let route = match request.path.as_str() {
        "/stats" => Route::Stats,
        "/healthz" => Route::Health,
        "/ws" => match room(&request.query) {
            Ok(room) => Route::Socket(Endpoint::Room(room)),
            Err(reason) => Route::Bad(reason),
        },
        "/echo" => Route::Socket(Endpoint::Echo),
        path => match Asset::find(path) {
            Some(asset) => Route::Page(asset),
            None => return Route::NotFound,
        },
    };
    match (request.method.as_str(), &route) {
        ("GET", _) => route,
        ("HEAD", Route::Page(_) | Route::Stats | Route::Health) => route,
        _ => Route::MethodNotAllowed,
    }
}

/// The first `room` of a query, decoded; the nameless room if there is none.
fn room(query: &str) -> Result<String, &'static str> {
    let raw = query
        .split('&')
        .find_map(|pair| match pair.split_once('=') {
            Some((name, value)) => (name == "room").then_some(value),
            None => (pair == "room").then_some(""),
        });
    let name = decode(raw.unwrap_or("")).ok_or("the room's name is not percent-encoded UTF-8")?;
    if name.len() > MAX_ROOM_NAME {
        return Err("the room's name is too long");
    }
    Ok(name)
}

/// Undoes the encoding of form fields: `+` is a space, `%xx` a byte.
fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
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
        Route::Socket(Endpoint::Room(name.into()))
    }

    #[test]
    fn paths() {
        assert!(matches!(to("GET /"), Route::Page(_)));
        assert!(matches!(to("GET /?room=x"), Route::Page(_)));
        assert!(matches!(to("GET /hub.css"), Route::Page(_)));
        assert_eq!(to("HEAD /stats"), Route::Stats);
        assert_eq!(to("GET /echo"), Route::Socket(Endpoint::Echo));
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
