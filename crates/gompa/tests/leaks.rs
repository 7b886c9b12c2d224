//! `#[gompa::test]`, and the common ways to leak a goroutine.

use gompa::chan::{self, Chan};
use gompa::debug::leak::{Certainty, Search};
use gompa::debug::{Of, assert_no_leaks};
use gompa::{context, go, gosched, select, time};
use std::sync::Arc;
use std::time::Duration;

#[gompa::test]
fn a_test_without_leaks_passes() {
    let answers = chan::make(0);
    let asked = answers.clone();
    let asker = go(move || asked.send(42));
    assert_eq!(answers.recv(), Some(42));
    asker.join().unwrap();
    // One that ends soon is waited for.
    drop(go(|| time::sleep(Duration::from_millis(50))));
}

#[gompa::test(procs = 1)]
fn a_test_may_fail_politely() -> Result<(), String> {
    assert_eq!(gompa::gomaxprocs(0), 1);
    Ok(())
}

#[inline(never)]
fn nobody_sends_here(ch: &Chan<u32>) -> Option<u32> {
    std::hint::black_box(ch.recv())
}

#[gompa::test(procs = 2)]
#[should_panic(expected = "nobody_sends_here(...)")]
fn a_goroutine_that_outlives_its_test_fails_it() {
    drop(go(|| nobody_sends_here(&chan::make(0))));
}

#[gompa::test(leaks = "allow")]
fn unless_it_may() {
    drop(go(|| nobody_sends_here(&chan::make(0))));
    gosched();
}

/// How sure the leak profile is about each goroutine, when every wait counts as a long one.
fn found(id: gompa::GoroutineId) -> Option<(Certainty, &'static str)> {
    let search = Search::new().of(Of::Mine).likely_after(Duration::ZERO);
    let leaks = search.find();
    let leak = leaks.iter().find(|leak| leak.goroutine.info.id == id);
    leak.map(|leak| (leak.certainty, leak.why))
}

fn until_it_waits<T>(handle: &gompa::JoinHandle<T>) {
    let waits = || {
        let all = gompa::debug::goroutines();
        let it = all.iter().find(|g| g.id == handle.id());
        it.is_none_or(|g| !g.state().starts_with("run"))
    };
    while !waits() {
        gosched();
    }
}

/// Runs `start` deep in a stack of its own, so that no copy of a handle is left in a frame that is
/// still there: what it returns waits by then.
fn leaked<T: Send + 'static>(start: fn() -> gompa::JoinHandle<T>) -> gompa::JoinHandle<T> {
    let handle = go(start).join().unwrap();
    until_it_waits(&handle);
    handle
}

/// What a child says.
const PROVEN: &str = "PROVEN";

/// Checks that the leak is found, and says if it is proven.
#[track_caller]
fn leaks<T: Send + 'static>(start: fn() -> gompa::JoinHandle<T>) {
    let leak = leaked(start);
    let mut last = None;
    for _ in 0..20 {
        // Stale addresses that the first look finds may be gone later; what is proven once, is.
        time::sleep(Duration::from_millis(5));
        last = found(leak.id());
        if matches!(last, Some((Certainty::Proven, _))) {
            eprintln!("{PROVEN}");
            return;
        }
    }
    assert!(last.is_some(), "not found at all");
}

/// Runs a case in a process of its own, where nothing was left behind by others: whether it was
/// proven. `None`: this is that process.
fn alone(name: &str) -> Option<bool> {
    const ME: &str = "GOMPA_TEST_ALONE";
    if std::env::var_os(ME).is_some() {
        return None;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            name,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(ME, "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{name}: {said}");
    Some(said.contains(PROVEN))
}

/// Each is found; which of them can be proven depends on what is left over in memory, but not for
/// all of them at the same time. A wait for nothing always can.
#[test]
fn common_leaks() {
    let cases = [
        "abandoned_sender",
        "forgotten_receiver",
        "missing_close",
        "early_return",
        "double_send",
        "a_select_among_channels_of_nobody",
        "two_that_wait_for_each_other",
    ];
    let proven: Vec<_> = cases
        .into_iter()
        .filter(|case| alone(case) == Some(true))
        .collect();
    eprintln!("proven: {proven:?}");
    // A stale address may keep one from being proven.
    assert!(proven.len() >= 5, "{proven:?}");
    assert_eq!(alone("nil_channel"), Some(true));
    alone("nobody_leaks");
}

#[gompa::test]
#[ignore = "in a process of its own: see common_leaks"]
fn nobody_leaks() {
    let answers = chan::make(0);
    let asked = answers.clone();
    let asker = go(move || asked.send(42));
    until_it_waits(&asker);
    assert_no_leaks();
    answers.recv();
    asker.join().unwrap();
}

#[gompa::test(leaks = "allow")]
#[ignore = "in a process of its own: see common_leaks"]
fn abandoned_sender() {
    leaks(|| {
        let ch = chan::make(0);
        go(move || ch.send(1))
    });
}

#[gompa::test(leaks = "allow")]
#[ignore = "in a process of its own: see common_leaks"]
fn forgotten_receiver() {
    leaks(|| {
        let ch = chan::make::<u32>(0);
        go(move || ch.recv())
    });
}

#[gompa::test(leaks = "allow")]
#[ignore = "in a process of its own: see common_leaks"]
fn missing_close() {
    leaks(|| {
        let ch = chan::make(4);
        (0..3).for_each(|n| ch.send(n));
        go(move || (&ch).into_iter().sum::<u32>())
    });
}

#[gompa::test(leaks = "allow")]
#[ignore = "in a process of its own: see common_leaks"]
fn early_return() {
    // Two results are sent, the one who asked has gone with the first.
    leaks(|| {
        let results = chan::make(0);
        let (first, second) = (results.clone(), results.clone());
        drop(go(move || first.send(1)));
        let late = go(move || {
            time::sleep(Duration::from_millis(20));
            second.send(2)
        });
        results.recv();
        late
    });
}

#[gompa::test(leaks = "allow")]
#[ignore = "in a process of its own: see common_leaks"]
fn double_send() {
    leaks(|| {
        let done = chan::make(0);
        let theirs = done.clone();
        let twice = go(move || {
            theirs.send(());
            theirs.send(());
        });
        done.recv();
        twice
    });
}

#[gompa::test(leaks = "allow")]
#[ignore = "in a process of its own: see common_leaks"]
fn nil_channel() {
    leaks(|| go(|| Chan::<u32>::nil().send(1)));
    leaks(|| go(|| Chan::<u32>::nil().recv()));
    leaks(|| {
        go(|| {
            let (a, b) = (Chan::<u32>::nil(), Chan::<u32>::nil());
            select! { recv(a) -> _ => {} recv(b) -> _ => {} }
        })
    });
}

#[gompa::test(leaks = "allow")]
#[ignore = "in a process of its own: see common_leaks"]
fn a_select_among_channels_of_nobody() {
    leaks(|| {
        let (a, b) = (chan::make::<u32>(0), chan::make::<u32>(0));
        go(move || select! { recv(a) -> _ => {} send(b, 1) => {} })
    });
}

#[gompa::test(leaks = "allow")]
#[ignore = "in a process of its own: see common_leaks"]
fn two_that_wait_for_each_other() {
    leaks(|| {
        let (a, b) = (chan::make::<u32>(0), chan::make::<u32>(0));
        let (a2, b2) = (a.clone(), b.clone());
        drop(go(move || {
            a2.recv();
            b2.send(1);
        }));
        go(move || {
            b.recv();
            a.send(1);
        })
    });
}

#[gompa::test(leaks = "allow")]
fn missing_cancel() {
    let leak = leaked(|| {
        let (ctx, cancel) = context::with_cancel(&context::background());
        std::mem::forget(cancel);
        go(move || ctx.done().recv())
    });
    // Somebody might still have the context: it lies in the heap.
    assert_eq!(found(leak.id()).unwrap().0, Certainty::Likely);
}

#[gompa::test(leaks = "allow")]
fn a_lock_held_by_a_leaked_goroutine() {
    let leak = leaked(|| {
        let lock = Arc::new(gompa::sync::Mutex::new(()));
        let theirs = lock.clone();
        let holder = go(move || {
            let _held = theirs.lock();
            chan::make::<u32>(0).recv()
        });
        until_it_waits(&holder);
        go(move || drop(lock.lock()))
    });
    let (certainty, why) = found(leak.id()).unwrap();
    assert_eq!(
        (certainty, why),
        (Certainty::Likely, "it has long waited for a lock")
    );
}

/// Everything that could still wake a goroutine, one after the other.
#[gompa::test]
fn no_false_alarm() {
    let may_run = |id| !matches!(found(id), Some((Certainty::Proven, _)));

    // Another goroutine has the channel: in a frame, in a box, in a channel's buffer.
    let ch = chan::make::<u32>(0);
    let theirs = ch.clone();
    let waits = go(move || theirs.recv());
    until_it_waits(&waits);
    assert!(may_run(waits.id()));
    let kept = Box::new(ch);
    assert!(may_run(waits.id()));
    let carrier = chan::make::<Chan<u32>>(1);
    carrier.send(*kept);
    assert!(may_run(waits.id()));
    carrier.recv().unwrap().send(1);
    waits.join().unwrap();

    // A thread has it.
    let (tx, rx) = chan::channel::<u32>(0);
    let (go_on, told) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        told.recv().unwrap();
        tx.send(1).unwrap();
    });
    let waits = go(move || rx.recv());
    until_it_waits(&waits);
    assert!(may_run(waits.id()));
    go_on.send(()).unwrap();
    waits.join().unwrap().unwrap();
    thread.join().unwrap();

    // A timer has it.
    let waits = go(|| time::after(Duration::from_millis(100)).recv());
    until_it_waits(&waits);
    assert!(may_run(waits.id()));
    waits.join().unwrap().unwrap();

    // Whoever borrows from its stack has it.
    let waits = go(|| {
        let ch = chan::make::<u32>(0);
        std::thread::scope(|s| {
            s.spawn(|| {
                std::thread::sleep(Duration::from_millis(200));
                ch.send(1);
            });
            ch.recv()
        })
    });
    until_it_waits(&waits);
    assert!(may_run(waits.id()));
    assert_eq!(waits.join().unwrap(), Some(1));

    // And whoever borrows from its thread-locals, which lie above its stack.
    thread_local!(static OWN: Chan<u32> = chan::make(0));
    let waits = go(|| {
        OWN.with(|ch| {
            std::thread::scope(|s| {
                s.spawn(|| {
                    std::thread::sleep(Duration::from_millis(200));
                    ch.send(1);
                });
                ch.recv()
            })
        })
    });
    until_it_waits(&waits);
    assert!(may_run(waits.id()));
    assert_eq!(waits.join().unwrap(), Some(1));

    // It may be cut.
    let (ctx, cancel) = context::with_cancel(&context::background());
    let waits =
        go(move || ctx.run(|| chan::make::<u32>(0).recv_timeout(Duration::from_secs(1000))));
    until_it_waits(&waits);
    assert!(may_run(waits.id()));
    cancel.cancel();
    assert!(waits.join().unwrap().is_err());
}
