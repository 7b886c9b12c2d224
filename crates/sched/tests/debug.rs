//! The look inside: what it shows is true, and nobody is disturbed by it.

mod common;

use common::{Watchdog, eventually, ignore};
use gompa_chan::{Chan, make, time};
use gompa_park::WaitReason;
use gompa_sched::debug::{GoroutineInfo, goroutines, sched_stats, stack_dump};
use gompa_sched::{Builder, JoinHandle, Status, current, go, gosched, num_goroutine, run};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// The text of all goroutines.
fn dump() -> String {
    let mut text = Vec::new();
    stack_dump(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// What is known of the goroutine of `handle`.
fn info<T>(handle: &JoinHandle<T>) -> GoroutineInfo {
    let all = goroutines();
    all.into_iter().find(|g| g.id == handle.id()).unwrap()
}

/// Lets the others run until the goroutine of `handle` waits.
fn until_it_waits<T>(handle: &JoinHandle<T>) {
    eventually("it waits", || {
        gosched();
        info(handle).status == Status::Waiting
    });
}

#[inline(never)]
fn receives_here(ch: &Chan<u32>) -> Option<u32> {
    ch.recv()
}

#[test]
fn every_field_is_true() {
    let _dog = Watchdog::new("every_field_is_true");
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let ch = make::<u32>(0);
            let rx = ch.clone();
            let before = Instant::now();
            let waits = go(move || receives_here(&rx));
            let line = line!() - 1;
            until_it_waits(&waits);
            let after = Instant::now();
            let info = info(&waits);
            assert_eq!(info.wait_reason, WaitReason::ChanReceive);
            assert_eq!(info.created_by, current());
            assert_eq!(info.created_at.line(), line);
            assert!(info.created_at.file().ends_with("debug.rs"));
            assert!(!info.locked_to_thread);
            // The clock is the monitor's: some 10 ms old, on a slow machine more.
            let since = info.waiting_since.unwrap();
            assert!(since <= after && since + Duration::from_secs(10) >= before);

            let me = goroutines().into_iter().find(|g| Some(g.id) == current());
            let me = me.unwrap();
            assert_eq!(me.status, Status::Running);
            assert_eq!(me.wait_reason, WaitReason::None);
            assert_eq!((me.waiting_since, me.created_by), (None, None));

            ch.send(1);
            assert_eq!(waits.join().unwrap(), Some(1));
        });
    }
}

#[test]
fn every_reason_is_told() {
    let _dog = Watchdog::new("every_reason_is_told");
    run(|| {
        let told = |reason: WaitReason, f: fn()| {
            let waits = go(f);
            until_it_waits(&waits);
            assert_eq!(info(&waits).wait_reason, reason);
            assert!(dump().contains(&format!("goroutine {} [{reason}]:\n", waits.id())));
        };
        told(WaitReason::ChanReceive, || ignore(make::<u32>(0).recv()));
        told(WaitReason::ChanSend, || make::<u32>(0).send(1));
        told(WaitReason::ChanReceiveNil, || {
            ignore(Chan::<u32>::nil().recv())
        });
        told(WaitReason::ChanSendNil, || Chan::<u32>::nil().send(1));
        told(WaitReason::SelectNoCases, || gompa_chan::select! {});
        told(WaitReason::Select, || {
            let (a, b) = (make::<u32>(0), make::<u32>(0));
            gompa_chan::select! { recv(a) -> _ => {} send(b, 1) => {} }
        });
        told(WaitReason::Sleep, || time::sleep(Duration::from_secs(1000)));
        told(WaitReason::Join, || {
            go(|| time::sleep(Duration::from_secs(1000)))
                .join()
                .unwrap()
        });
        told(WaitReason::Join, || {
            gompa_sched::scope(|s| drop(s.go(|| time::sleep(Duration::from_secs(1000)))))
        });
        told(WaitReason::Future, || {
            gompa_sched::block_on(std::future::pending())
        });
        told(WaitReason::IoWait, || {
            use gompa_sched::netpoll::{Interest, Source};
            let (_theirs, ours) = std::os::unix::net::UnixStream::pair().unwrap();
            ours.set_nonblocking(true).unwrap();
            let ours = Source::new(ours);
            let seen = ours.ticket(Interest::Read);
            ignore(ours.wait(Interest::Read, seen, gompa_park::time::NEVER));
        });
    });
}

#[test]
fn states_are_told_apart() {
    let _dog = Watchdog::new("states_are_told_apart");
    Builder::new().procs(1).run(|| {
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = stop.clone();
        let calls = go(move || {
            gompa_sched::blocking(|| {
                while !theirs.load(SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            })
        });
        eventually("it is in its call", || {
            gosched();
            info(&calls).status == Status::Syscall
        });
        let head = format!("goroutine {} [syscall]:\n", calls.id());
        assert!(dump().contains(&head));
        // It runs in the middle of the dump, if that takes longer than a slice.
        eventually("a fresh one is seen", || {
            let fresh = go(|| ());
            let seen = dump().contains(&format!("goroutine {} [runnable]:\n", fresh.id()));
            fresh.join().unwrap();
            seen
        });
        stop.store(true, SeqCst);
        let ended = calls.id();
        calls.join().unwrap();
        eventually("it has ended and is not shown", || {
            gosched();
            goroutines().iter().all(|g| g.id != ended)
        });
    });
}

#[test]
fn wired_goroutines_are_marked() {
    let _dog = Watchdog::new("wired_goroutines_are_marked");
    run(|| {
        let wired = go(|| {
            let _wired = gompa_sched::lock_os_thread();
            make::<u32>(0).recv()
        });
        until_it_waits(&wired);
        assert!(info(&wired).locked_to_thread);
        let head = format!(
            "goroutine {} [chan receive, locked to thread]:\n",
            wired.id()
        );
        assert!(dump().contains(&head));
    });
}

#[test]
fn the_dump_has_the_callers_frames() {
    let _dog = Watchdog::new("the_dump_has_the_callers_frames");
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let ch = make::<u32>(0);
            let rx = ch.clone();
            let waits = go(move || receives_here(&rx));
            let line = line!() - 1;
            until_it_waits(&waits);
            let text = dump();
            let from = format!("goroutine {} [chan receive]:\n", waits.id());
            let part = text.split_once(&from).expect("it is there").1;
            let part = part.split_once("\n\n").expect("an empty line after each").0;
            let lines: Vec<&str> = part.lines().collect();
            // Name, place, name, place; the last two say who made it.
            assert!(lines.len() >= 4 && lines.len().is_multiple_of(2), "{part}");
            let function = lines.iter().position(|l| l.ends_with("receives_here(...)"));
            let function = function.unwrap_or_else(|| panic!("no frame of ours in:\n{part}"));
            let at = lines[function + 1];
            assert!(at.starts_with('\t') && at.contains("debug.rs:"), "{at}");
            // In the function's body.
            let at: usize = at.rsplit_once(':').unwrap().1.parse().unwrap();
            let body = include_str!("debug.rs").lines().nth(at - 1).unwrap();
            assert!(body.contains("ch.recv()"), "{body}");
            let maker = lines[lines.len() - 2];
            assert_eq!(
                maker,
                format!("created by go in goroutine {}", current().unwrap())
            );
            let place = lines[lines.len() - 1];
            assert!(place.ends_with(&format!("debug.rs:{line}")), "{place}");
            assert!(
                !part.contains("gompa_sched::machine"),
                "our own frames:\n{part}"
            );
            ch.send(1);
            waits.join().unwrap();
        });
    }
}

#[inline(never)]
fn dumps_itself() -> String {
    dump()
}

#[test]
fn the_calling_goroutine_comes_first() {
    let _dog = Watchdog::new("the_calling_goroutine_comes_first");
    run(|| {
        let others: Vec<_> = (0..5).map(|_| go(|| make::<u32>(0).recv())).collect();
        others.iter().for_each(until_it_waits);
        let text = go(dumps_itself);
        let id = text.id();
        let text = text.join().unwrap();
        assert!(text.starts_with(&format!("goroutine {id} [running]:\n")));
        let own = text.split_once("\n\n").unwrap().0;
        assert!(own.contains("dumps_itself"), "{own}");
        assert_eq!(text.matches(" [chan receive]:\n").count(), 5);
    });
}

#[test]
fn as_many_are_dumped_as_are_counted() {
    let _dog = Watchdog::new("as_many_are_dumped_as_are_counted");
    run(|| {
        let all: Vec<_> = (0..200).map(|_| go(|| make::<u32>(0).recv())).collect();
        all.iter().for_each(until_it_waits);
        assert_eq!(num_goroutine(), 201);
        let ids: HashSet<_> = goroutines().into_iter().map(|g| g.id).collect();
        assert_eq!(ids.len(), 201);
        let text = dump();
        let heads = text
            .lines()
            .filter(|l| l.starts_with("goroutine ") && l.ends_with("]:"));
        assert_eq!(heads.count(), 201);
    });
}

#[test]
fn on_a_plain_thread_the_default_runtime_is_shown() {
    let _dog = Watchdog::new("on_a_plain_thread_the_default_runtime_is_shown");
    let waits = go(|| make::<u32>(0).recv());
    eventually("it waits", || {
        goroutines()
            .iter()
            .any(|g| g.id == waits.id() && g.status == Status::Waiting)
    });
    let text = dump();
    let head = format!("goroutine {} [chan receive]:\n", waits.id());
    let part = text.split_once(&head).unwrap().1;
    assert!(part.contains("on_a_plain_thread_the_default_runtime_is_shown"));
    assert!(part.contains("created by go outside of a goroutine\n"));
}

#[test]
fn dumps_disturb_nobody() {
    let _dog = Watchdog::new("dumps_disturb_nobody");
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let stop = Arc::new(AtomicBool::new(false));
            // Goroutines with deadlines, which must all pass; with messages, which must all arrive.
            let timeouts: Vec<_> = (0..8u64)
                .map(|i| {
                    let stop = stop.clone();
                    go(move || {
                        let mut n = 0;
                        while !stop.load(SeqCst) {
                            let d = Duration::from_micros(100 + 200 * i);
                            let start = Instant::now();
                            match i % 2 {
                                0 => assert!(make::<u32>(0).recv_timeout(d).is_err()),
                                _ => time::sleep(d),
                            }
                            assert!(start.elapsed() >= d);
                            n += 1;
                        }
                        n
                    })
                })
                .collect();
            let ch = make(0);
            let tx = ch.clone();
            let ends = stop.clone();
            let sends = go(move || {
                let mut n = 0;
                while !ends.load(SeqCst) {
                    tx.send(n);
                    n += 1;
                }
                tx.close();
                n
            });
            let receives = go(move || {
                let mut n = 0;
                for got in &ch {
                    assert_eq!(got, n);
                    n += 1;
                }
                n
            });
            let sleepers: Vec<_> = (0..4).map(|_| go(|| make::<u32>(0).recv())).collect();
            // Several ask at a time.
            let left = Arc::new(AtomicUsize::new(1000));
            let askers: Vec<_> = (0..3)
                .map(|_| {
                    let left = left.clone();
                    go(move || {
                        let mut nothing = std::io::sink();
                        while left
                            .fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1))
                            .is_ok()
                        {
                            stack_dump(&mut nothing).unwrap();
                            ignore(goroutines());
                        }
                    })
                })
                .collect();
            askers.into_iter().for_each(|h| h.join().unwrap());
            stop.store(true, SeqCst);
            for h in timeouts {
                assert!(h.join().unwrap() > 0);
            }
            let sent = sends.join().unwrap();
            assert_eq!(receives.join().unwrap(), sent);
            assert!(sleepers.iter().all(|h| info(h).status == Status::Waiting));
        });
    }
}

#[test]
fn a_deadline_that_passes_during_dumps_passes() {
    let _dog = Watchdog::new("a_deadline_that_passes_during_dumps_passes");
    // Asked without a pause, so that many a deadline comes while its goroutine is held.
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let stop = Arc::new(AtomicBool::new(false));
            let theirs = stop.clone();
            let asker = go(move || {
                while !theirs.load(SeqCst) {
                    stack_dump(&mut std::io::sink()).unwrap();
                }
            });
            for i in 0..500 {
                let d = Duration::from_micros(20 + i % 50 * 10);
                assert!(make::<u32>(0).recv_timeout(d).is_err());
            }
            stop.store(true, SeqCst);
            asker.join().unwrap();
        });
    }
}

#[test]
fn the_counters_agree() {
    let _dog = Watchdog::new("the_counters_agree");
    for procs in [1, 3] {
        let rt = Builder::new().procs(procs).build();
        rt.run(move || {
            let before = sched_stats();
            assert_eq!(before.gomaxprocs, procs);
            assert_eq!(
                (before.procs.len(), before.local_queues.len()),
                (procs, procs)
            );
            let all: Vec<_> = (0..500).map(|i| go(move || i)).collect();
            let with_all = sched_stats();
            assert!(with_all.spawned >= before.spawned + 500);
            all.into_iter().for_each(|h| ignore(h.join()));
            time::sleep(Duration::from_millis(2));
            let after = sched_stats();
            let sum = |f: fn(&gompa_sched::debug::ProcStats) -> u64| {
                after.procs.iter().map(f).sum::<u64>()
            };
            assert!(sum(|p| p.spawned) <= after.spawned);
            assert!(sum(|p| p.switches) >= 500);
            assert!(sum(|p| u64::from(p.sched_ticks)) <= sum(|p| p.switches));
            assert!(sum(|p| p.timers_fired) >= 1);
            assert!(after.handoffs_blocked <= after.handoffs);
            assert!(after.idle_procs < procs, "one of them runs this");
            assert!(after.threads >= 1 && after.idle_threads <= after.threads);
            assert_eq!(num_goroutine(), 1);
        });
        // In peace: all idle, nothing queued.
        eventually("it comes to rest", || {
            let s = rt.run(sched_stats);
            s.goroutines == 1
                && s.global_queue == 0
                && s.local_queues.iter().all(|n| *n == 0)
                && s.procs.iter().all(|p| !p.has_next)
                && s.spinning_threads == 0
                && s.idle_procs == procs - 1
        });
    }
}

#[test]
fn infos_are_consistent_under_load() {
    let _dog = Watchdog::new("infos_are_consistent_under_load");
    Builder::new().procs(2).run(|| {
        let stop = Arc::new(AtomicBool::new(false));
        let churn: Vec<_> = (0..4)
            .map(|_| {
                let stop = stop.clone();
                go(move || {
                    while !stop.load(SeqCst) {
                        let all: Vec<_> = (0..20).map(|_| go(gosched)).collect();
                        all.into_iter().for_each(|h| h.join().unwrap());
                    }
                })
            })
            .collect();
        for _ in 0..300 {
            let all = goroutines();
            let ids: HashSet<_> = all.iter().map(|g| g.id).collect();
            assert_eq!(ids.len(), all.len(), "each once");
            for g in all {
                let waits = g.status == Status::Waiting;
                assert_eq!(g.waiting_since.is_some(), waits);
                assert!(waits || g.wait_reason == WaitReason::None);
                assert!(g.created_at.file().ends_with("debug.rs"));
                assert_ne!(g.status, Status::Dead);
            }
            gosched();
        }
        stop.store(true, SeqCst);
        churn.into_iter().for_each(|h| h.join().unwrap());
    });
}
