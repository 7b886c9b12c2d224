//! The command line: what the binary may be asked for.

mod bench;
mod check;
mod token;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use bench::{BenchArgs, bench};
pub use check::check;
pub use token::{TokenArgs, token};

use crate::config::{Config, Settings};

/// A WebSocket hub: everything said in a room reaches everyone in the room
///
/// Serves a page at /, rooms at /ws?room=R (each message goes to all, as it is) and /hub (many rooms
/// on one connection, in JSON), figures at /stats and /operator, and its health at /healthz.
#[derive(Debug, Parser)]
#[command(
    name = "gompa-hub",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
        gompa-hub                                          on 127.0.0.1:8080, for this machine\n  \
        gompa-hub --addr 0.0.0.0:8080 --history 50         for all, with the last 50 messages of each room\n  \
        gompa-hub --redis redis://10.0.0.5 --redis-stream 1000\n                                                     \
        one of several hubs, which share their rooms\n  \
        gompa-hub --config hub.toml --queue 16MiB          settings of a file, but for one\n  \
        gompa-hub check                                    what this machine allows, and what to raise\n  \
        gompa-hub bench ws://127.0.0.1:8080/ws -n 10000    load, with latency percentiles\n\n\
        Each setting may come from a flag, from the environment (GOMPA_HUB_QUEUE=16MiB) or from a TOML\n\
        file (queue = \"16MiB\"); flags come first, the file last. Sizes are in B, KiB, MiB or GiB, times in\n\
        ms, s or m. SIGTERM or Ctrl-C ends it in peace, a second one at once."
)]
pub struct Cli {
    /// What to do instead of serving
    #[command(subcommand)]
    pub command: Option<Command>,

    /// File with settings, in TOML; flags and environment come first
    #[arg(long, env = "GOMPA_HUB_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    settings: Settings,
}

/// What the binary does besides serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say how many connections this machine allows, and what to raise for more
    Check,
    /// Load a hub with many connections, and measure it
    Bench(BenchArgs),
    /// Make a token that lets a client in
    Token(TokenArgs),
}

impl Cli {
    /// The configuration: flags, then environment, then the file, then defaults.
    pub fn config(self) -> Result<Config, String> {
        let settings = match &self.config {
            None => self.settings,
            Some(path) => {
                let file = Settings::read(path).map_err(|e| e.to_string())?;
                self.settings.or(file)
            }
        };
        settings.into_config()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(args: &[&str]) -> Result<Config, String> {
        let args = std::iter::once("gompa-hub").chain(args.iter().copied());
        Cli::try_parse_from(args)
            .map_err(|e| e.to_string())?
            .config()
    }

    #[test]
    fn a_file_and_a_flag() {
        let path = std::env::temp_dir().join(format!("gompa-hub-{}.toml", std::process::id()));
        std::fs::write(&path, "history = 3\nburst = 7\n").unwrap();
        let file = path.to_str().unwrap();
        let config_of = config(&["--config", file, "--burst", "9"]).unwrap();
        assert_eq!((config_of.history, config_of.burst), (3, 9));
        std::fs::write(&path, "histery = 3\n").unwrap();
        let error = config(&["--config", file]).unwrap_err();
        assert!(error.contains("histery") && error.contains(file), "{error}");
        std::fs::remove_file(&path).unwrap();
        assert!(config(&["--config", file]).unwrap_err().contains(file));
    }

    #[test]
    fn commands() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
        assert!(config(&["check", "--addr", "x:1"]).is_err());
    }
}
