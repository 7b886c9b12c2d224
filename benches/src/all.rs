//! Every workload, each in a process of its own, so that none inherits another's heap, threads or
//! stacks, and the end of one does not end the others.

use crate::setup::Contender;
use crate::workloads;
use std::error::Error;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// The options of `all`.
#[derive(clap::Args, Clone, Debug)]
pub struct AllArgs {
    /// Only with this number of Ps [default: the numbers each workload is defined for]
    #[arg(short = 'p', long)]
    procs: Option<u16>,
    /// Seconds after which a workload is given up
    #[arg(long, default_value_t = 120)]
    limit: u64,
    /// Passed on to every workload
    #[arg(long, default_value_t = 5)]
    reps: u32,
    /// Passed on to every workload
    #[arg(long, default_value_t = 1)]
    shrink: u64,
}

/// Runs them all; an error names those that failed.
pub fn run(args: &AllArgs) -> Result<(), Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let mut failed = Vec::new();
    for workload in workloads::ALL {
        let procs = args
            .procs
            .as_ref()
            .map_or(workload.procs, std::slice::from_ref);
        let carrier = workload.carrier_tls.then_some(Contender::GompaCarrierTls);
        for procs in procs {
            for contender in [Some(Contender::Gompa), carrier].into_iter().flatten() {
                let label = format!("{} {} P{procs}", workload.name, contender.name());
                eprintln!("== {label}");
                let mut child = Command::new(&program)
                    .args([workload.name, "--contender", contender.name()])
                    .args(["-p", &procs.to_string(), "--reps", &args.reps.to_string()])
                    .args(["--shrink", &args.shrink.to_string()])
                    .spawn()?;
                match wait(&mut child, Duration::from_secs(args.limit))? {
                    Some(status) if status.success() => {}
                    Some(status) => failed.push(format!("{label}: {status}")),
                    None => failed.push(format!("{label}: over {} s", args.limit)),
                }
            }
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("; ").into())
    }
}

/// Waits for the child's end; ends it and gives `None` once `limit` is over.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
