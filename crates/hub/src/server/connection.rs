//! One connection until it is a WebSocket: its requests, one after the other.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gompa_ws::deflate::Params;

use super::connections::{Connections, Registration};
use super::hub::Hub;
use super::session;
use crate::access::{Claims, Full, Place, Refusal, client_address};
use crate::http::{Endpoint, HeadError, HeadReader, Request, Response, Route, Status, route};
use crate::rt::net::TcpStream;
use crate::stats::Counters;
use crate::stream::Stream;
use crate::websocket::{self, handshake};

/// Longest wait for a client to close after an answer that ends the connection.
const LINGER: Duration = Duration::from_secs(1);

/// Sees a connection through to its end, or to its becoming a WebSocket.
pub fn serve(hub: &Arc<Hub>, socket: TcpStream, peer: SocketAddr) {
    let deadline = Instant::now() + hub.common.config.handshake_timeout;
    let proxied = hub
        .common
        .config
        .trusted_proxies
        .contains(&peer.ip().to_canonical());
    let direct = (!proxied).then(|| peer.ip().to_canonical());
    let place = match hub.addresses.enter(direct) {
        Ok(place) => place,
        Err(full) => return turn_away(hub, socket, full),
    };
    let Ok(handle) = socket.try_clone() else {
        return;
    };
    let registration = Connections::add(hub, handle);
    // A socket that cannot be set up is one that the client has closed: reading will tell.
    let _ = socket.set_nodelay(true);
    if let Some(stream) = open(hub, socket, deadline) {
        stream.set_write_timeout(hub.common.config.write_timeout);
        requests(hub, stream, peer, registration, place, deadline);
    }
}

/// The stream, in TLS if that is what is served.
fn open(hub: &Hub, socket: TcpStream, deadline: Instant) -> Option<Stream> {
    #[cfg(feature = "tls")]
    if let Some(acceptor) = &hub.tls {
        return match acceptor.accept(socket, deadline) {
            Ok(tls) => Some(Stream::Tls(Box::new(tls))),
            Err(e) => {
                if e.kind() == ErrorKind::InvalidData {
                    Counters::add(&hub.common.counters.refused, 1);
                }
                None
            }
        };
    }
    let _ = (hub, deadline, ErrorKind::Other);
    Some(Stream::Plain(socket))
}

/// Says why, without waiting, and without reading what the client wants.
fn turn_away(hub: &Hub, socket: TcpStream, full: Full) {
    Counters::add(&hub.common.counters.full, 1);
    let response = match full {
        Full::InAll => Response::text(Status::Unavailable, "the hub is full"),
        Full::FromOne => Response::text(Status::TooMany, "too many connections from your address"),
    };
    let stream = Stream::Plain(socket);
    // A client that would need TLS to understand it learns from the end of the connection.
    let bytes = response.encode(true, false);
    let _ = stream.try_write(&[std::io::IoSlice::new(&bytes)]);
    stream.finish();
}

fn requests(
    hub: &Arc<Hub>,
    stream: Stream,
    peer: SocketAddr,
    registration: Registration,
    mut place: Place,
    mut deadline: Instant,
) {
    let config = &hub.common.config;
    let mut heads = HeadReader::new(config.max_head);
    loop {
        let request = match heads.next(&stream, deadline) {
            Ok(request) => request,
            Err(error) => return refuse(&stream, &error),
        };
        Counters::add(&hub.common.counters.requests, 1);
        let response = match answer(hub, &request, peer, &mut place) {
            Answer::Response(response) => response,
            Answer::Upgrade(upgrade) => {
                let rest = heads.into_rest();
                return session::start(hub, stream, registration, place, *upgrade, &rest);
            }
        };
        let keep_alive = request.keeps_alive() && hub.is_serving();
        let bytes = response.encode(request.method != "HEAD", keep_alive);
        if stream.write_all(&bytes).is_err() {
            return;
        }
        if !keep_alive {
            return part(&stream);
        }
        deadline = Instant::now() + config.http_idle;
    }
}

/// A WebSocket about to begin.
pub struct Upgrade {
    /// The answer to the handshake.
    pub preamble: Vec<u8>,
    /// What it is connected to.
    pub endpoint: Endpoint,
    /// What was agreed.
    pub deflate: Option<Params>,
    /// What the client may do.
    pub claims: Claims,
}

enum Answer {
    Response(Response),
    Upgrade(Box<Upgrade>),
}

fn answer(hub: &Hub, request: &Request, peer: SocketAddr, place: &mut Place) -> Answer {
    let text = |status, body: &'static str| Answer::Response(Response::text(status, body));
    if request.target_len() > hub.common.config.max_url {
        return text(Status::UriTooLong, "the address is too long");
    }
    match route(request) {
        Route::Page(asset) => Answer::Response(asset.response()),
        Route::Stats | Route::Operator | Route::Debug if !may_look(hub, request) => text(
            Status::Unauthorized,
            "this needs a token with the claim admin",
        ),
        Route::Stats => Answer::Response(Response::json(hub.snapshot().to_json())),
        Route::Operator => Answer::Response(Response::json(hub.operator().to_json())),
        // Stacks and paths are nobody else's business.
        Route::Debug if hub.common.config.secret.is_none() && !is_of_here(request, peer) => text(
            Status::Forbidden,
            "without --secret-file these pages are for this machine only",
        ),
        Route::Debug if hub.common.config.debug => {
            Answer::Response(crate::insight::answer(request))
        }
        Route::Debug => text(Status::NotFound, "start the hub with --debug"),
        Route::Health if hub.is_serving() => text(Status::Ok, "ok"),
        Route::Health => text(Status::Unavailable, "draining"),
        Route::Socket(_) if !hub.is_serving() => text(Status::Unavailable, "draining"),
        Route::Socket(endpoint) => upgrade(hub, request, endpoint, peer, place),
        Route::NotFound => text(Status::NotFound, "not found"),
        Route::MethodNotAllowed => text(Status::MethodNotAllowed, "method not allowed"),
        Route::Bad(reason) => text(Status::BadRequest, reason),
    }
}

fn upgrade(
    hub: &Hub,
    request: &Request,
    endpoint: Endpoint,
    peer: SocketAddr,
    place: &mut Place,
) -> Answer {
    let config = &hub.common.config;
    let refuse = |status, reason: String| {
        Counters::add(&hub.common.counters.refused, 1);
        Answer::Response(Response::text(status, reason))
    };
    let wish = match handshake::upgrade(request) {
        Ok(wish) => wish,
        Err(refusal) => return refuse(Status::of(refusal.status()), refusal.to_string()),
    };
    if !config.origins.allow(wish.origin(), wish.host().into()) {
        return refuse(
            Status::Forbidden,
            "pages of this origin may not connect: see --origin".into(),
        );
    }
    let claims = match claims(hub, request) {
        Ok(claims) => claims,
        Err(refusal) => return refuse(Status::Unauthorized, refusal.to_string()),
    };
    if let Endpoint::Room { name, .. } = &endpoint
        && !claims.opens(name)
    {
        return refuse(Status::Forbidden, Refusal::NotThis.to_string());
    }
    let forwarded = request.headers("x-forwarded-for");
    let client = client_address(peer.ip(), forwarded, &config.trusted_proxies);
    if place.name(client).is_err() {
        Counters::add(&hub.common.counters.full, 1);
        let reason = "too many connections from your address";
        return refuse(Status::TooMany, reason.into());
    }
    let accepted = handshake::accept(&wish, config.deflate);
    Answer::Upgrade(Box::new(Upgrade {
        preamble: accepted.response,
        endpoint,
        deflate: accepted.deflate,
        claims,
    }))
}

/// What the client may do: everything, where there is no secret.
fn claims(hub: &Hub, request: &Request) -> Result<Claims, Refusal> {
    match &hub.common.config.secret {
        None => Ok(Claims::everything()),
        Some(secret) => secret.check(request.token().as_deref()),
    }
}

/// Whether the client may see what the operator sees.
fn may_look(hub: &Hub, request: &Request) -> bool {
    claims(hub, request).is_ok_and(|claims| claims.admin)
}

/// Whether this machine asks, and for itself.
fn is_of_here(request: &Request, peer: SocketAddr) -> bool {
    peer.ip().to_canonical().is_loopback() && request.headers("x-forwarded-for").next().is_none()
}

/// Tells a client what was wrong with its request, if it is there to hear it.
fn refuse(stream: &Stream, error: &HeadError) {
    let status = match error {
        HeadError::Gone | HeadError::Io(_) => return,
        HeadError::Timeout => Status::RequestTimeout,
        HeadError::TooLarge => Status::HeadTooLarge,
        HeadError::Malformed(_) => Status::BadRequest,
    };
    let bytes = Response::text(status, error.to_string()).encode(true, false);
    if stream.write_all(&bytes).is_ok() {
        part(stream);
    }
}

/// Closes so that the last answer arrives.
fn part(stream: &Stream) {
    stream.finish();
    websocket::linger(stream, LINGER);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_of_here() {
        let head = |extra: &str| {
            let text = format!("GET /debug/ HTTP/1.1\r\nHost: h\r\n{extra}\r\n");
            match Request::parse(text.as_bytes()) {
                Ok(crate::http::Parsed::Whole(request, _)) => request,
                other => panic!("{other:?}"),
            }
        };
        let plain = head("");
        for (peer, expected) in [
            ("127.0.0.1:9", true),
            ("127.8.0.1:9", true),
            ("[::1]:9", true),
            ("[::ffff:127.0.0.1]:9", true),
            ("192.0.2.7:9", false),
            ("10.0.0.1:9", false),
            ("[2001:db8::1]:9", false),
        ] {
            assert_eq!(
                is_of_here(&plain, peer.parse().unwrap()),
                expected,
                "{peer}"
            );
        }
        let passed_on = head("X-Forwarded-For: 127.0.0.1\r\n");
        assert!(!is_of_here(&passed_on, "127.0.0.1:9".parse().unwrap()));
    }
}
