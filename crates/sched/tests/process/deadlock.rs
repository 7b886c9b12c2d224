//! "all goroutines are asleep": when it is said, what is shown, and when it is not said.

use super::{Case, Ended, ignore};
use gompa_chan::{Chan, make, time};
use gompa_context::{self as context, RecvExt};
use gompa_sched::netpoll::{Interest, Source};
use gompa_sched::{Builder, blocking, go, run};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Long enough that a detector that errs has erred.
const A_WHILE: Duration = Duration::from_millis(700);

pub const CASES: &[Case] = &[
    Case::new(
        "deadlock::on_receive",
        || run(receives_for_ever),
        |e| {
            reported(e);
            shows(e, "chan receive");
            e.says("receives_for_ever");
            e.says("deadlock.rs:");
            e.says("created by go outside of a goroutine");
        },
    ),
    Case::new(
        "deadlock::on_send",
        || run(|| make::<u32>(0).send(1)),
        |e| {
            reported(e);
            shows(e, "chan send");
        },
    ),
    Case::new(
        "deadlock::on_a_nil_channel",
        || run(|| ignore(Chan::<u32>::nil().recv())),
        |e| {
            reported(e);
            shows(e, "chan receive (nil chan)");
        },
    ),
    Case::new(
        "deadlock::on_sending_to_a_nil_channel",
        || run(|| Chan::<u32>::nil().send(1)),
        |e| {
            reported(e);
            shows(e, "chan send (nil chan)");
        },
    ),
    Case::new(
        "deadlock::on_an_empty_select",
        || run(|| gompa_chan::select! {}),
        |e| {
            reported(e);
            shows(e, "select (no cases)");
        },
    ),
    Case::new(
        "deadlock::on_a_select",
        || {
            run(|| {
                let (a, b) = (make::<u32>(0), make::<u32>(0));
                gompa_chan::select! {
                    recv(a) -> _ => {}
                    send(b, 1) => {}
                }
            })
        },
        |e| {
            reported(e);
            shows(e, "select");
        },
    ),
    Case::new(
        "deadlock::under_a_context_that_nobody_ends",
        || {
            run(|| {
                let (ctx, _cancel) = context::with_cancel(&context::background());
                ignore(make::<u32>(0).recv_ctx(&ctx));
            })
        },
        |e| {
            reported(e);
            shows(e, "chan receive");
        },
    ),
    Case::new(
        "deadlock::not_under_a_context_with_a_deadline",
        || {
            run(|| {
                let (ctx, _cancel) = context::with_timeout(&context::background(), A_WHILE);
                assert!(make::<u32>(0).recv_ctx(&ctx).is_err());
            })
        },
        |e| assert!(e.status.success(), "{}", e.stderr),
    ),
    Case::new(
        "deadlock::on_a_join",
        || run(|| go(receives_for_ever).join().unwrap()),
        |e| {
            reported(e);
            shows(e, "join");
            shows(e, "chan receive");
            e.says("created by go in goroutine 1\n");
        },
    ),
    Case::new(
        "deadlock::with_main_in_a_join",
        || go(receives_for_ever).join().unwrap(),
        |e| {
            reported(e);
            shows(e, "chan receive");
        },
    ),
    Case::new(
        "deadlock::shows_every_goroutine",
        || {
            run(|| {
                (0..50).for_each(|_| drop(go(receives_for_ever)));
                gompa_chan::select! {}
            })
        },
        |e| {
            reported(e);
            assert_eq!(e.stderr.matches("\ngoroutine ").count(), 51);
            assert_eq!(e.stderr.matches(" [chan receive]:\n").count(), 50);
            // Functions of ours, every one with its line.
            assert_eq!(e.stderr.matches("receives_for_ever(...)\n\t").count(), 50);
        },
    ),
    Case::new(
        "deadlock::after_a_timer_has_fired",
        || {
            run(|| {
                time::sleep(Duration::from_millis(50));
                let timeout = make::<u32>(0).recv_timeout(Duration::from_millis(50));
                assert!(timeout.is_err());
                receives_for_ever()
            })
        },
        reported,
    ),
    Case::new(
        "deadlock::a_stopped_timer_does_not_hide_it",
        || {
            run(|| {
                let timer = time::after_func(Duration::from_secs(3600), || {});
                assert!(timer.stop());
                receives_for_ever()
            })
        },
        reported,
    ),
    Case::new(
        "deadlock::an_ended_deadline_does_not_hide_it",
        || {
            run(|| {
                let ch = make(1);
                ch.send(1);
                assert_eq!(ch.recv_timeout(Duration::from_secs(3600)), Ok(1));
                let other = ch.clone();
                let waits = go(move || other.recv_timeout(Duration::from_secs(3600)));
                gompa_sched::gosched();
                ch.send(2);
                assert_eq!(waits.join().unwrap(), Ok(2));
                receives_for_ever()
            })
        },
        reported,
    ),
    Case::new(
        "deadlock::the_locks_of_stdout_and_stderr_may_be_held",
        || {
            run(|| {
                print!("half a line");
                let _out = std::io::stdout().lock();
                let _err = std::io::stderr().lock();
                receives_for_ever()
            })
        },
        reported,
    ),
    Case::new(
        "deadlock::what_was_printed_comes_out",
        || {
            run(|| {
                print!("half a line");
                receives_for_ever()
            })
        },
        |e| {
            reported(e);
            assert_eq!(e.stdout, "half a line");
        },
    ),
    Case::new(
        "deadlock::in_a_runtime_within_a_runtime",
        || run(|| Builder::new().procs(1).run(receives_for_ever)),
        |e| {
            reported(e);
            shows(e, "chan receive");
        },
    ),
    Case::new(
        "deadlock::seen_once_another_runtime_has_ended",
        || {
            let stuck = go(receives_for_ever);
            run(|| time::sleep(A_WHILE));
            println!("ended");
            ignore(stuck.join());
        },
        |e| {
            reported(e);
            assert_eq!(e.stdout, "ended\n");
        },
    ),
    Case::new(
        "deadlock::seen_once_a_thread_has_ended",
        || {
            let thread = std::thread::spawn(|| {
                std::thread::sleep(A_WHILE);
                println!("ended");
            });
            drop(thread);
            run(receives_for_ever);
        },
        |e| {
            reported(e);
            assert_eq!(e.stdout, "ended\n");
        },
    ),
    Case::new(
        "deadlock::seen_once_a_timer_of_a_thread_has_fired",
        || {
            drop(time::after_func(A_WHILE, || println!("fired")));
            run(receives_for_ever);
        },
        |e| {
            reported(e);
            assert_eq!(e.stdout, "fired\n");
        },
    ),
    Case::new(
        "deadlock::seen_though_goroutines_are_wired",
        || {
            run(|| {
                let wired = go(|| {
                    let _wired = gompa_sched::lock_os_thread();
                    receives_for_ever()
                });
                wired.join().unwrap()
            })
        },
        |e| {
            reported(e);
            e.says("[chan receive, locked to thread]:");
        },
    ),
    Case::new(
        "no_deadlock::while_somebody_sleeps",
        || {
            run(|| {
                let ch = make(0);
                let tx = ch.clone();
                drop(go(move || {
                    time::sleep(A_WHILE);
                    tx.send(1);
                }));
                assert_eq!(ch.recv(), Some(1));
            })
        },
        Ended::well,
    ),
    Case::new(
        "no_deadlock::while_a_timer_is_pending",
        || {
            run(|| {
                let ch = make::<u32>(0);
                let closes = ch.clone();
                drop(time::after_func(A_WHILE, move || closes.close()));
                assert_eq!(ch.recv(), None);
            })
        },
        Ended::well,
    ),
    Case::new(
        "no_deadlock::while_a_timer_of_a_thread_is_pending",
        || {
            let ch = make::<u32>(0);
            let closes = ch.clone();
            drop(time::after_func(A_WHILE, move || closes.close()));
            run(move || assert_eq!(ch.recv(), None));
        },
        Ended::well,
    ),
    Case::new(
        "no_deadlock::while_somebody_waits_for_a_socket",
        waits_for_a_socket,
        Ended::well,
    ),
    Case::new(
        "no_deadlock::while_a_thread_may_wake_somebody",
        || {
            let ch = make(0);
            let tx = ch.clone();
            let thread = std::thread::spawn(move || {
                std::thread::sleep(A_WHILE);
                tx.send(1);
            });
            assert_eq!(run(move || ch.recv()), Some(1));
            thread.join().unwrap();
        },
        Ended::well,
    ),
    Case::new(
        "no_deadlock::while_main_may_wake_somebody",
        || {
            let ch = make(0);
            let waits = go({
                let ch = ch.clone();
                move || ch.recv()
            });
            std::thread::sleep(A_WHILE);
            ch.send(1);
            assert_eq!(waits.join().unwrap(), Some(1));
        },
        Ended::well,
    ),
    Case::new(
        "no_deadlock::during_a_blocking_call",
        || wakes_after(|| blocking(|| std::thread::sleep(A_WHILE))),
        Ended::well,
    ),
    Case::new(
        "no_deadlock::during_an_undeclared_blocking_call",
        || wakes_after(|| std::thread::sleep(A_WHILE)),
        Ended::well,
    ),
    Case::new(
        "no_deadlock::in_a_runtime_that_waits_for_another",
        || {
            run(|| {
                Builder::new()
                    .procs(1)
                    .run(|| wakes_after(|| time::sleep(A_WHILE)))
            })
        },
        Ended::well,
    ),
    Case::new(
        "no_deadlock::between_runtimes",
        || {
            let ch = make(0);
            let tx = ch.clone();
            drop(go(move || {
                time::sleep(A_WHILE);
                tx.send(1);
            }));
            assert_eq!(run(move || ch.recv()), Some(1));
        },
        Ended::well,
    ),
    Case::new(
        "no_deadlock::without_goroutines",
        || {
            // The runtime stands, and nobody is in it.
            go(|| {}).join().unwrap();
            std::thread::sleep(A_WHILE);
        },
        Ended::well,
    ),
];

#[inline(never)]
fn receives_for_ever() {
    ignore(make::<u32>(0).recv());
}

#[track_caller]
fn reported(e: &Ended) {
    let head = "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine ";
    assert!(e.stderr.starts_with(head));
    assert_eq!(e.code(), Some(2));
}

/// A goroutine that waits for that reason is among those shown.
#[track_caller]
fn shows(e: &Ended, reason: &str) {
    e.says(&format!(" [{reason}]:\n"));
}

/// One goroutine waits for another that first does `what`.
fn wakes_after(what: fn()) {
    run(move || {
        let ch = make(0);
        let tx = ch.clone();
        drop(go(move || {
            what();
            tx.send(1);
        }));
        assert_eq!(ch.recv(), Some(1));
    });
}

/// The other end of the socket is another process.
fn waits_for_a_socket() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut writer = Command::new("sh")
        .args(["-c", "sleep 0.7; echo x"])
        .stdout(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .spawn()
        .unwrap();
    run(move || {
        ours.set_nonblocking(true).unwrap();
        let ours = Source::new(ours);
        let seen = ours.ticket(Interest::Read);
        ours.wait(Interest::Read, seen, gompa_park::time::NEVER)
            .unwrap();
    });
    writer.wait().unwrap();
    std::io::stdout().flush().unwrap();
}
