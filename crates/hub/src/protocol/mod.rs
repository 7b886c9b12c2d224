//! The protocol of `/hub`: one connection in any number of rooms, in JSON. See `README.md` beside
//! this file.

mod request;

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gompa_ws::{Kind, Prepared};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::access::Claims;
use crate::config::MAX_ROOM_NAME;
use crate::room::{Content, Member, Rooms};
use crate::websocket::{Audience, Session};
use request::{Kind as Wish, Request};

/// One client of `/hub`.
pub struct Client {
    rooms: Arc<Rooms>,
    session: Arc<Session>,
    claims: Claims,
    /// Where it is.
    joined: HashMap<Box<str>, Member>,
}

/// What the hub says, besides messages, gaps, counts and goodbye.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Reply<'a> {
    Welcome {
        session: u64,
        ping_ms: u128,
        max_message: usize,
        history: usize,
    },
    Ok {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RawValue>,
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        members: Option<u32>,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RawValue>,
        code: &'static str,
        reason: &'a str,
    },
}

/// Why a request is not done: a code for programs, and words.
type Refusal = (&'static str, &'static str);

impl Client {
    /// In no room yet.
    pub fn new(rooms: Arc<Rooms>, session: Arc<Session>, claims: Claims) -> Client {
        Client {
            rooms,
            session,
            claims,
            joined: HashMap::new(),
        }
    }

    /// Its session.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Says what a client should know.
    pub fn welcome(&self) {
        let config = &self.session.common.config;
        self.reply(&Reply::Welcome {
            session: self.session.id,
            ping_ms: config.ping_interval.as_millis(),
            max_message: config.max_message,
            history: config.history,
        });
    }

    fn reply(&self, reply: &Reply<'_>) {
        let text = serde_json::to_vec(reply).expect("replies become JSON");
        self.session.send(&Prepared::new(Kind::Text, &text));
    }

    fn handle(&mut self, request: &Request<'_>) -> Result<(), Refusal> {
        let id = request.id;
        let room = request.room.as_deref();
        let named = || room.ok_or(("bad-request", "which room?"));
        match request.kind {
            Wish::Ping => self.reply(&Reply::Ok {
                id,
                room: None,
                members: None,
            }),
            Wish::Subscribe => {
                let name = named()?;
                let members = self.subscribe(name, request)?;
                // The history, if there is one, may come before this.
                self.reply(&Reply::Ok {
                    id,
                    room,
                    members: Some(members),
                });
            }
            Wish::Unsubscribe => {
                let name = named()?;
                if self.joined.remove(name).is_none() {
                    return Err(("not-subscribed", "you are not in this room"));
                }
                self.reply(&Reply::Ok {
                    id,
                    room,
                    members: None,
                });
            }
            Wish::Presence => {
                let member = self.joined.get(named()?);
                let member = member.ok_or(("not-subscribed", "subscribe to the room first"))?;
                let members = Some(member.room().count().1);
                self.reply(&Reply::Ok { id, room, members });
            }
            Wish::Publish => {
                self.publish(named()?, request)?;
                // Who wants to know, asks by giving an id.
                if id.is_some() {
                    self.reply(&Reply::Ok {
                        id,
                        room,
                        members: None,
                    });
                }
            }
        }
        Ok(())
    }

    fn subscribe(&mut self, name: &str, request: &Request<'_>) -> Result<u32, Refusal> {
        let config = &self.session.common.config;
        if name.len() > MAX_ROOM_NAME {
            return Err(("bad-request", "the room's name is too long"));
        }
        if !self.claims.opens(name) {
            return Err(("forbidden", "the token does not open this room"));
        }
        if self.joined.contains_key(name) {
            return Err(("already-subscribed", "you are in this room"));
        }
        if self.joined.len() >= config.max_rooms {
            return Err(("too-many-rooms", "leave a room first"));
        }
        let history = request.history.unwrap_or(config.history);
        let presence = request.presence.unwrap_or(false);
        let member = self.rooms.join(name, &self.session, history, presence);
        let (_, members) = member.room().count();
        self.joined.insert(name.into(), member);
        Ok(members)
    }

    fn publish(&mut self, name: &str, request: &Request<'_>) -> Result<(), Refusal> {
        if !self.claims.may_publish() {
            return Err(("forbidden", "the token does not let you speak"));
        }
        let member = self.joined.get(name);
        let member = member.ok_or(("not-subscribed", "subscribe to the room first"))?;
        let from = self.claims.sub.as_deref();
        match (request.data, &request.binary) {
            (Some(data), None) => {
                let text = data.get().as_bytes();
                member.say(&self.session, from, Content::Json, text);
            }
            (None, Some(binary)) => {
                let bytes = STANDARD
                    .decode(binary.as_bytes())
                    .map_err(|_| ("bad-request", "'binary' is not base64"))?;
                member.say(&self.session, from, Content::Binary, &bytes);
            }
            _ => {
                return Err((
                    "bad-request",
                    "either 'data' or 'binary' is to be published",
                ));
            }
        }
        Ok(())
    }
}

impl Audience for Client {
    fn hear(&mut self, kind: Kind, payload: &[u8]) {
        let request = match kind {
            Kind::Text => Request::parse(payload),
            Kind::Binary => Err("requests are texts".into()),
        };
        let (id, refusal) = match &request {
            Ok(request) => match self.handle(request) {
                Ok(()) => return,
                Err(refusal) => (request.id, refusal),
            },
            Err(reason) => (None, ("bad-request", &**reason)),
        };
        self.reply(&Reply::Error {
            id,
            code: refusal.0,
            reason: refusal.1,
        });
    }
}
