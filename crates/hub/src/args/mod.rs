//! The command line.

mod units;

use std::time::Duration;

use clap::Parser;

use crate::config::Config;
use crate::websocket::SlowReader;
use units::{bytes, duration};

/// A WebSocket hub: everything said in a room reaches everyone in the room.
#[derive(Debug, Parser)]
#[command(name = "gompa-hub", version, about)]
pub struct Args {
    /// Address to serve on; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", value_parser = addr)]
    addr: String,

    /// Largest message on /ws
    #[arg(long, value_name = "BYTES", default_value = "4MiB", value_parser = bytes)]
    max_message: usize,

    /// Bytes that may wait for one reader before it counts as slow; at least max-message
    #[arg(long, value_name = "BYTES", default_value = "8MiB", value_parser = bytes)]
    queue: usize,

    /// What happens to a reader that is slow
    #[arg(long, value_enum, default_value = "disconnect")]
    slow_reader: SlowReader,

    /// Ping a connection that has been silent this long; drop it after twice as long
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration)]
    ping_interval: Duration,

    /// How long one write may make no progress
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    write_timeout: Duration,

    /// How long a client may take to send its request
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    handshake_timeout: Duration,

    /// How long the end may take after Ctrl-C or SIGTERM
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    deadline: Duration,
}

impl Args {
    /// The configuration these flags ask for, or what is wrong with their combination.
    pub fn into_config(self) -> Result<Config, String> {
        if self.queue < self.max_message {
            return Err(format!(
                "--queue ({} bytes) must hold at least one message of --max-message ({} bytes)",
                self.queue, self.max_message
            ));
        }
        Ok(Config {
            addr: self.addr,
            max_message: self.max_message,
            queue: self.queue,
            slow_reader: self.slow_reader,
            ping_interval: self.ping_interval,
            write_timeout: self.write_timeout,
            handshake_timeout: self.handshake_timeout,
            deadline: self.deadline,
            ..Config::default()
        })
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
    use super::*;

    fn parse(flags: &[&str]) -> Result<Config, String> {
        let args = std::iter::once("gompa-hub").chain(flags.iter().copied());
        Args::try_parse_from(args)
            .map_err(|e| e.to_string())?
            .into_config()
    }

    #[test]
    fn flags_left_out_mean_the_defaults() {
        assert_eq!(
            format!("{:?}", parse(&[]).unwrap()),
            format!("{:?}", Config::default())
        );
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
        ])
        .unwrap();
        assert_eq!(config.addr, "[::1]:0");
        assert_eq!((config.max_message, config.queue), (1024, 2048));
        assert_eq!(config.slow_reader, SlowReader::DropOldest);
        assert_eq!(config.ping_interval, Duration::from_secs(1));
        assert_eq!(config.write_timeout, Duration::from_secs(2));
        assert_eq!(config.handshake_timeout, Duration::from_secs(3));
        assert_eq!(config.deadline, Duration::from_millis(250));
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
            ("--slow-reader=wait", "disconnect"),
            ("--max-message=16MiB", "must hold at least one message"),
            ("--frob", "--frob"),
        ] {
            let error = parse(&[flag]).unwrap_err();
            assert!(error.contains(names), "{flag}: {error}");
        }
    }
}
