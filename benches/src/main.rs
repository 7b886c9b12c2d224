//! `gompa-bench`: workloads that several runtimes are measured by, here with contender `gompa`.
//!
//! ```text
//! gompa-bench <workload> [-p P]     one workload
//! gompa-bench all                   each in a process of its own
//! gompa-bench echo-load -p PORT     the neutral load for any echo server
//! gompa-bench echo-server -p P      the echo server alone
//! gompa-bench report --results DIR  gathered lines to a table and a picture
//! ```
//!
//! On stdout come lines `RESULT <workload> <contender> <metric> <value> <unit>` and remarks that
//! start with `#`; progress goes to stderr.
//!
//! # Rooms
//! - [`workloads`]: one algorithm a file, and the list of them.
//! - [`setup`], [`repeat`], [`fresh`]: with which runtime, how often, in which process.
//! - [`result`], [`process`], [`lateness`]: what is measured and how it is said.
//! - [`wait_group`]: how a workload waits for its goroutines.
//! - [`load`]: the echo load generator; it does not use the runtime under test.
//! - [`report`]: Markdown table and SVG of many runs.
//! - [`all`]: every workload after another.

mod all;
mod cli;
mod fresh;
mod lateness;
mod load;
mod process;
mod repeat;
mod report;
mod result;
mod setup;
mod wait_group;
mod workloads;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gompa-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
