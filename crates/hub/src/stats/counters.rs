//! Counters that only grow. Written by every connection, read by `/stats` and the summary.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One hub's counters.
#[derive(Debug, Default)]
pub struct Counters {
    /// TCP connections accepted.
    pub accepted: AtomicU64,
    /// Times `accept` failed, for want of file descriptors, say.
    pub accept_errors: AtomicU64,
    /// HTTP requests answered, handshakes included.
    pub requests: AtomicU64,
    /// WebSockets opened.
    pub sockets: AtomicU64,
    /// Messages read from clients.
    pub messages_in: AtomicU64,
    /// Messages written to clients.
    pub messages_out: AtomicU64,
    /// Payload bytes read from clients.
    pub bytes_in: AtomicU64,
    /// Bytes written to clients in batches with messages.
    pub bytes_out: AtomicU64,
    /// Readers disconnected because they were too slow.
    pub slow_readers: AtomicU64,
    /// Messages that a slow reader lost under `--slow-reader drop-oldest`.
    pub messages_dropped: AtomicU64,
    /// Connections closed because of a bad frame or message.
    pub bad_frames: AtomicU64,
    /// Connections dropped because nothing was heard from them.
    pub timeouts: AtomicU64,
}

impl Counters {
    /// Counts `n` more.
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Relaxed);
    }

    /// The count so far.
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Relaxed)
    }
}
