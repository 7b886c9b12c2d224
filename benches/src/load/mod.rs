//! The load for an echo server: many connections, each with exactly one message in flight.
//!
//! It is neutral: one plain thread and epoll, nothing of the runtime that may be under test, and
//! it is a process of its own. Every byte that comes back is compared with what was sent.
//!
//! ```text
//! connection:  send 64 bytes -> wait for the same 64 bytes -> note the time -> send the next
//! time:        |-- warm-up --|-- measurement 1 --|-- measurement 2 --| ...   no pause between
//! ```

mod connection;

use crate::process::cpu_seconds;
use crate::result::{median, number};
use connection::Connection;
use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};
use std::error::Error;
use std::time::{Duration, Instant};

/// What has not come back for so long never will: the server has lost it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a server may take to start.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// Latencies are noted up to a minute, in nanoseconds, with three digits.
const LONGEST_NS: u64 = 60_000_000_000;

/// The options, named as those of the peers' generators so that one can take another's place.
#[derive(clap::Args, Clone, Debug)]
pub struct LoadArgs {
    /// Port on 127.0.0.1
    #[arg(short = 'p')]
    port: u16,
    /// Connections
    #[arg(short = 'c', default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Seconds a measurement lasts
    #[arg(short = 'd', default_value_t = 5.0)]
    seconds: f64,
    /// Bytes a message
    #[arg(short = 's', default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    bytes: u32,
    /// Seconds that do not count, at the beginning
    #[arg(short = 'w', default_value_t = 0.5)]
    warm_up: f64,
    /// Measurements, one after another on the same connections
    #[arg(short = 'r', default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    reps: u32,
    /// The contender to name in RESULT lines; without it there are none
    #[arg(short = 'n')]
    contender: Option<String>,
    /// What follows the metric in RESULT lines, as P2
    #[arg(short = 't', default_value = "")]
    tag: String,
}

/// One measurement.
struct Measured {
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
}

/// Measures and prints.
pub fn run(args: &LoadArgs) -> Result<(), Box<dyn Error>> {
    let mut load = Load::connect(args)?;
    load.measure(Duration::try_from_secs_f64(args.warm_up)?)?;
    let lasting = Duration::try_from_secs_f64(args.seconds)?;
    let runs = (0..args.reps)
        .map(|_| load.measure(lasting))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(contender) = &args.contender {
        let at = if args.tag.is_empty() {
            String::new()
        } else {
            format!("@{}", args.tag)
        };
        let print = |metric: &str, of: fn(&Measured) -> f64, unit: &str| {
            let value = number(median(&runs.iter().map(of).collect::<Vec<_>>()));
            println!("RESULT echo {contender} {metric}{at} {value} {unit}");
        };
        print("requests_per_s", |m| m.per_second, "req/s");
        print("p50_us", |m| m.p50_us, "us");
        print("p99_us", |m| m.p99_us, "us");
        print("max_us", |m| m.max_us, "us");
    }
    Ok(())
}

/// All connections, each with a message in flight.
struct Load {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
}

impl Load {
    fn connect(args: &LoadArgs) -> Result<Self, Box<dyn Error>> {
        let poll = Poll::new()?;
        let mut connections = Vec::new();
        for index in 0..args.connections {
            let stream = connection::dial(args.port, CONNECT_PATIENCE)?;
            let mut connection = Connection::new(stream, index, args.bytes as usize);
            let token = Token(usize::from(index));
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry()
                .register(connection.stream(), token, interest)?;
            connection.begin()?;
            connections.push(connection);
        }
        Ok(Load {
            poll,
            events: Events::with_capacity(1024),
            connections,
        })
    }

    /// Goes on for `lasting` and notes every round trip that ends in it.
    fn measure(&mut self, lasting: Duration) -> Result<Measured, Box<dyn Error>> {
        let mut latencies = Histogram::<u64>::new_with_bounds(1, LONGEST_NS, 3)?;
        let (cpu, begun) = (cpu_seconds()?, Instant::now());
        while begun.elapsed() < lasting {
            match self.poll.poll(&mut self.events, Some(PATIENCE)) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            if self.events.is_empty() {
                return Err(format!("nothing moved for {PATIENCE:?}").into());
            }
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                connection.send()?;
                if let Some(round_trip) = connection.receive()? {
                    latencies.saturating_record(round_trip.as_nanos() as u64);
                    connection.begin()?;
                }
            }
        }
        let stuck = self
            .connections
            .iter()
            .filter(|c| c.age() > PATIENCE)
            .count();
        if stuck > 0 {
            return Err(format!("{stuck} connections got no echo for {PATIENCE:?}").into());
        }
        let wall = begun.elapsed().as_secs_f64();
        let us = |q| latencies.value_at_quantile(q) as f64 / 1e3;
        let measured = Measured {
            per_second: latencies.len() as f64 / wall,
            p50_us: us(0.5),
            p99_us: us(0.99),
            max_us: us(1.0),
        };
        println!(
            "# echo-load: {} requests in {wall:.3} s, {:.0} a second, p50 {:.1} us, p99 {:.1} us, \
             max {:.1} us; the generator itself used {:.2} of one core",
            latencies.len(),
            measured.per_second,
            measured.p50_us,
            measured.p99_us,
            measured.max_us,
            (cpu_seconds()? - cpu) / wall,
        );
        Ok(measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// A server that forgets one of its connections.
    #[test]
    fn a_forgotten_connection_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let forgotten = listener.accept().unwrap();
            serve(listener, |_| {});
            drop(forgotten);
        });
        let mut load = Load::connect(&args(port)).unwrap();
        let error = load
            .measure(PATIENCE + Duration::from_millis(200))
            .err()
            .unwrap();
        assert!(
            error.to_string().starts_with("1 connections got no echo"),
            "{error}"
        );
    }

    fn args(port: u16) -> LoadArgs {
        LoadArgs {
            port,
            connections: 4,
            seconds: 0.2,
            bytes: 64,
            warm_up: 0.05,
            reps: 2,
            contender: None,
            tag: String::new(),
        }
    }

    /// A server on plain threads that changes what it echoes by `spoil`.
    fn server(spoil: fn(&mut [u8])) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || serve(listener, spoil));
        port
    }

    fn serve(listener: TcpListener, spoil: fn(&mut [u8])) {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut buffer = [0; 256];
                while let Ok(n @ 1..) = stream.read(&mut buffer) {
                    spoil(&mut buffer[..n]);
                    if stream.write_all(&buffer[..n]).is_err() {
                        break;
                    }
                }
            });
        }
    }

    #[test]
    fn an_honest_server_is_measured() {
        let args = args(server(|_| {}));
        let mut load = Load::connect(&args).unwrap();
        let measured = load.measure(Duration::from_millis(200)).unwrap();
        assert!(measured.per_second > 0.0);
        assert!(measured.p50_us <= measured.p99_us && measured.p99_us <= measured.max_us);
    }

    #[test]
    fn a_changed_byte_is_an_error() {
        let error = run(&args(server(|bytes| bytes[0] ^= 1))).unwrap_err();
        assert!(error.to_string().contains("differs"), "{error}");
    }

    #[test]
    fn a_server_that_hangs_up_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || listener.incoming().for_each(drop));
        assert!(run(&args(port)).is_err());
    }
}
