//! What the hub may be told, and what it does when nobody tells it.

use std::time::Duration;

use crate::websocket::SlowReader;

/// Largest message `/echo` takes: conformance tools send up to 64 MiB.
pub const ECHO_MAX_MESSAGE: usize = 64 << 20;

/// Longest room name, in bytes after percent-decoding.
pub const MAX_ROOM_NAME: usize = 256;

/// Everything that can be set. Read by all, written by nobody once the server is bound.
#[derive(Debug, Clone)]
pub struct Config {
    /// `host:port` to listen on; port 0 takes a free one.
    pub addr: String,
    /// Longest request head (request line and headers), in bytes; past it the answer is 431.
    pub max_head: usize,
    /// How long a client may take for its request head, from `accept` to the empty line.
    pub handshake_timeout: Duration,
    /// How long an HTTP connection may wait for its next request.
    pub idle_timeout: Duration,
    /// Largest message on `/ws`, in bytes; past it the connection is closed with 1009.
    pub max_message: usize,
    /// Bytes that may wait for one reader before it counts as slow.
    pub queue: usize,
    /// What happens to a reader that is slow.
    pub slow_reader: SlowReader,
    /// A connection silent for this long is pinged; silent for twice as long, it is dropped.
    pub ping_interval: Duration,
    /// How long one write may wait for the client's kernel to take anything at all.
    pub write_timeout: Duration,
    /// How long a client may take to answer a close frame.
    pub close_timeout: Duration,
    /// How long the end may take, from the signal to the exit.
    pub deadline: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            addr: "127.0.0.1:8080".into(),
            max_head: 16 << 10,
            handshake_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            max_message: 4 << 20,
            queue: 8 << 20,
            slow_reader: SlowReader::Disconnect,
            ping_interval: Duration::from_secs(20),
            write_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
            deadline: Duration::from_secs(5),
        }
    }
}
