//! The operator's picture: all of [`Snapshot`], and what takes a walk through connections and rooms.

use std::fs;

use serde::Serialize;

use super::{Bucket, Snapshot};
use crate::broker::Status;
use crate::common::Common;
use crate::room::{RoomStats, Rooms};
use crate::websocket::Session;

/// Rooms that are listed.
const LISTED: usize = 50;

/// Bytes of the stack's page that a parked goroutine keeps.
const PAGE: usize = 4096;

/// What an operator wants to see of this moment.
#[derive(Debug, Serialize)]
pub struct Operator {
    /// What `/stats` gives.
    #[serde(flatten)]
    pub snapshot: Snapshot,
    /// From the reading of a message to its writing, for each receiver.
    pub latency: Vec<Bucket>,
    /// Where the memory is.
    pub memory: Memory,
    /// The fullest rooms.
    pub fullest: Vec<RoomStats>,
    /// How other hubs are reached.
    pub broker: Status,
}

/// Bytes, by what they are for.
#[derive(Debug, Serialize)]
pub struct Memory {
    /// Of the process, as the system counts them.
    pub resident: usize,
    /// A page for each goroutine.
    pub stacks: usize,
    /// The sessions' own.
    pub sessions: usize,
    /// Messages that wait for slow clients; one that waits for many counts for each.
    pub queues: usize,
    /// Messages kept for who comes later.
    pub history: usize,
    /// Messages on their way to other hubs.
    pub broker: usize,
}

impl Operator {
    /// Takes the picture.
    pub fn new(snapshot: Snapshot, common: &Common, rooms: &Rooms, queues: usize) -> Operator {
        let (fullest, (_, history)) = rooms.fullest(LISTED);
        let broker = rooms.broker().status();
        Operator {
            latency: common.latency.buckets(),
            memory: Memory {
                resident: resident(),
                stacks: snapshot.scheduler.goroutines * PAGE,
                sessions: snapshot.clients.sockets * size_of::<Session>(),
                queues,
                history,
                broker: broker.waiting,
            },
            snapshot,
            fullest,
            broker,
        }
    }

    /// As JSON.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers and lists always become JSON")
    }
}

/// The second number of `/proc/self/statm`, in pages.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|n| n.parse::<usize>().ok());
    pages.unwrap_or(0) * PAGE
}
