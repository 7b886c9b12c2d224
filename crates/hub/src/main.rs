//! The binary `gompa-hub`: flags in, a hub until a signal comes, an exit status out.

use std::process::{ExitCode, exit};
use std::thread;

use clap::{CommandFactory, Parser, error::ErrorKind};
use gompa_hub::args::Args;
use gompa_hub::{Config, Server, Summary, limits, signals};

fn main() -> ExitCode {
    let config = Args::parse().into_config().unwrap_or_else(|reason| {
        Args::command()
            .error(ErrorKind::ArgumentConflict, reason)
            .exit()
    });
    limits::raise_open_files();
    gompa::run(move || serve(config))
}

/// The main goroutine.
fn serve(config: Config) -> ExitCode {
    let addr = config.addr.clone();
    let server = match Server::bind(config) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("gompa-hub: cannot listen on {addr}: {error}");
            if error.kind() == std::io::ErrorKind::AddrInUse {
                eprintln!("gompa-hub: another program has that port; choose one with --addr");
            }
            return ExitCode::FAILURE;
        }
    };
    let signals = match signals::listen() {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("gompa-hub: cannot listen for signals: {error}");
            return ExitCode::FAILURE;
        }
    };
    let serving = server.start();
    let at = serving.addr();
    println!("gompa-hub: open http://{at}/ in a browser, or two");
    println!("gompa-hub: ws://{at}/ws?room=R speaks to a room, ws://{at}/echo to itself");
    println!("gompa-hub: http://{at}/stats and http://{at}/healthz; Ctrl-C ends it");

    let signal = signals.recv().unwrap_or("the end of signals");
    eprintln!("gompa-hub: {signal}: closing connections; again to end at once");
    thread::spawn(move || {
        if signals.recv().is_ok() {
            exit(130);
        }
    });
    report(&serving.shutdown());
    ExitCode::SUCCESS
}

fn report(summary: &Summary) {
    let clients = &summary.snapshot.clients;
    println!(
        "gompa-hub: served {} connections, {} WebSockets, {} messages in, {} out; {} slow, \
         {} cut off; ended in {:.1?}",
        clients.accepted,
        clients.sockets_opened,
        clients.messages_in,
        clients.messages_out,
        clients.slow_readers,
        summary.cut_off,
        summary.took,
    );
}
