//! Passing on: one part of a room's members, and what happens to them, in order.

use std::sync::Arc;
use std::time::Instant;

use gompa_ws::deflate::Params;
use gompa_ws::{CloseCode, Frame, Prepared};

use super::{Publication, Said};
use crate::common::Common;
use crate::rt::gosched;
use crate::websocket::{Dialect, Session};

/// Members after which others get their turn, and after which the clock is read.
const TURN: usize = 32;

/// Where a member is: its own for as long as it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub segment: u32,
    pub index: u32,
}

/// What happens in a room.
#[derive(Debug)]
pub enum Event {
    Join {
        place: Place,
        session: Arc<Session>,
        /// Whether it wants to know how many there are.
        presence: bool,
        /// What it gets first.
        history: Vec<Arc<Said>>,
    },
    Leave(Place),
    Say(Arc<Said>, Option<Arc<Publication>>),
    /// Messages have been missed: this tells who understands it.
    Gap(Arc<Prepared>),
    /// How many there are, for who wants to know.
    Presence(Arc<Prepared>),
}

impl Event {
    /// Whether it only changes the list.
    pub fn is_quick(&self) -> bool {
        match self {
            Event::Join { history, .. } => history.is_empty(),
            Event::Leave(_) => true,
            _ => false,
        }
    }
}

/// The members, by their places.
#[derive(Debug, Default)]
pub struct Members(Vec<Option<Member>>);

#[derive(Debug)]
struct Member {
    session: Arc<Session>,
    presence: bool,
}

impl Members {
    /// A quick event happens.
    pub fn change(&mut self, event: Event) {
        match event {
            Event::Join {
                place,
                session,
                presence,
                history,
            } => {
                if !history.is_empty() {
                    session.push(&frames_for(&session, &history));
                }
                let index = place.index as usize;
                if self.0.len() <= index {
                    self.0.resize_with(index + 1, || None);
                }
                self.0[index] = Some(Member { session, presence });
            }
            Event::Leave(place) => {
                if let Some(slot) = self.0.get_mut(place.index as usize) {
                    *slot = None;
                }
            }
            _ => {}
        }
    }

    fn each(&self) -> impl Iterator<Item = &Member> {
        self.0.iter().flatten()
    }
}

/// Messages for one session, in its form.
fn frames_for(session: &Session, said: &[Arc<Said>]) -> Vec<Frame> {
    let deflate = session.deflate.as_ref();
    let form = |said: &Arc<Said>| match session.dialect {
        Dialect::Json => said.json().frame(deflate).clone(),
        _ => said.raw().frame(deflate).clone(),
    };
    said.iter().map(form).collect()
}

/// Lets the events happen. Messages that come together are passed on together, so that each member
/// gets them in one system call.
pub fn pass_on(members: &mut Members, events: &mut Vec<Event>, common: &Common) {
    let mut batch = Batch::default();
    for event in events.drain(..) {
        match event {
            Event::Say(said, publication) => {
                batch.said.push(said);
                batch.publications.extend(publication);
            }
            event => {
                batch.pass_on(members, common);
                match event {
                    Event::Gap(notice) => gap(members, &notice),
                    Event::Presence(notice) => {
                        for member in members.each().filter(|m| m.presence) {
                            member.session.send(&notice);
                        }
                    }
                    change => members.change(change),
                }
            }
        }
    }
    batch.pass_on(members, common);
}

fn gap(members: &Members, notice: &Prepared) {
    for member in members.each() {
        match member.session.dialect {
            Dialect::Json => {
                member.session.send(notice);
            }
            Dialect::Raw { gap_ends: true } => {
                member
                    .session
                    .close(CloseCode::RESTART, "messages were missed");
            }
            _ => {}
        }
    }
}

/// Messages passed on together.
#[derive(Default)]
struct Batch {
    said: Vec<Arc<Said>>,
    /// Their senders' accounts: settled when this is dropped.
    publications: Vec<Arc<Publication>>,
}

impl Batch {
    fn pass_on(&mut self, members: &Members, common: &Common) {
        if self.said.is_empty() {
            return;
        }
        let mut forms = Forms(&self.said, Vec::new());
        let mut turn = 0;
        for member in members.each() {
            member.session.push(forms.of(&member.session));
            turn += 1;
            if turn == TURN {
                self.record(common, turn);
                turn = 0;
                gosched();
            }
        }
        self.record(common, turn);
        self.said.clear();
        self.publications.clear();
    }

    fn record(&self, common: &Common, members: usize) {
        if members != 0 {
            let now = Instant::now();
            for said in &self.said {
                common
                    .latency
                    .record(now.duration_since(said.at), members as u64);
            }
        }
    }
}

/// The same messages in the forms that have been asked for: mostly one or two.
struct Forms<'a>(&'a [Arc<Said>], Vec<(bool, Option<Params>, Vec<Frame>)>);

impl Forms<'_> {
    fn of(&mut self, session: &Session) -> &[Frame] {
        let json = session.dialect == Dialect::Json;
        let found = self
            .1
            .iter()
            .position(|(j, deflate, _)| *j == json && *deflate == session.deflate);
        let index = found.unwrap_or_else(|| {
            let frames = frames_for(session, self.0);
            self.1.push((json, session.deflate, frames));
            self.1.len() - 1
        });
        &self.1[index].2
    }
}
