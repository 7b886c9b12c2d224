//! The binary `gompa-hub`: flags in, a hub until a signal comes, an exit status out.

use std::process::{ExitCode, exit};
use std::thread;

use clap::{CommandFactory, Parser, error::ErrorKind};
use gompa_hub::cli::{self, Cli, Command};
use gompa_hub::server::BindError;
use gompa_hub::{Config, Server, Summary, limits, signals};

fn main() -> ExitCode {
    let mut cli = Cli::parse();
    limits::raise_open_files();
    match cli.command.take() {
        Some(Command::Check) => print(Ok(cli::check())),
        Some(Command::Token(args)) => print(cli::token(&args).map(|token| token + "\n")),
        Some(Command::Bench(args)) => print(cli::bench(&args)),
        None => {
            let config = cli.config().unwrap_or_else(|reason| {
                Cli::command()
                    .error(ErrorKind::ArgumentConflict, reason)
                    .exit()
            });
            gompa::run(move || serve(config))
        }
    }
}

fn print(result: Result<String, String>) -> ExitCode {
    match result {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("gompa-hub: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// The main goroutine.
fn serve(config: Config) -> ExitCode {
    let tls = config.tls.is_some();
    let server = match Server::bind(config) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("gompa-hub: {error}");
            if let BindError::Listen { error, .. } = &error
                && error.kind() == std::io::ErrorKind::AddrInUse
            {
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
    let s = if tls { "s" } else { "" };
    println!("gompa-hub: open http{s}://{at}/ in a browser, or two");
    println!("gompa-hub: ws{s}://{at}/ws?room=R speaks to a room, ws{s}://{at}/hub to many");
    println!("gompa-hub: http{s}://{at}/operator and http{s}://{at}/healthz; Ctrl-C ends it");

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
    for (peer, waiting) in &summary.late {
        let peer = peer.map_or("somebody".to_owned(), |peer| peer.to_string());
        println!("gompa-hub: late: {peer}, for whom {waiting} bytes waited");
    }
    if summary.cut_off > summary.late.len() {
        println!(
            "gompa-hub: late: {} more",
            summary.cut_off - summary.late.len()
        );
    }
    if summary.unsent != 0 {
        println!("gompa-hub: {} messages did not reach Redis", summary.unsent);
    }
}
