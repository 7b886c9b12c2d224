//! What is under `#[gompa::test]`: a test fails if goroutines outlive it.

use gompa_park::{Parker, WaitReason, Wake, time};
use gompa_sched::debug::{GoroutineStack, Look, Of, Text, each_stack};
use gompa_sched::{Builder, Status, current};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// So long nothing must change before goroutines that wait count as those that stay.
const STILL: Duration = Duration::from_secs(2);
/// So long the others have to come to an end, or to a wait.
const BUSY: Duration = Duration::from_secs(30);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// Runs `f` as the main goroutine of a runtime.
///
/// # Panics
/// With what `f` panicked with. If goroutines outlive it, unless that is allowed, with their stacks.
#[track_caller]
pub fn run_test<T: Send + 'static>(
    builder: Builder,
    allow_leaks: bool,
    f: impl FnOnce() -> T + Send + 'static,
) -> T {
    builder.run(move || {
        let value = f();
        if !allow_leaks {
            let left = still_there();
            assert!(
                left.is_empty(),
                "{} goroutines outlive the test:\n\n{}",
                left.len(),
                text(&left)
            );
        }
        value
    })
}

/// The other goroutines of the runtime of the code that runs here that do not come to an end: those
/// that wait, once nothing has changed for two seconds; those that run, or that a timer will wake, after half a
/// minute.
/// Returns at once when there is none.
pub fn still_there() -> Vec<GoroutineStack> {
    let began = Instant::now();
    let (mut before, mut since) = (Vec::new(), began);
    loop {
        let (mut now, mut busy) = (Vec::new(), false);
        each_stack(Look::at(Of::Mine).without_stacks(), |g| {
            if Some(g.info.id) != current() {
                now.push((g.info.id, g.info.status, g.info.waiting_since));
                // One that will go on by itself is on its way, too.
                busy |= g.info.status != Status::Waiting || g.info.may_time_out;
            }
            ControlFlow::Continue(())
        });
        if now.is_empty() {
            return Vec::new();
        }
        if now != before {
            (before, since) = (now, Instant::now());
        }
        let limit = if busy { BUSY } else { STILL };
        if since.elapsed() >= limit || began.elapsed() >= BUSY {
            return with_stacks();
        }
        pause();
    }
}

fn with_stacks() -> Vec<GoroutineStack> {
    let mut all = Vec::new();
    each_stack(Look::at(Of::Mine), |g| {
        all.extend((Some(g.info.id) != current()).then(|| g.clone()));
        ControlFlow::Continue(())
    });
    all
}

fn text(goroutines: &[GoroutineStack]) -> String {
    let (mut text, mut out) = (Text::new(), Vec::new());
    for g in goroutines {
        // Writing to memory does not fail.
        let _ = text.write(&mut out, g);
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn pause() {
    let parker = Parker::current();
    if parker.park(WaitReason::Sleep, time::after(PAUSE)) == Wake::Interrupted {
        parker.abandon();
    }
}
