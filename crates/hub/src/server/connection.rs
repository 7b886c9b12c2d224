//! One connection: its requests one after the other, and the WebSocket it may become.

use std::io::Write;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connections::Registration;
use super::hub::Hub;
use crate::config::ECHO_MAX_MESSAGE;
use crate::http::{Endpoint, HeadError, HeadReader, Request, Response, Route, Status, route};
use crate::room::Member;
use crate::rt::net::TcpStream;
use crate::stats::Counters;
use crate::websocket::outbox::Bounds;
use crate::websocket::{self, Audience, Frame, Session, SlowReader, handshake};

/// Longest wait for a client to close after an answer that ends the connection.
const LINGER: Duration = Duration::from_secs(1);

/// What may wait on `/echo` before reading pauses.
const ECHO_BUSY: usize = 1 << 20;

/// The connection's goroutine.
pub fn serve(hub: &Arc<Hub>, stream: TcpStream) {
    let stream = Arc::new(stream);
    let registration = hub.connections.add(&stream);
    // A socket that cannot be set up is one that the client has closed: reading will tell.
    let _ = stream.set_nodelay(true);
    let _ = stream.set_write_timeout(Some(hub.config.write_timeout));
    let mut heads = HeadReader::new(hub.config.max_head);
    let mut deadline = Instant::now() + hub.config.handshake_timeout;
    loop {
        let request = match heads.next(&stream, deadline) {
            Ok(request) => request,
            Err(error) => return refuse(&stream, &error),
        };
        Counters::add(&hub.counters.requests, 1);
        let response = match answer(hub, &request) {
            Answer::Response(response) => response,
            Answer::Upgrade(preamble, endpoint) => {
                return upgrade(hub, &stream, &registration, heads, preamble, &endpoint);
            }
        };
        let keep_alive = request.keeps_alive() && hub.is_serving();
        let bytes = response.encode(request.method != "HEAD", keep_alive);
        if (&mut &*stream).write_all(&bytes).is_err() {
            return;
        }
        if !keep_alive {
            return part(&stream);
        }
        deadline = Instant::now() + hub.config.idle_timeout;
    }
}

enum Answer {
    Response(Response),
    /// The answer to the handshake, and what is to be connected.
    Upgrade(Frame, Endpoint),
}

fn answer(hub: &Hub, request: &Request) -> Answer {
    let text = |status, body| Answer::Response(Response::text(status, body));
    match route(request) {
        Route::Page(asset) => Answer::Response(asset.response()),
        Route::Stats => Answer::Response(Response::json(hub.snapshot().to_json())),
        Route::Health if hub.is_serving() => text(Status::Ok, "ok"),
        Route::Health => text(Status::Unavailable, "draining"),
        Route::Socket(_) if !hub.is_serving() => text(Status::Unavailable, "draining"),
        Route::Socket(endpoint) => match handshake::accept(request) {
            Ok(preamble) => Answer::Upgrade(preamble, endpoint),
            Err(response) => Answer::Response(response),
        },
        Route::NotFound => text(Status::NotFound, "not found"),
        Route::MethodNotAllowed => text(Status::MethodNotAllowed, "method not allowed"),
        Route::Bad(reason) => text(Status::BadRequest, reason),
    }
}

/// Tells a client what was wrong with its request, if it is there to hear it.
fn refuse(stream: &TcpStream, error: &HeadError) {
    let status = match error {
        HeadError::Gone | HeadError::Io(_) => return,
        HeadError::Timeout => Status::RequestTimeout,
        HeadError::TooLarge => Status::HeadTooLarge,
        HeadError::Malformed(_) => Status::BadRequest,
    };
    let bytes = Response::text(status, error.to_string()).encode(true, false);
    if (&mut &*stream).write_all(&bytes).is_ok() {
        part(stream);
    }
}

/// Closes so that the last answer arrives.
fn part(stream: &TcpStream) {
    if stream.shutdown(Shutdown::Write).is_ok() {
        websocket::linger(stream, LINGER);
    }
}

/// The connection is a WebSocket until it ends.
fn upgrade(
    hub: &Arc<Hub>,
    stream: &Arc<TcpStream>,
    registration: &Registration<'_>,
    heads: HeadReader,
    preamble: Frame,
    endpoint: &Endpoint,
) {
    let config = &hub.config;
    // From here on a deadline is the writer's to set.
    stream.set_read_deadline(None);
    if stream.set_read_timeout(Some(config.ping_interval)).is_err() {
        return;
    }
    let bounds = match endpoint {
        // A quarter, so that the largest message fits on top of what makes a client busy.
        Endpoint::Room(_) => Bounds {
            limit: config.queue,
            busy: config.queue / 4,
            policy: config.slow_reader,
        },
        // Only the client itself adds to it, and it is not read from while it is busy.
        Endpoint::Echo => Bounds {
            limit: usize::MAX,
            busy: ECHO_BUSY,
            policy: SlowReader::Disconnect,
        },
    };
    let session = Session::new(
        registration.id,
        Arc::clone(stream),
        bounds,
        Arc::clone(config),
        Arc::clone(&hub.counters),
    );
    registration.upgrade(&session);
    Counters::add(&hub.counters.sockets, 1);
    if !hub.is_serving() {
        // The end has begun meanwhile: see Hub::drain.
        session.close(Some(websocket::Code::AWAY), "the hub is ending");
    }
    let rest = heads.into_rest();
    match endpoint {
        Endpoint::Room(name) => {
            // Joined before the client learns that it is connected: it will miss nothing.
            let member = hub.rooms.join(name, &session);
            session.start(preamble);
            websocket::read(&session, rest, config.max_message, &member);
        }
        Endpoint::Echo => {
            session.start(preamble);
            websocket::read(&session, rest, ECHO_MAX_MESSAGE, &Echo(&session));
        }
    }
    if session.wait_over(config.write_timeout + config.close_timeout) {
        websocket::linger(stream, config.close_timeout);
    } else {
        session.abort();
    }
}

impl Audience for Member {
    fn hear(&self, message: Frame) {
        self.say(message);
    }
}

/// The audience of `/echo`.
struct Echo<'a>(&'a Arc<Session>);

impl Audience for Echo<'_> {
    fn hear(&self, message: Frame) {
        self.0.push(&[message]);
    }
}
