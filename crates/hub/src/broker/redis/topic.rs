//! What one hub knows of one room's channel: which messages it has seen, and so which it missed.
//!
//! Each source numbers its messages from 1. So, for what has been seen of a source up to `n`:
//! ```text
//!   n+1           the next one
//!   <= n          a duplicate: it was sent again because nobody knew whether it had arrived
//!   > n+1         a gap: those between will not come any more (or the stream would have filled it)
//! ```
//! Counts of members carry the source's last number, so a gap shows within seconds though nothing
//! more is said.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::envelope::{Body, Envelope};
use crate::room::{Id, Room};
use crate::rt::chan::Sender;

/// See the [module](self).
#[derive(Debug)]
pub struct Topic {
    pub room: Weak<Room>,
    /// Who waits until it is open.
    pub waiting: Vec<Sender<()>>,
    /// The last message seen of each source.
    seen: HashMap<u64, u64>,
    /// The last entry of the stream that has been seen.
    pub last_entry: Option<String>,
    phase: Phase,
    /// The connection has been lost since this began: a source of which nothing had been seen may
    /// have said something that was missed.
    pub doubt: bool,
}

#[derive(Debug)]
enum Phase {
    /// The subscription does not hold yet.
    Subscribing { then_fill: bool },
    /// It does; the stream has been asked for what came before. What comes live waits here.
    Filling(Vec<(Option<String>, Vec<u8>)>),
    /// What comes is passed on.
    Open,
}

/// What is to be done with a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Pass it on.
    New,
    /// Some before it are missing; pass it on all the same.
    NewAfterGap,
    /// Forget it.
    Duplicate,
}

impl Topic {
    /// The channel of a room that has just been opened.
    pub fn new(room: &Arc<Room>, stream: bool) -> Topic {
        let own = room.last_id();
        Topic {
            room: Arc::downgrade(room),
            waiting: Vec::new(),
            seen: HashMap::from([(own.source, own.seq)]),
            last_entry: None,
            phase: Phase::Subscribing { then_fill: stream },
            doubt: false,
        }
    }

    /// Whether what is said elsewhere comes in.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// The connection was lost, and the subscription with it.
    pub fn lost(&mut self, stream: bool) {
        if self.is_open() {
            self.doubt = true;
        }
        self.phase = Phase::Subscribing { then_fill: stream };
    }

    /// The subscription holds.
    pub fn subscribed(&mut self) {
        if let Phase::Subscribing { then_fill } = self.phase {
            if then_fill {
                self.phase = Phase::Filling(Vec::new());
            } else {
                self.open();
            }
        }
    }

    /// What came live meanwhile; from now on it is passed on at once.
    pub fn filled(&mut self) -> Vec<(Option<String>, Vec<u8>)> {
        match std::mem::replace(&mut self.phase, Phase::Open) {
            Phase::Filling(live) => {
                self.open();
                live
            }
            other => {
                self.phase = other;
                Vec::new()
            }
        }
    }

    fn open(&mut self) {
        self.phase = Phase::Open;
        for waiting in self.waiting.drain(..) {
            // One that has given up does not mind.
            let _ = waiting.try_send(());
        }
    }

    /// Something came live: gives it back if it is to be passed on now.
    pub fn live(
        &mut self,
        entry: Option<String>,
        payload: Vec<u8>,
    ) -> Option<(Option<String>, Vec<u8>)> {
        match &mut self.phase {
            Phase::Filling(live) => {
                live.push((entry, payload));
                None
            }
            _ => Some((entry, payload)),
        }
    }

    /// What a message means for what has been seen.
    pub fn judge(&mut self, envelope: &Envelope<'_>) -> Verdict {
        let Id { source, seq } = envelope.id;
        let is_count = matches!(envelope.body, Body::Presence { .. });
        let next = if is_count { seq } else { seq.saturating_sub(1) };
        let Some(seen) = self.seen.get_mut(&source) else {
            // The first of a source: what it said before we came is not ours to miss.
            self.seen.insert(source, seq);
            return if self.doubt && next > 0 {
                Verdict::NewAfterGap
            } else {
                Verdict::New
            };
        };
        if is_count {
            let gap = seq > *seen;
            *seen = seq.max(*seen);
            return if gap {
                Verdict::NewAfterGap
            } else {
                Verdict::New
            };
        }
        if seq <= *seen {
            return Verdict::Duplicate;
        }
        let gap = seq > *seen + 1;
        *seen = seq;
        if gap {
            Verdict::NewAfterGap
        } else {
            Verdict::New
        }
    }

    /// A message that came before the room was opened: it is not missing.
    pub fn before(&mut self, id: Id) {
        let seen = self.seen.entry(id.source).or_insert(0);
        *seen = id.seq.max(*seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::Common;
    use crate::config::Config;
    use crate::room::Content;

    fn topic(stream: bool) -> (Arc<Room>, Topic) {
        let room = Room::new("r".into(), Common::new(Config::default()), Arc::default());
        let topic = Topic::new(&room, stream);
        (room, topic)
    }

    fn said(source: u64, seq: u64) -> Envelope<'static> {
        Envelope::said(Id { source, seq }, None, Content::Text, b"")
    }

    fn count(source: u64, seq: u64) -> Envelope<'static> {
        Envelope::presence(Id { source, seq }, 1)
    }

    #[test]
    fn duplicates_and_gaps() {
        use Verdict::{Duplicate, New, NewAfterGap};
        let (room, mut topic) = topic(false);
        for (envelope, verdict) in [
            (said(1, 5), New), // it began before we came
            (said(1, 6), New),
            (said(1, 6), Duplicate),
            (said(1, 5), Duplicate),
            (said(1, 8), NewAfterGap),
            (said(1, 7), Duplicate),
            (count(1, 8), New),
            (count(1, 9), NewAfterGap),
            (said(1, 10), New),
            (said(2, 1), New),
            (count(3, 0), New),
            (said(3, 1), New),
        ] {
            assert_eq!(topic.judge(&envelope), verdict, "{envelope:?}");
        }
        // Our own are known from the first.
        let own = room.last_id().source;
        assert_eq!(topic.judge(&said(own, 2)), NewAfterGap);
        topic.subscribed();
        topic.lost(false);
        assert_eq!(topic.judge(&said(4, 1)), New);
        assert_eq!(topic.judge(&said(5, 2)), NewAfterGap);
        assert_eq!(topic.judge(&count(6, 1)), NewAfterGap);
    }

    #[test]
    fn what_comes_live_waits_for_what_came_before() {
        let (_room, mut topic) = topic(true);
        assert!(!topic.is_open());
        topic.subscribed();
        assert!(!topic.is_open());
        assert_eq!(topic.live(None, vec![1]), None);
        assert_eq!(topic.live(Some("5-0".into()), vec![2]), None);
        assert_eq!(topic.filled().len(), 2);
        assert!(topic.is_open());
        assert_eq!(topic.live(None, vec![3]), Some((None, vec![3])));
        topic.lost(true);
        assert!(!topic.is_open() && topic.filled().is_empty() && !topic.is_open());
    }
}
