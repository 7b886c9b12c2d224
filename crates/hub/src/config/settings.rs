//! Every setting, each perhaps absent: what flags, environment and file have in common.
//!
//! A setting's first line is also what `--help` says of it.
#![allow(
    rustdoc::broken_intra_doc_links,
    rustdoc::bare_urls,
    reason = "these are texts for a terminal"
)]

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::Config;
use super::units::{Bytes, Time};
use crate::access::{Origins, Secret};
use crate::broker::redis::{RedisConfig, RedisUrl};
use crate::websocket::SlowReader;

/// What may be set from outside. What is absent is left to who comes next in precedence.
#[derive(Debug, Default, Clone, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs)] // the help says it
pub struct Settings {
    /// Address to serve on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "GOMPA_HUB_ADDR", value_name = "HOST:PORT")]
    pub addr: Option<String>,

    /// Other hubs to share rooms with, over Redis: redis://[user:password@]host[:port][/db]
    #[arg(
        long,
        env = "GOMPA_HUB_REDIS",
        value_name = "URL",
        help_heading = "Several hubs"
    )]
    pub redis: Option<RedisUrl>,

    /// What every channel's and key's name begins with [default: gompa:]
    #[arg(
        long,
        env = "GOMPA_HUB_REDIS_PREFIX",
        value_name = "TEXT",
        help_heading = "Several hubs"
    )]
    pub redis_prefix: Option<String>,

    /// Keep about this many messages of each room in a Redis stream, and fill gaps from there; 0: gaps are announced [default: 0]
    #[arg(
        long,
        env = "GOMPA_HUB_REDIS_STREAM",
        value_name = "MESSAGES",
        help_heading = "Several hubs"
    )]
    pub redis_stream: Option<usize>,

    /// Bytes that may wait for Redis while it is away; then whoever speaks waits [default: 64MiB]
    #[arg(
        long,
        env = "GOMPA_HUB_REDIS_BUFFER",
        value_name = "BYTES",
        help_heading = "Several hubs"
    )]
    pub redis_buffer: Option<Bytes>,

    /// Largest message on /ws and /hub; past it the connection is closed with 1009 [default: 4MiB]
    #[arg(
        long,
        env = "GOMPA_HUB_MAX_MESSAGE",
        value_name = "BYTES",
        help_heading = "Messages"
    )]
    pub max_message: Option<Bytes>,

    /// Bytes that may wait for one reader before it counts as slow; at least max-message [default: 8MiB]
    #[arg(
        long,
        env = "GOMPA_HUB_QUEUE",
        value_name = "BYTES",
        help_heading = "Messages"
    )]
    pub queue: Option<Bytes>,

    /// What happens to a reader that is slow [default: disconnect]
    #[arg(
        long,
        env = "GOMPA_HUB_SLOW_READER",
        value_enum,
        help_heading = "Messages"
    )]
    pub slow_reader: Option<SlowReader>,

    /// Messages of each room kept for who joins later [default: 0]
    #[arg(
        long,
        env = "GOMPA_HUB_HISTORY",
        value_name = "MESSAGES",
        help_heading = "Messages"
    )]
    pub history: Option<usize>,

    /// Bytes of them in each room [default: 1MiB]
    #[arg(
        long,
        env = "GOMPA_HUB_HISTORY_BYTES",
        value_name = "BYTES",
        help_heading = "Messages"
    )]
    pub history_bytes: Option<Bytes>,

    /// Do not agree to permessage-deflate
    #[arg(long, env = "GOMPA_HUB_NO_DEFLATE", help_heading = "Messages", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub no_deflate: Option<bool>,

    /// Pages whose scripts may connect: 'same' (the host they came from), 'any', or origins such as https://example.com [default: same]
    #[arg(
        long,
        env = "GOMPA_HUB_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ',',
        help_heading = "Who may come in"
    )]
    pub origin: Option<Vec<String>>,

    /// File with the secret that tokens are signed with (JWT, HS256; 32 bytes or more); with it nobody comes in without
    #[arg(
        long,
        env = "GOMPA_HUB_SECRET_FILE",
        value_name = "FILE",
        help_heading = "Who may come in"
    )]
    pub secret_file: Option<PathBuf>,

    /// Connections at a time; 0: as many as open files allow [default: 0]
    #[arg(
        long,
        env = "GOMPA_HUB_MAX_CONNECTIONS",
        value_name = "N",
        help_heading = "Who may come in"
    )]
    pub max_connections: Option<usize>,

    /// Connections at a time from one address; 0: no limit [default: 0]
    #[arg(
        long,
        env = "GOMPA_HUB_MAX_PER_ADDRESS",
        value_name = "N",
        help_heading = "Who may come in"
    )]
    pub max_per_address: Option<usize>,

    /// Proxies whose X-Forwarded-For is believed
    #[arg(
        long,
        env = "GOMPA_HUB_TRUSTED_PROXY",
        value_name = "IP",
        value_delimiter = ',',
        help_heading = "Who may come in"
    )]
    pub trusted_proxy: Option<Vec<IpAddr>>,

    /// Messages a second from one connection; faster ones wait; 0: no limit [default: 0]
    #[arg(
        long,
        env = "GOMPA_HUB_MAX_RATE",
        value_name = "N",
        help_heading = "Who may come in"
    )]
    pub max_rate: Option<u32>,

    /// Messages that may come at once although the rate is less [default: 100]
    #[arg(
        long,
        env = "GOMPA_HUB_BURST",
        value_name = "N",
        help_heading = "Who may come in"
    )]
    pub burst: Option<u32>,

    /// Rooms one connection of /hub may be in [default: 64]
    #[arg(
        long,
        env = "GOMPA_HUB_MAX_ROOMS",
        value_name = "N",
        help_heading = "Who may come in"
    )]
    pub max_rooms: Option<usize>,

    /// Longest request line and headers [default: 16KiB]
    #[arg(
        long,
        env = "GOMPA_HUB_MAX_HEAD",
        value_name = "BYTES",
        help_heading = "Who may come in"
    )]
    pub max_head: Option<Bytes>,

    /// Longest path and query [default: 4KiB]
    #[arg(
        long,
        env = "GOMPA_HUB_MAX_URL",
        value_name = "BYTES",
        help_heading = "Who may come in"
    )]
    pub max_url: Option<Bytes>,

    /// Certificate chain in PEM: serve https:// and wss:// only
    #[arg(
        long,
        env = "GOMPA_HUB_TLS_CERT",
        value_name = "FILE",
        help_heading = "Who may come in"
    )]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's key in PEM
    #[arg(
        long,
        env = "GOMPA_HUB_TLS_KEY",
        value_name = "FILE",
        help_heading = "Who may come in"
    )]
    pub tls_key: Option<PathBuf>,

    /// How long a client may take to send its request [default: 10s]
    #[arg(
        long,
        env = "GOMPA_HUB_HANDSHAKE_TIMEOUT",
        value_name = "TIME",
        help_heading = "Times"
    )]
    pub handshake_timeout: Option<Time>,

    /// Ping a connection that has been silent this long, give or take a tenth; drop it after twice as long [default: 20s]
    #[arg(
        long,
        env = "GOMPA_HUB_PING_INTERVAL",
        value_name = "TIME",
        help_heading = "Times"
    )]
    pub ping_interval: Option<Time>,

    /// Close a WebSocket that has sent no message for this long; 0: never [default: 0]
    #[arg(
        long,
        env = "GOMPA_HUB_IDLE_TIMEOUT",
        value_name = "TIME",
        help_heading = "Times"
    )]
    pub idle_timeout: Option<Time>,

    /// How long one write may make no progress [default: 10s]
    #[arg(
        long,
        env = "GOMPA_HUB_WRITE_TIMEOUT",
        value_name = "TIME",
        help_heading = "Times"
    )]
    pub write_timeout: Option<Time>,

    /// From SIGTERM to the close frames, while /healthz says 503 already [default: 0]
    #[arg(
        long,
        env = "GOMPA_HUB_DRAIN_WAIT",
        value_name = "TIME",
        help_heading = "Times"
    )]
    pub drain_wait: Option<Time>,

    /// From the close frames to the exit, at most [default: 5s]
    #[arg(
        long,
        env = "GOMPA_HUB_DEADLINE",
        value_name = "TIME",
        help_heading = "Times"
    )]
    pub deadline: Option<Time>,

    /// Close code of the end: 1001 (going away) or 1012 (service restart) [default: 1001]
    #[arg(
        long,
        env = "GOMPA_HUB_DRAIN_CODE",
        value_name = "CODE",
        help_heading = "Times"
    )]
    pub drain_code: Option<u16>,

    /// Serve the runtime's insight pages under /debug
    #[arg(long, env = "GOMPA_HUB_DEBUG", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub debug: Option<bool>,
}

/// For each name: what is set here, or else what `other` says.
macro_rules! or {
    ($mine:ident, $other:ident: $($name:ident)*) => {
        Settings { $($name: $mine.$name.or($other.$name),)* }
    };
}

impl Settings {
    /// These, and where they say nothing, those.
    pub fn or(self, other: Settings) -> Settings {
        or!(self, other:
            addr
            redis
            redis_prefix
            redis_stream
            redis_buffer
            max_message
            queue
            slow_reader
            history
            history_bytes
            no_deflate
            origin
            secret_file
            max_connections
            max_per_address
            trusted_proxy
            max_rate
            burst
            max_rooms
            max_head
            max_url
            tls_cert
            tls_key
            handshake_timeout
            ping_interval
            idle_timeout
            write_timeout
            drain_wait
            deadline
            drain_code
            debug
        )
    }

    /// The configuration they ask for, defaults where they ask for nothing; or what is wrong with
    /// their combination.
    pub fn into_config(self) -> Result<Config, String> {
        let default = Config::default();
        let config = Config {
            addr: self.addr.map_or(Ok(default.addr), |a| addr(&a))?,
            max_head: self.max_head.map_or(default.max_head, |b| b.0),
            max_url: self.max_url.map_or(default.max_url, |b| b.0),
            handshake_timeout: time(
                "handshake-timeout",
                self.handshake_timeout,
                default.handshake_timeout,
            )?,
            http_idle: default.http_idle,
            max_connections: self.max_connections.unwrap_or(default.max_connections),
            max_per_address: self.max_per_address.unwrap_or(default.max_per_address),
            trusted_proxies: self.trusted_proxy.unwrap_or_default(),
            origins: match self.origin {
                Some(list) => Origins::parse(&list)?,
                None => default.origins,
            },
            secret: self
                .secret_file
                .map(|path| Secret::read(&path))
                .transpose()?,
            max_message: self.max_message.map_or(default.max_message, |b| b.0),
            max_rate: self.max_rate.unwrap_or(default.max_rate),
            burst: self.burst.unwrap_or(default.burst).max(1),
            max_rooms: self.max_rooms.unwrap_or(default.max_rooms),
            queue: self.queue.map_or(default.queue, |b| b.0),
            slow_reader: self.slow_reader.unwrap_or(default.slow_reader),
            history: self.history.unwrap_or(default.history),
            history_bytes: self.history_bytes.map_or(default.history_bytes, |b| b.0),
            ping_interval: time("ping-interval", self.ping_interval, default.ping_interval)?,
            idle_timeout: self.idle_timeout.map_or(default.idle_timeout, |t| t.0),
            write_timeout: time("write-timeout", self.write_timeout, default.write_timeout)?,
            close_timeout: default.close_timeout,
            drain_wait: self.drain_wait.map_or(default.drain_wait, |t| t.0),
            deadline: time("deadline", self.deadline, default.deadline)?,
            drain_code: match self.drain_code.unwrap_or(default.drain_code) {
                code @ (1001 | 1012) => code,
                code => return Err(format!("--drain-code is 1001 or 1012, not {code}")),
            },
            redis: self.redis.map(|url| RedisConfig {
                url,
                prefix: self.redis_prefix.unwrap_or_else(|| "gompa:".into()),
                stream: self.redis_stream.unwrap_or(0),
                buffer: self.redis_buffer.map_or(64 << 20, |b| b.0),
            }),
            tls: match (self.tls_cert, self.tls_key) {
                (None, None) => None,
                (Some(cert), Some(key)) => Some((cert, key)),
                _ => return Err("--tls-cert and --tls-key go together".into()),
            },
            deflate: !self.no_deflate.unwrap_or(!default.deflate),
            debug: self.debug.unwrap_or(default.debug),
        };
        if config.queue < config.max_message {
            return Err(format!(
                "--queue ({} bytes) must hold at least one message of --max-message ({} bytes)",
                config.queue, config.max_message
            ));
        }
        Ok(config)
    }
}

/// A time that must not be zero.
fn time(name: &str, set: Option<Time>, default: Duration) -> Result<Duration, String> {
    match set {
        None => Ok(default),
        Some(Time(Duration::ZERO)) => Err(format!("--{name} must be more than nothing")),
        Some(Time(time)) => Ok(time),
    }
}

/// Checks that there is a host and a port; whether the host exists shows when it is bound.
fn addr(text: &str) -> Result<String, String> {
    let (host, port) = text
        .rsplit_once(':')
        .ok_or("expected HOST:PORT, as in 127.0.0.1:8080")?;
    if host.is_empty() {
        return Err("the host is missing, as in 0.0.0.0:8080".into());
    }
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Err("an IPv6 address needs brackets, as in [::1]:8080".into());
    }
    port.parse::<u16>()
        .map_err(|_| format!("'{port}' is not a port (0 to 65535)"))?;
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches};

    use super::*;

    fn command() -> Command {
        Settings::augment_args(Command::new("gompa-hub"))
    }

    fn parse(flags: &[&str]) -> Result<Config, String> {
        let args = std::iter::once("gompa-hub").chain(flags.iter().copied());
        let matches = command()
            .try_get_matches_from(args)
            .map_err(|e| e.to_string())?;
        Settings::from_arg_matches(&matches)
            .map_err(|e| e.to_string())?
            .into_config()
    }

    fn show(config: &Config) -> String {
        format!("{config:?}")
    }

    #[test]
    fn flags_left_out_mean_the_defaults() {
        assert_eq!(show(&parse(&[]).unwrap()), show(&Config::default()));
    }

    /// The defaults that the help promises are the defaults.
    #[test]
    fn the_help_tells_the_truth() {
        let mut told = 0;
        for arg in command().get_arguments() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let Some((_, rest)) = help.split_once("[default: ") else {
                continue;
            };
            let value = rest.strip_suffix(']').expect("a default ends the help");
            let name = arg.get_long().unwrap();
            if name.starts_with("redis") {
                continue; // of a configuration that the default has none of: below
            }
            let config =
                parse(&[&format!("--{name}={value}")]).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(show(&config), show(&Config::default()), "{name}");
            told += 1;
        }
        assert!(told > 20, "{told}");
        let plain = parse(&["--redis=redis://h"]).unwrap();
        let told = [
            "--redis=redis://h",
            "--redis-prefix=gompa:",
            "--redis-stream=0",
            "--redis-buffer=64MiB",
        ];
        assert_eq!(show(&plain), show(&parse(&told).unwrap()));
    }

    #[test]
    fn flags_reach_the_configuration() {
        let config = parse(&[
            "--addr=[::1]:0",
            "--max-message=1KiB",
            "--queue=2KiB",
            "--slow-reader=drop-oldest",
            "--ping-interval=1s",
            "--write-timeout=2s",
            "--handshake-timeout=3s",
            "--deadline=250ms",
            "--idle-timeout=5m",
            "--trusted-proxy=10.0.0.1,10.0.0.2",
            "--no-deflate",
            "--debug=true",
        ])
        .unwrap();
        assert_eq!(config.addr, "[::1]:0");
        assert_eq!((config.max_message, config.queue), (1024, 2048));
        assert_eq!(config.slow_reader, SlowReader::DropOldest);
        assert_eq!(config.ping_interval, Duration::from_secs(1));
        assert_eq!(config.write_timeout, Duration::from_secs(2));
        assert_eq!(config.handshake_timeout, Duration::from_secs(3));
        assert_eq!(config.deadline, Duration::from_millis(250));
        assert_eq!(config.idle_timeout, Duration::from_secs(300));
        assert_eq!(config.trusted_proxies.len(), 2);
        assert!(!config.deflate && config.debug);
    }

    #[test]
    fn a_file_gives_way_to_flags() {
        let file: Settings = toml::from_str(
            "queue = \"16MiB\"\nhistory = 5\norigin = [\"any\"]\nslow-reader = \"drop-newest\"",
        )
        .unwrap();
        let flags = Settings {
            history: Some(7),
            ..Settings::default()
        };
        let config = flags.or(file).into_config().unwrap();
        assert_eq!((config.queue, config.history), (16 << 20, 7));
        assert_eq!(config.slow_reader, SlowReader::DropNewest);
        let wrong = toml::from_str::<Settings>("quueue = \"1MiB\"").unwrap_err();
        assert!(wrong.to_string().contains("quueue"), "{wrong}");
    }

    #[test]
    fn nonsense_is_named() {
        for (flag, names) in [
            ("--addr=8080", "HOST:PORT"),
            ("--addr=:8080", "host is missing"),
            ("--addr=::1:8080", "brackets"),
            ("--addr=localhost:http", "'http' is not a port"),
            ("--addr=localhost:70000", "'70000' is not a port"),
            ("--queue=lots", "lots"),
            ("--ping-interval=0s", "more than nothing"),
            ("--ping-interval=0", "more than nothing"),
            ("--slow-reader=wait", "disconnect"),
            ("--max-message=16MiB", "must hold at least one message"),
            ("--drain-code=1000", "1012"),
            ("--tls-cert=x", "--tls-key"),
            ("--redis=http://h", "redis://"),
            ("--origin=example.com", "https://"),
            ("--secret-file=/nonexistent/secret", "/nonexistent/secret"),
            ("--frob", "--frob"),
        ] {
            let error = parse(&[flag]).unwrap_err();
            assert!(error.contains(names), "{flag}: {error}");
        }
    }
}
