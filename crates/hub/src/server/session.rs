//! A WebSocket from its handshake to its end: the goroutine of a connection.

use std::sync::Arc;

use gompa_ws::{Kind, Limits, Prepared, Reader, Role};

use super::connection::Upgrade;
use super::connections::Registration;
use super::hub::Hub;
use crate::access::{Claims, Place};
use crate::config::ECHO_MAX_MESSAGE;
use crate::http::Endpoint;
use crate::protocol::Client;
use crate::room::{Content, Member};
use crate::stats::Counters;
use crate::stream::Stream;
use crate::websocket::{self, Audience, Dialect, Session};

/// Begins a session on a goroutine of its own.
pub fn start(
    hub: &Arc<Hub>,
    stream: Stream,
    registration: Registration,
    place: Place,
    upgrade: Upgrade,
    rest: &[u8],
) {
    let common = &hub.common;
    // From here on a deadline is the writer's to set.
    stream.set_read_deadline(None);
    let Upgrade {
        preamble,
        endpoint,
        deflate,
        claims,
    } = upgrade;
    let (dialect, limit) = match endpoint {
        Endpoint::Room { gap_ends, .. } => (Dialect::Raw { gap_ends }, common.config.max_message),
        Endpoint::Json => (Dialect::Json, common.config.max_message),
        Endpoint::Echo => (Dialect::Echo, ECHO_MAX_MESSAGE),
    };
    let reader = Reader::new(Role::Server, Limits::bytes(limit), deflate.as_ref(), rest);
    let session = Session::new(
        registration.id,
        stream,
        dialect,
        deflate,
        Arc::clone(common),
    );
    registration.upgrade(&session);
    Counters::add(&common.counters.sockets_opened, 1);
    if !hub.is_serving() {
        // The end has begun meanwhile: see Hub::close_all.
        hub.say_goodbye(&session);
    }
    match endpoint {
        Endpoint::Room { name, .. } => {
            // Joined before the client learns that it is connected: it will miss nothing.
            let member = hub
                .rooms
                .join(&name, &session, common.config.history, false);
            session.start(&preamble);
            let audience = RawClient::new(session, member, &claims);
            go_on(registration, place, reader, audience);
        }
        Endpoint::Json => {
            let client = Client::new(Arc::clone(&hub.rooms), session, claims);
            client.session().start(&preamble);
            client.welcome();
            go_on(registration, place, reader, client);
        }
        Endpoint::Echo => {
            session.start(&preamble);
            go_on(registration, place, reader, Echo(session));
        }
    }
}

/// Somebody with a session.
trait Served: Audience + Send + 'static {
    fn session(&self) -> &Arc<Session>;
}

/// Starts the session's goroutine. What it needs is in one box: its stack is for its frames.
fn go_on(registration: Registration, place: Place, reader: Reader, audience: impl Served) {
    let mut all = Box::new((Some((audience, reader)), registration, place));
    drop(crate::rt::go(move || {
        serve(&mut all.0);
        drop(all);
    }));
}

fn serve(client: &mut Option<(impl Served, Reader)>) {
    let Some((audience, reader)) = client else {
        return;
    };
    let session = Arc::clone(audience.session());
    // The stack may have been a handshake's, and more of it in memory than waiting needs.
    crate::rt::release_stack();
    websocket::read(&session, reader, audience);
    // Nobody hears it any more, and it hears nobody.
    *client = None;
    end(&session);
}

/// The reading is over: what is to be written is written, then the client may close.
#[inline(never)]
fn end(session: &Session) {
    let config = &session.common.config;
    if session.wait_over(config.write_timeout + config.close_timeout) {
        websocket::linger(&session.stream, config.close_timeout);
    } else {
        session.abort();
    }
}

/// A client of `/ws`.
struct RawClient {
    session: Arc<Session>,
    member: Member,
    /// What its token says; nothing where none is needed.
    bearer: Option<Box<Bearer>>,
}

struct Bearer {
    name: Option<Box<str>>,
    may_publish: bool,
}

impl RawClient {
    fn new(session: Arc<Session>, member: Member, claims: &Claims) -> RawClient {
        let bearer = Bearer {
            name: claims.sub.as_deref().map(Into::into),
            may_publish: claims.may_publish(),
        };
        let is_anybody = bearer.name.is_none() && bearer.may_publish;
        let bearer = (!is_anybody).then(|| Box::new(bearer));
        RawClient {
            session,
            member,
            bearer,
        }
    }
}

impl Served for RawClient {
    fn session(&self) -> &Arc<Session> {
        &self.session
    }
}

impl Audience for RawClient {
    fn hear(&mut self, kind: Kind, payload: &[u8]) {
        let content = match kind {
            Kind::Text => Content::Text,
            Kind::Binary => Content::Binary,
        };
        let (name, may_publish) = match &self.bearer {
            Some(bearer) => (bearer.name.as_deref(), bearer.may_publish),
            None => (None, true),
        };
        if may_publish {
            self.member.say(&self.session, name, content, payload);
        } else {
            let code = gompa_ws::CloseCode::POLICY;
            self.session.close(code, "the token does not let you speak");
        }
    }
}

impl Served for Client {
    fn session(&self) -> &Arc<Session> {
        Client::session(self)
    }
}

/// A client of `/echo`.
struct Echo(Arc<Session>);

impl Served for Echo {
    fn session(&self) -> &Arc<Session> {
        &self.0
    }
}

impl Audience for Echo {
    fn hear(&mut self, kind: Kind, payload: &[u8]) {
        self.0.send(&Prepared::new(kind, payload));
    }
}
