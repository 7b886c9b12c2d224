//! `gompa-hub bench`: many connections to a hub, messages to all of them, and an exact account of
//! what came.
//!
//! One thread and one epoll: ten thousand clients cost little more than their sockets.
//!
//! - `target`: where the hub is, and from where to connect. `client`: one connection.
//! - `stamp`: what is in each message. `account`: what came, what is missing, and how late.
//! - `load`: the loop. `process`: the hub's memory and time, if it runs here.

mod account;
mod client;
mod load;
mod process;
mod stamp;
mod target;

use std::net::Ipv4Addr;
use std::time::Duration;

use clap::Args;

use load::Load;
use target::Target;

/// What is measured.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// The hub: ws://host:port/ws?room=R
    #[arg(
        value_name = "URL",
        default_value = "ws://127.0.0.1:8080/ws?room=bench"
    )]
    url: String,

    /// Connections
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1000)]
    connections: usize,

    /// Connections a second; 0: as fast as they are answered, 256 at a time
    #[arg(long, value_name = "N", default_value_t = 0)]
    connect_rate: u32,

    /// Messages, in all
    #[arg(short, long, value_name = "N", default_value_t = 100)]
    messages: u32,

    /// Messages a second, in all, whether the hub keeps up or not; 0: the next when all have the last
    #[arg(short, long, value_name = "N", default_value_t = 0.0)]
    rate: f64,

    /// Connections that say them, in turn
    #[arg(long, value_name = "N", default_value_t = 1)]
    senders: usize,

    /// Say nothing, and hear what another of these says with the same --run: wait for its --messages
    #[arg(long, conflicts_with = "rate")]
    listen: bool,

    /// Number of the run, for several of these that share one; by default it is chosen
    #[arg(long, value_name = "N", required_if_eq("listen", "true"))]
    run: Option<u32>,

    /// Bytes of a message
    #[arg(long, value_name = "BYTES", default_value_t = 64)]
    size: usize,

    /// First of the addresses to connect from, one after another (for hubs on 127.0.0.0/8)
    #[arg(long, value_name = "ADDRESS", default_value = "127.1.0.1")]
    source: Ipv4Addr,

    /// Connections from each of them
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    per_source: usize,

    /// Offer permessage-deflate
    #[arg(long)]
    deflate: bool,

    /// Token for the hub
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,

    /// Seconds without any delivery after which what has not come counts as lost
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    patience: u64,

    /// Stay connected for so long before the first message
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    idle: u64,

    /// The hub's process, if it runs here: reports its memory and its processor time
    #[arg(long, value_name = "PID", value_delimiter = ',')]
    pid: Vec<u32>,

    /// Print one line of JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl BenchArgs {
    fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }
}

/// Measures; the report. An error if it could not be measured, or if something was lost.
pub fn bench(args: &BenchArgs) -> Result<String, String> {
    let least = stamp::LENGTH;
    if args.size < least {
        return Err(format!(
            "--size must be {least} or more: each message says which one it is"
        ));
    }
    if args.connections == 0 || args.senders == 0 || args.senders > args.connections {
        return Err("there must be a connection, and no more --senders than --connections".into());
    }
    let files = crate::limits::open_files().saturating_sub(32);
    if args.connections > files {
        return Err(format!(
            "a process here may hold {files} connections: run several of these, or raise the limit \
             (gompa-hub check)"
        ));
    }
    let target = Target::parse(&args.url, args.token.as_deref())?;
    let report = Load::new(args, target)?.run()?;
    let text = if args.json {
        serde_json::to_string(&report).map_err(|e| e.to_string())? + "\n"
    } else {
        report.table()
    };
    if report.is_clean() {
        return Ok(text);
    }
    print!("{text}");
    Err("not everything came, or not once: see above".into())
}
