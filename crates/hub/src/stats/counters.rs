//! Counters that only grow. Written by every connection, read by `/stats` and the summary.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// Declares counters: the struct, and its values at one moment.
macro_rules! counters {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        /// One hub's counters.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$meta])* pub $name: AtomicU64,)*
        }

        /// The counters at one moment.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
        pub struct Counts {
            $($(#[$meta])* pub $name: u64,)*
        }

        impl Counters {
            /// Reads them, one after the other.
            pub fn read(&self) -> Counts {
                Counts { $($name: Counters::get(&self.$name),)* }
            }
        }
    };
}

counters! {
    /// TCP connections accepted.
    accepted,
    /// Times `accept` failed, for want of file descriptors, say.
    accept_errors,
    /// Connections turned away: too many, in all or from one address.
    full,
    /// HTTP requests answered, handshakes included.
    requests,
    /// Handshakes refused: origin, token, or not a handshake.
    refused,
    /// WebSockets opened.
    sockets_opened,
    /// Messages read from clients.
    messages_in,
    /// Messages written to clients.
    messages_out,
    /// Payload bytes read from clients.
    bytes_in,
    /// Bytes written to clients in batches with messages.
    bytes_out,
    /// Times a reader had to wait because its client spoke faster than its rate.
    slowed,
    /// Times a client's kernel did not take everything at once.
    queued,
    /// Readers disconnected because they were too slow.
    slow_readers,
    /// Messages that slow readers lost under `drop-oldest`.
    dropped_oldest,
    /// Messages that slow readers lost under `drop-newest`.
    dropped_newest,
    /// Connections closed because of a bad frame or message.
    bad_frames,
    /// Connections dropped because nothing was heard from them.
    timeouts,
    /// Connections closed because they said nothing for the idle timeout.
    idle,
    /// Pings sent.
    pings,
    /// Gaps announced: messages of other hubs were missed.
    gaps,
    /// Messages that came twice over the broker and were passed on once.
    duplicates,
    /// Goroutines of connections that ended in a panic: a defect, and contained.
    panics,
}

impl Counters {
    /// Counts `n` more.
    #[inline]
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Relaxed);
    }

    /// The count so far.
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Relaxed)
    }
}
