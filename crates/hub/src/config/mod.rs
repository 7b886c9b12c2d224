//! What the hub may be told, and what it does when nobody tells it.
//!
//! ```text
//!   flags  >  environment  >  the TOML file  >  defaults
//!   └──────── settings ────────┘   (file)       (here)
//! ```
//! - [`Settings`]: every setting, each perhaps absent; flags, environment and file all give one.
//! - [`Config`]: every setting, present; made once, read by all.
//! - `units`: sizes and times as people write them.

mod file;
mod settings;
mod units;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use file::FileError;
pub use settings::Settings;

use crate::access::{Origins, Secret};
use crate::broker::redis::RedisConfig;
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
    /// Longest request target, in bytes; past it the answer is 414.
    pub max_url: usize,
    /// How long a client may take for its request head, from `accept` to the empty line.
    pub handshake_timeout: Duration,
    /// How long an HTTP connection may wait for its next request.
    pub http_idle: Duration,
    /// Connections at a time; 0 for as many as the descriptors allow.
    pub max_connections: usize,
    /// Connections at a time from one address; 0 for no limit.
    pub max_per_address: usize,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Pages whose scripts may open a WebSocket.
    pub origins: Origins,
    /// What tokens are signed with; none: whoever reaches the port may read and write.
    pub secret: Option<Secret>,
    /// Largest message on `/ws` and `/hub`, in bytes; past it the connection is closed with 1009.
    pub max_message: usize,
    /// Messages a second from one connection; 0 for no limit. Beyond it the connection is not read
    /// from until it is within again.
    pub max_rate: u32,
    /// Messages that may come at once although the rate is less.
    pub burst: u32,
    /// Rooms one connection of `/hub` may be in.
    pub max_rooms: usize,
    /// Bytes that may wait for one reader before it counts as slow.
    pub queue: usize,
    /// What happens to a reader that is slow.
    pub slow_reader: SlowReader,
    /// Messages of each room that are kept for who comes later.
    pub history: usize,
    /// Bytes of them, in each room.
    pub history_bytes: usize,
    /// A connection silent for this long, give or take a tenth, is pinged; silent for twice as
    /// long, it is dropped.
    pub ping_interval: Duration,
    /// A WebSocket that has said nothing for this long, pongs not counted, is closed with 1001;
    /// zero for never.
    pub idle_timeout: Duration,
    /// How long one write may wait for the client's kernel to take anything at all.
    pub write_timeout: Duration,
    /// How long a client may take to answer a close frame.
    pub close_timeout: Duration,
    /// From the signal to the close frames: time for a load balancer to see `/healthz` say 503.
    pub drain_wait: Duration,
    /// How long the end may take, from the close frames to the exit.
    pub deadline: Duration,
    /// The close code of the end: 1001 (going away) or 1012 (service restart).
    pub drain_code: u16,
    /// Other hubs, and how they are reached; none: this hub alone.
    pub redis: Option<RedisConfig>,
    /// Certificate chain and key, both in PEM; none: no TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Whether permessage-deflate is agreed to.
    pub deflate: bool,
    /// Whether the runtime's insight pages are served.
    pub debug: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            addr: "127.0.0.1:8080".into(),
            max_head: 16 << 10,
            max_url: 4 << 10,
            handshake_timeout: Duration::from_secs(10),
            http_idle: Duration::from_secs(30),
            max_connections: 0,
            max_per_address: 0,
            trusted_proxies: Vec::new(),
            origins: Origins::default(),
            secret: None,
            max_message: 4 << 20,
            max_rate: 0,
            burst: 100,
            max_rooms: 64,
            queue: 8 << 20,
            slow_reader: SlowReader::Disconnect,
            history: 0,
            history_bytes: 1 << 20,
            ping_interval: Duration::from_secs(20),
            idle_timeout: Duration::ZERO,
            write_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
            drain_wait: Duration::ZERO,
            deadline: Duration::from_secs(5),
            drain_code: 1001,
            redis: None,
            tls: None,
            deflate: true,
            debug: false,
        }
    }
}
