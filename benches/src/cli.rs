//! The command line: one subcommand a workload, made from the list of workloads, and a few more.

use crate::process::Foreign;
use crate::setup::Setup;
use crate::workloads::{self, Workload};
use crate::{all, load, report};
use clap::{Args, Command, FromArgMatches};
use std::error::Error;

/// Parses the command line and does what it says.
pub fn dispatch() -> Result<(), Box<dyn Error>> {
    let matches = command().get_matches();
    match matches.subcommand().expect("clap demands a subcommand") {
        ("all", args) => all::run(&all::AllArgs::from_arg_matches(args)?),
        ("echo-load", args) => load::run(&load::LoadArgs::from_arg_matches(args)?),
        ("echo-server", args) => {
            workloads::echo::serve(&workloads::echo::ServerArgs::from_arg_matches(args)?)
        }
        ("report", args) => report::run(&report::ReportArgs::from_arg_matches(args)?),
        (name, args) => {
            let workload = workloads::find(name).expect("clap knows only these names");
            measure(workload, Setup::from_arg_matches(args)?)
        }
    }
}

fn command() -> Command {
    Command::new("gompa-bench")
        .about(
            "The common workloads on gompa. Prints RESULT lines; lower is better, but for per_s.",
        )
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(
            workloads::ALL
                .iter()
                .map(|w| Setup::augment_args(Command::new(w.name)).about(w.about)),
        )
        .subcommands([
            all::AllArgs::augment_args(Command::new("all"))
                .about("Every workload, each in a process of its own"),
            load::LoadArgs::augment_args(Command::new("echo-load"))
                .about("Closed-loop load for a TCP echo server on 127.0.0.1"),
            workloads::echo::ServerArgs::augment_args(Command::new("echo-server"))
                .about("Only the server of the workload echo"),
            report::ReportArgs::augment_args(Command::new("report"))
                .about("RESULT lines of many runs to a Markdown table and an SVG"),
        ])
}

/// Runs one workload and says how much CPU the rest of the machine used meanwhile.
fn measure(workload: &Workload, setup: Setup) -> Result<(), Box<dyn Error>> {
    let meter = Foreign::start()?;
    (workload.run)(&setup)?;
    if !setup.child {
        println!("# foreign {} {setup}: {}", workload.name, meter.stop()?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_workload_is_a_subcommand() {
        for workload in crate::workloads::ALL {
            assert!(
                command().find_subcommand(workload.name).is_some(),
                "{}",
                workload.name
            );
        }
    }
}
