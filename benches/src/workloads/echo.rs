//! A TCP echo server, one goroutine a connection, and the load of another process.

use crate::setup::Setup;
use gompa::net::{TcpListener, TcpStream};
use std::error::Error;
use std::io::{self, Read, Write};
use std::process::Command;
use std::time::Duration;

const LASTING: Duration = Duration::from_secs(5);

/// The options of a server without its load.
#[derive(clap::Args, Clone, Debug)]
pub struct ServerArgs {
    #[command(flatten)]
    setup: Setup,
    /// Port on 127.0.0.1
    #[arg(long)]
    port: u16,
    /// Seconds to live
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Serves, and has this program's load generator measure from a process of its own, which prints
/// the results.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let seconds = LASTING.as_secs_f64() / setup.shrink as f64;
    let (name, tag, reps) = (setup.contender.name(), setup.at_p(""), setup.reps);
    let status = setup.enter(move || {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        drop(gompa::go(move || accept(&listener)));
        let mut load = Command::new(program);
        load.args([
            "echo-load",
            "-p",
            &port.to_string(),
            "-d",
            &seconds.to_string(),
        ])
        .args([
            "-r",
            &reps.to_string(),
            "-n",
            name,
            "-t",
            tag.trim_start_matches('@'),
        ]);
        gompa::blocking(|| load.status())
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("the load generator: {status}").into())
    }
}

/// Serves for as long as asked for.
pub fn serve(args: &ServerArgs) -> Result<(), Box<dyn Error>> {
    let (port, lasting) = (args.port, Duration::from_secs(args.seconds));
    args.setup.enter(move || {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        drop(gompa::go(move || accept(&listener)));
        gompa::time::sleep(lasting);
        io::Result::Ok(())
    })?;
    Ok(())
}

fn accept(listener: &TcpListener) {
    loop {
        match listener.accept() {
            Ok((stream, _)) => drop(gompa::go(move || {
                if let Err(error) = echo(stream) {
                    eprintln!("echo: {error}");
                }
            })),
            Err(error) => return eprintln!("echo: accept: {error}"),
        }
    }
}

/// Sends back what comes in, until the other side ends.
fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => stream.write_all(&buffer[..n])?,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
