//! One room: who is in it, what was said of late, and the order of what happens.
//!
//! ```text
//!   deliver, join, leave --(under the room's lock, so in one order)--> every segment's inbox
//!
//!   segment: at most SEGMENT members, an inbox, and, while that is not empty, a goroutine that
//!            passes on what is in it
//! ```
//! An idle room is plain data: no goroutine, no buffer. A big one is passed on by several goroutines
//! at once, and still in one order: each segment has the same inbox but for its joins and leaves.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use gompa_ws::{Kind, Prepared};

use super::presence::Remote;
use super::segment::{self, Event, Members, Place};
use super::{Id, Publication, Said};
use crate::common::Common;
use crate::rt::go;
use crate::stats::Counters;
use crate::websocket::Session;

/// Members of a segment: as many as one goroutine passes on to in a few tens of milliseconds.
const SEGMENT: usize = 4096;

/// A room of a name, as long as somebody holds it.
#[derive(Debug)]
pub struct Room {
    name: Arc<str>,
    common: Arc<Common>,
    state: Mutex<State>,
    /// Rooms whose count of members has changed and not yet been told.
    changed: Arc<Changed>,
    /// Whether this is one of them.
    has_changed: AtomicBool,
}

/// Rooms whose count of members has changed and has not yet been told.
#[derive(Debug, Default)]
pub struct Changed(Mutex<Vec<Weak<Room>>>);

#[derive(Debug)]
struct State {
    /// What this hub's part of the room is called, and how much has been said in it.
    last: Id,
    history: VecDeque<Arc<Said>>,
    history_bytes: usize,
    segments: Vec<Segment>,
    /// Places that were left.
    free: Vec<Place>,
    members: u32,
    remote: Remote,
}

#[derive(Debug, Default)]
struct Segment {
    /// What has yet to happen.
    inbox: Vec<Event>,
    /// A goroutine empties the inbox.
    busy: bool,
    /// Places ever taken.
    places: u32,
    /// Held by whoever is busy.
    members: Arc<Mutex<Members>>,
}

impl Changed {
    /// Takes the rooms.
    pub fn take(&self) -> Vec<Weak<Room>> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Room {
    /// An empty room.
    pub fn new(name: Arc<str>, common: Arc<Common>, changed: Arc<Changed>) -> Arc<Room> {
        Arc::new(Room {
            name,
            common,
            state: Mutex::new(State {
                last: Id {
                    source: super::random(),
                    seq: 0,
                },
                history: VecDeque::new(),
                history_bytes: 0,
                segments: Vec::new(),
                free: Vec::new(),
                members: 0,
                remote: Remote::default(),
            }),
            changed,
            has_changed: AtomicBool::new(false),
        })
    }

    /// What it is called.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// How many are in it here, and on all hubs.
    pub fn count(&self) -> (u32, u32) {
        let state = self.lock();
        (state.members, state.members + state.remote.members())
    }

    /// Messages and bytes that are kept.
    pub fn history(&self) -> (usize, usize) {
        let state = self.lock();
        (state.history.len(), state.history_bytes)
    }

    /// The name of the next message that is said here.
    pub fn next_id(&self) -> Id {
        let mut state = self.lock();
        state.last.seq += 1;
        state.last
    }

    /// The last message that was said here.
    pub fn last_id(&self) -> Id {
        self.lock().last
    }

    /// Gives a message to all members, behind what came before. Never waits.
    pub fn deliver(self: &Arc<Room>, said: Said, publication: Option<Publication>) {
        let said = Arc::new(said);
        let publication = publication.map(Arc::new);
        let mut state = self.lock();
        state.keep(&said, &self.common);
        self.to_all(&mut state, || {
            Event::Say(Arc::clone(&said), publication.clone())
        });
    }

    /// Something that was said before the room was opened here: kept for who comes.
    pub fn recall(&self, said: Said) {
        self.lock().keep(&Arc::new(said), &self.common);
    }

    /// The next of what one hub says: names it and gives it to all members, in one step.
    pub fn say(self: &Arc<Room>, make: impl FnOnce(Id) -> Said, publication: Publication) {
        let publication = Arc::new(publication);
        let mut state = self.lock();
        state.last.seq += 1;
        let said = Arc::new(make(state.last));
        state.keep(&said, &self.common);
        self.to_all(&mut state, || {
            Event::Say(Arc::clone(&said), Some(Arc::clone(&publication)))
        });
    }

    /// Tells everyone that messages have been missed.
    pub fn gap(self: &Arc<Room>) {
        Counters::add(&self.common.counters.gaps, 1);
        let text = format!(
            r#"{{"type":"gap","room":{}}}"#,
            serde_json::to_string(&*self.name).expect("strings become JSON")
        );
        let notice = Arc::new(Prepared::new(Kind::Text, text.as_bytes()));
        self.to_all(&mut self.lock(), || Event::Gap(Arc::clone(&notice)));
    }

    /// Another hub's count of members.
    pub fn heard_of(self: &Arc<Room>, source: u64, members: u32, now: Instant) {
        if self.lock().remote.hear(source, members, now) {
            self.change();
        }
    }

    /// Forgets hubs that have not been heard of for long.
    pub fn forget_remote(self: &Arc<Room>, now: Instant, after: Duration) {
        if self.lock().remote.forget(now, after) {
            self.change();
        }
    }

    /// Tells those who want to know how many there are.
    pub fn tell_presence(self: &Arc<Room>) {
        self.has_changed.store(false, Relaxed);
        let (_, members) = self.count();
        let text = format!(
            r#"{{"type":"presence","room":{},"members":{members}}}"#,
            serde_json::to_string(&*self.name).expect("strings become JSON")
        );
        let notice = Arc::new(Prepared::new(Kind::Text, text.as_bytes()));
        self.to_all(&mut self.lock(), || Event::Presence(Arc::clone(&notice)));
    }

    /// A session enters and gets the last `history` messages, then all that follow.
    pub(super) fn join(
        self: &Arc<Room>,
        session: &Arc<Session>,
        history: usize,
        presence: bool,
    ) -> Place {
        let mut state = self.lock();
        let place = state.place();
        let skip = state.history.len().saturating_sub(history);
        let event = Event::Join {
            place,
            session: Arc::clone(session),
            presence,
            history: state.history.iter().skip(skip).cloned().collect(),
        };
        state.members += 1;
        self.to_one(&mut state, place.segment as usize, event);
        drop(state);
        self.change();
        place
    }

    /// Whoever has this place leaves. Whether nobody is left.
    pub(super) fn leave(self: &Arc<Room>, place: Place) -> bool {
        let mut state = self.lock();
        self.to_one(&mut state, place.segment as usize, Event::Leave(place));
        state.free.push(place);
        state.members -= 1;
        let empty = state.members == 0;
        if empty && state.segments.iter().all(|s| !s.busy) {
            // Nothing is under way, so everything may go.
            state.segments = Vec::new();
            state.free = Vec::new();
        }
        drop(state);
        self.change();
        empty
    }

    fn change(self: &Arc<Room>) {
        if !self.has_changed.swap(true, Relaxed) {
            let mut changed = self
                .changed
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            changed.push(Arc::downgrade(self));
        }
    }

    fn to_all(self: &Arc<Room>, state: &mut State, event: impl Fn() -> Event) {
        for index in 0..state.segments.len() {
            self.to_one(state, index, event());
        }
    }

    fn to_one(self: &Arc<Room>, state: &mut State, index: usize, event: Event) {
        let segment = &mut state.segments[index];
        if !segment.busy && event.is_quick() {
            // Nothing waits, so it may happen at once, without a goroutine.
            let mut members = segment
                .members
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            return members.change(event);
        }
        segment.inbox.push(event);
        if !segment.busy {
            segment.busy = true;
            let (room, members) = (Arc::clone(self), Arc::clone(&segment.members));
            drop(go(move || room.pass_on(index, &members)));
        }
    }

    /// The goroutine of a segment.
    fn pass_on(&self, index: usize, members: &Mutex<Members>) {
        let mut events = Vec::new();
        loop {
            {
                let mut state = self.lock();
                let segment = &mut state.segments[index];
                if segment.inbox.is_empty() {
                    segment.busy = false;
                    // An idle room holds no buffer.
                    segment.inbox = Vec::new();
                    return;
                }
                std::mem::swap(&mut segment.inbox, &mut events);
            }
            let mut members = members.lock().unwrap_or_else(PoisonError::into_inner);
            segment::pass_on(&mut members, &mut events, &self.common);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, said: &Arc<Said>, common: &Common) {
        let config = &common.config;
        if config.history == 0 || said.len() > config.history_bytes {
            return;
        }
        self.history_bytes += said.len();
        self.history.push_back(Arc::clone(said));
        while self.history.len() > config.history || self.history_bytes > config.history_bytes {
            let Some(oldest) = self.history.pop_front() else {
                return;
            };
            self.history_bytes -= oldest.len();
        }
    }

    /// A place nobody has. One that was left is taken anew: its leave is in the inbox before the
    /// join that follows.
    fn place(&mut self) -> Place {
        if let Some(place) = self.free.pop() {
            return place;
        }
        if self
            .segments
            .last()
            .is_none_or(|s| s.places as usize >= SEGMENT)
        {
            self.segments.push(Segment::default());
        }
        let segment = self.segments.len() - 1;
        let places = &mut self.segments[segment].places;
        *places += 1;
        Place {
            segment: segment as u32,
            index: *places - 1,
        }
    }
}
