//! `GOTRACEBACK`, and `SIGQUIT`.

use super::{Case, Ended};
use gompa_chan::make;
use gompa_sched::{Builder, go, gosched, run};

pub const CASES: &[Case] = &[
    Case::new("traceback::not_set", deadlocks, |e| {
        fails(e);
        e.says("waits_for_ever(...)");
        e.says("[chan receive]:");
        unsaid(e, "gompa_sched::");
    }),
    Case::new("traceback::none", deadlocks, |e| {
        fails(e);
        unsaid(e, "goroutine ");
    })
    .env(&[("GOTRACEBACK", "none")]),
    Case::new("traceback::all", deadlocks, |e| {
        fails(e);
        assert_eq!(e.stderr.matches("waits_for_ever(...)").count(), 2);
        unsaid(e, "gompa_sched::");
    })
    .env(&[("GOTRACEBACK", "all")]),
    Case::new("traceback::system", deadlocks, |e| {
        fails(e);
        e.says("waits_for_ever(...)");
        e.says("gompa_sched::");
    })
    .env(&[("GOTRACEBACK", "system")]),
    Case::new("traceback::crash", deadlocks, |e| {
        e.says("all goroutines are asleep");
        e.says("waits_for_ever(...)");
        assert_eq!(e.signal(), Some(libc::SIGABRT));
    })
    .env(&[("GOTRACEBACK", "crash")]),
    Case::new("traceback::quit", quits, |e| {
        assert_eq!(e.code(), Some(2));
        assert!(e.stderr.starts_with("SIGQUIT: quit\n\n"));
        e.says("waits_for_ever(...)");
        e.says("[running]:");
    }),
    Case::new("traceback::quit_without_traces", quits, |e| {
        assert_eq!(e.code(), Some(2));
        assert_eq!(e.stderr, "SIGQUIT: quit\n\n");
    })
    .env(&[("GOTRACEBACK", "none")]),
    Case::new(
        "traceback::who_waits_for_quit_hides_no_deadlock",
        || {
            Builder::new().dump_on_quit().run(waits_for_ever);
        },
        fails,
    ),
];

#[inline(never)]
fn waits_for_ever() {
    let _ = std::hint::black_box(make::<u32>(0).recv());
}

fn deadlocks() {
    run(|| {
        drop(go(waits_for_ever));
        waits_for_ever();
    });
}

fn quits() {
    Builder::new().dump_on_quit().procs(1).run(|| {
        drop(go(waits_for_ever));
        gosched();
        // SAFETY: a signal to this process.
        unsafe { libc::kill(libc::getpid(), libc::SIGQUIT) };
        // In the middle of something, on the only P.
        loop {
            std::hint::spin_loop();
        }
    });
}

#[track_caller]
fn fails(e: &Ended) {
    assert_eq!(e.code(), Some(2));
    e.says("fatal error: all goroutines are asleep - deadlock!\n\n");
}

#[track_caller]
fn unsaid(e: &Ended, text: &str) {
    assert!(!e.stderr.contains(text), "said: {text}");
}
