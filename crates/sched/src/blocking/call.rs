//! `blocking`: a call that is known to block gives its P away at once.

use crate::goroutine::Status;
use crate::host;
use crate::machine::Commit;
use crate::machine::switching::switch_away;
use crate::trace::Kind;
use std::ptr::NonNull;

/// Runs `f`, which may block its thread, without holding up other goroutines: the P is handed to
/// another thread before, and taken back after (or the goroutine queues for one).
///
/// Calls that block and are not declared are noticed by the monitor too, some tens of microseconds
/// later. On a plain thread `f` is just called.
///
/// ```
/// let text = gompa_sched::blocking(|| std::fs::read_to_string("/proc/self/comm"));
/// # assert!(text.is_ok());
/// ```
pub fn blocking<R>(f: impl FnOnce() -> R) -> R {
    let Some(g) = host::goroutine() else {
        return f();
    };
    let m = host::enter(g);
    g.set_status(Status::Syscall);
    if let Some(p) = m.p() {
        p.trace.add_exact(Kind::Enter, 0, g.id());
        p.counts.blocking_calls.add(1);
    }
    let before = m.tenure.hold(None);
    if let Some(p) = before {
        m.sched().hand_off(p);
    }
    m.tenure.leave();

    /// Comes back also when `f` panics.
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            come_back();
        }
    }
    let _back = Back;
    f()
}

/// Gets a P again, or queues for one.
fn come_back() {
    let g = host::goroutine().expect("the goroutine that called `blocking`");
    let m = host::enter(g);
    let global = &m.sched().global;
    if m.tenure.held().is_none() {
        let p = if global.wakes.idle() > 0 {
            global.pop_idle_p(&mut global.lock())
        } else {
            None
        };
        match p {
            Some(p) => {
                m.take_p(p);
                if let Some(p) = m.p() {
                    p.trace.add_exact(Kind::Exit, 0, g.id());
                }
                m.sched().monitor.wake();
            }
            None => {
                // SAFETY: `g` runs here, inside.
                unsafe { switch_away(g, m, Commit::Yield(NonNull::from(g))) };
            }
        }
    }
    g.set_status(Status::Running);
    host::machine(g).tenure.leave();
}
