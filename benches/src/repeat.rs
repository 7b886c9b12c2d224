//! Repetition within one process: one warm-up, then as many runs as asked for.

use crate::result::{number, report};
use crate::setup::Setup;
use std::time::Instant;

/// Runs `f`, which does `ops` operations, once to warm up and then repeatedly, all from the main
/// goroutine of one runtime, and reports the nanoseconds an operation took.
pub fn per_op(
    setup: &Setup,
    workload: &'static str,
    metric: &str,
    ops: u64,
    mut f: impl FnMut() + Send + 'static,
) {
    let (label, reps) = (setup.to_string(), setup.reps);
    let values = setup.enter(move || {
        let mut values = Vec::new();
        for rep in 0..=reps {
            let begun = Instant::now();
            f();
            let ns = begun.elapsed().as_nanos() as f64 / ops as f64;
            progress(workload, &label, rep, ns);
            if rep > 0 {
                values.push(ns);
            }
        }
        values
    });
    report(setup, workload, metric, &values, "ns");
}

/// On stderr. Never inlined: standard error's lock is a matter of thread-locals, whose addresses
/// must not be kept across `f` where goroutines use their thread's ([`Setup::enter`]).
#[inline(never)]
fn progress(workload: &str, label: &str, rep: u32, ns: f64) {
    let number = number(ns);
    match rep {
        0 => eprintln!("{workload} {label}: warm-up {number} ns"),
        _ => eprintln!("{workload} {label}: {rep}. {number} ns"),
    }
}
