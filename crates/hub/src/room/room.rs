//! One room: an inbox, and the goroutine that empties it into its members' outboxes.

use std::sync::Arc;

use super::Publication;
use crate::rt::chan::{self, Receiver, Sender};
use crate::rt::go;
use crate::websocket::{Frame, Session};

/// Events that may wait in an inbox; then whoever speaks waits.
const INBOX: usize = 64;

/// A handle on a room. Its goroutine ends when the last handle is gone.
#[derive(Debug)]
pub struct Room {
    name: Arc<str>,
    inbox: Sender<Event>,
}

/// What happens in a room, in the order it happens.
#[derive(Debug)]
enum Event {
    Join(Arc<Session>),
    Leave(u64),
    Publish(Publication),
}

impl Room {
    /// Opens an empty room.
    pub fn open(name: Arc<str>) -> Arc<Room> {
        let (inbox, events) = chan::channel(INBOX);
        drop(go(move || run(&events)));
        Arc::new(Room { name, inbox })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives a message to all members. May wait for the ones before it.
    pub fn deliver(&self, publication: Publication) {
        self.send(Event::Publish(publication));
    }

    pub(super) fn join(&self, session: &Arc<Session>) {
        self.send(Event::Join(Arc::clone(session)));
    }

    pub(super) fn leave(&self, id: u64) {
        self.send(Event::Leave(id));
    }

    fn send(&self, event: Event) {
        // The goroutine takes events as long as a handle exists, and this is one.
        let _ = self.inbox.send(event);
    }
}

/// The room's goroutine. Messages that wait together are passed on together, so that each member's
/// outbox is locked and each writer woken once for all of them.
fn run(events: &Receiver<Event>) {
    let mut members: Vec<Arc<Session>> = Vec::new();
    let mut batch = Batch::default();
    while let Ok(first) = events.recv() {
        let mut next = Some(first);
        while let Some(event) = next {
            match event {
                Event::Publish(publication) => batch.add(publication),
                Event::Join(session) => {
                    batch.deliver(&mut members);
                    members.push(session);
                }
                Event::Leave(id) => {
                    batch.deliver(&mut members);
                    members.retain(|member| member.id != id);
                }
            }
            next = if batch.is_full() {
                None
            } else {
                events.try_recv().ok()
            };
        }
        batch.deliver(&mut members);
    }
}

/// Messages passed on together.
#[derive(Default)]
struct Batch {
    frames: Vec<Frame>,
    publications: Vec<Publication>,
}

impl Batch {
    fn add(&mut self, publication: Publication) {
        self.frames.push(publication.frame.clone());
        self.publications.push(publication);
    }

    fn is_full(&self) -> bool {
        self.frames.len() >= INBOX
    }

    fn deliver(&mut self, members: &mut Vec<Arc<Session>>) {
        if !self.frames.is_empty() {
            members.retain(|member| member.push(&self.frames));
            self.frames.clear();
            self.publications.clear();
        }
    }
}
