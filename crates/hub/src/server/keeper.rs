//! The goroutine that looks after what nobody else has an eye on: silent connections, empty rooms,
//! counts of members, and the coarse clock.
//!
//! One goroutine instead of a timer a connection: parked connections stay untouched, and cost no
//! timer's memory. It looks at a part of the list at a time, so that no round is long:
//!
//! ```text
//!   ROUND ──┬──────┬──────┬──────┬── ...      each round: a share of the connections
//!           └─────── a lap: ping_interval / 8 ──────────┘
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use gompa_ws::{CloseCode, Frame, Opcode};

use super::hub::Hub;
use crate::common::Tick;
use crate::rt::time;
use crate::stats::Counters;
use crate::websocket::{Dialect, Session};

/// The longest round.
const ROUND: Duration = Duration::from_millis(250);

/// Between two looks at counts of members, at empty rooms, and between two announcements of counts
/// to other hubs.
const PRESENCE: Duration = Duration::from_secs(1);
const SWEEP: Duration = Duration::from_secs(5);
const ANNOUNCE: Duration = Duration::from_secs(10);

/// Looks after things until the hub is stopped.
pub fn run(hub: &Arc<Hub>) {
    let interval = hub.common.config.ping_interval;
    let lap = interval / 8;
    let round = (lap / 2).clamp(Duration::from_millis(1), ROUND);
    let share = round.as_secs_f64() / lap.as_secs_f64().max(round.as_secs_f64());
    let mut from = 0;
    let mut presence = Every(PRESENCE, Instant::now());
    let mut sweep = Every(SWEEP, Instant::now());
    let mut announce = Every(ANNOUNCE, Instant::now());
    let ping = Frame::new(Opcode::Ping, b"");
    while !hub.is_stopped() {
        time::sleep(round);
        let tick = hub.common.advance();
        let (next, sessions) = hub.connections.part(from, share, |session| {
            duty(session, tick, interval).is_some()
        });
        from = next;
        for session in sessions {
            look_after(&session, tick, interval, &ping);
        }
        let now = Instant::now();
        if presence.is_due(now) {
            hub.rooms.tell_presence();
        }
        if sweep.is_due(now) {
            hub.rooms.sweep(now);
        }
        if hub.rooms.broker().lingers() && announce.is_due(now) {
            for room in hub.rooms.all() {
                hub.rooms.broker().presence(&room);
            }
        }
    }
}

/// Something that is due from time to time.
struct Every(Duration, Instant);

impl Every {
    fn is_due(&mut self, now: Instant) -> bool {
        let due = now.saturating_duration_since(self.1) >= self.0;
        if due {
            self.1 = now;
        }
        due
    }
}

/// What is to be done with a silent session.
#[derive(Debug, PartialEq, Eq)]
enum Duty {
    /// To be asked for a sign of life, unless it has been: then, after as much again, dropped.
    Ping { dead: bool },
    /// It has said nothing for too long.
    Idle,
    /// It has begun a message and does not go on.
    Stuck,
}

fn duty(session: &Session, now: Tick, interval: Duration) -> Option<Duty> {
    // Not its silence, but ours.
    if session.is_deaf() {
        return None;
    }
    let (unheard, unsaid) = session.silence(now);
    let idle = session.common.config.idle_timeout;
    if !idle.is_zero() && unsaid >= idle && session.dialect != Dialect::Echo {
        return Some(Duty::Idle);
    }
    if session.is_midway() && unheard >= session.common.config.write_timeout {
        return Some(Duty::Stuck);
    }
    (unheard >= jittered(interval, session.id)).then(|| Duty::Ping {
        dead: unheard >= 2 * interval,
    })
}

/// The interval, give or take a tenth: sessions that began together are not pinged together.
fn jittered(interval: Duration, id: u64) -> Duration {
    let spread = (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as u32 as f64 / 65536.0;
    interval.mul_f64(0.9 + 0.2 * spread)
}

fn look_after(session: &Arc<Session>, now: Tick, interval: Duration, ping: &Frame) {
    let counters = &session.common.counters;
    // One that is ending has deadlines of its own.
    if !session.is_open() {
        return;
    }
    match duty(session, now, interval) {
        Some(Duty::Idle) => {
            Counters::add(&counters.idle, 1);
            session.close(CloseCode::AWAY, "nothing was said for too long");
        }
        Some(Duty::Ping { dead }) => {
            let asked = session.ping(ping);
            if !asked {
                Counters::add(&counters.pings, 1);
            } else if dead {
                Counters::add(&counters.timeouts, 1);
                session.abort();
            }
        }
        Some(Duty::Stuck) => {
            Counters::add(&counters.timeouts, 1);
            session.abort();
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_are_spread() {
        let second = Duration::from_secs(1);
        let times: Vec<Duration> = (0..1000).map(|id| jittered(second, id)).collect();
        let (least, most) = (times.iter().min().unwrap(), times.iter().max().unwrap());
        assert!(*least >= second * 9 / 10 && *most <= second * 11 / 10);
        assert!(*most - *least > second / 6, "{least:?} {most:?}");
    }
}
