//! The end of a runtime: what waits unwinds, what is fresh is dropped, threads and mappings go, and
//! whoever still holds something of it neither hangs nor crashes.

mod common;

use common::{Watchdog, eventually, ignore, in_child, mappings, threads};
use gompa_chan::{Chan, make, time};
use gompa_sched::{Builder, JoinHandle, Runtime, go, gosched};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

fn runtime(procs: usize) -> Runtime {
    Builder::new().procs(procs).build()
}

/// Counts its drops.
#[derive(Clone)]
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A counter, and a maker of values that raise it when dropped.
fn drops() -> (Arc<AtomicUsize>, impl Fn() -> Counted) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    (count, move || Counted(counter.clone()))
}

/// Waits until `n` goroutines of `rt` besides the asking one wait.
fn until_waiting(rt: &Runtime, n: usize) {
    eventually("all wait", || {
        rt.run(|| {
            let all = gompa_sched::debug::goroutines();
            all.iter()
                .filter(|g| g.status == gompa_sched::Status::Waiting)
                .count()
        }) == n
    });
}

#[test]
fn nothing_is_left_of_fifty_runtimes() {
    in_child("nothing_is_left_of_fifty_runtimes", || {
        let _dog = Watchdog::new("nothing_is_left_of_fifty_runtimes");
        let busy = || {
            let rt = runtime(2);
            rt.run(|| {
                let ch = make::<u32>(0);
                let all: Vec<_> = (0..200)
                    .map(|i| {
                        let ch = ch.clone();
                        go(move || ch.send(i))
                    })
                    .collect();
                (0..200).for_each(|_| ignore(ch.recv()));
                all.into_iter().for_each(|h| h.join().unwrap());
                let slow =
                    go(|| gompa_sched::blocking(|| std::thread::sleep(Duration::from_millis(1))));
                time::sleep(Duration::from_millis(1));
                slow.join().unwrap();
                // Some are left waiting.
                (0..10).for_each(|_| drop(go(|| Chan::<()>::nil().recv())));
            });
        };
        // The first ones may leave what the process keeps: the poller, a larger heap.
        (0..5).for_each(|_| busy());
        let (threads_before, before) = (threads(), mappings());
        (0..50).for_each(|_| busy());
        let after = mappings();
        // The kernel takes a moment to forget a thread that was joined.
        eventually("no thread is left", || threads() == threads_before);
        assert!(
            after <= before + 10,
            "{before} mappings became {after}:\n{}",
            std::fs::read_to_string("/proc/self/maps").unwrap()
        );
    });
}

/// A goroutine that waits in `wait` unwinds when its runtime ends.
fn unwinds(procs: usize, wait: impl FnOnce() + Send + 'static) {
    let rt = runtime(procs);
    let (count, new) = drops();
    let mark = new();
    let h = rt.go(move || {
        let _mark = mark;
        wait();
    });
    until_waiting(&rt, 1);
    assert_eq!(count.load(SeqCst), 0);
    drop(rt);
    h.join().unwrap_err();
    assert_eq!(count.load(SeqCst), 1);
}

#[test]
fn waiting_goroutines_unwind() {
    let _dog = Watchdog::new("waiting_goroutines_unwind");
    for procs in [1, 2] {
        unwinds(procs, || ignore(make::<u32>(0).recv()));
        unwinds(procs, || make::<u32>(0).send(1));
        unwinds(procs, || ignore(Chan::<u32>::nil().recv()));
        unwinds(procs, || time::sleep(Duration::from_secs(1000)));
        unwinds(procs, || {
            let (a, b) = (make::<u32>(0), make::<u32>(0));
            gompa_chan::select! {
                recv(a) -> _ => {}
                send(b, 1) => {}
            }
        });
        unwinds(procs, || gompa_chan::select! {});
        unwinds(procs, || {
            ignore(make::<u32>(0).recv_timeout(Duration::from_secs(1000)))
        });
        unwinds(procs, || gompa_sched::block_on(std::future::pending()));
    }
}

#[test]
fn a_join_unwinds() {
    let _dog = Watchdog::new("a_join_unwinds");
    let rt = runtime(2);
    let (count, new) = drops();
    let (a, b) = (new(), new());
    drop(rt.go(move || {
        let _a = a;
        let inner = go(move || {
            let _b = b;
            make::<u32>(0).recv()
        });
        inner.join()
    }));
    until_waiting(&rt, 2);
    drop(rt);
    eventually("both unwind", || count.load(SeqCst) == 2);
}

#[test]
fn a_scope_unwinds_after_its_goroutines() {
    let _dog = Watchdog::new("a_scope_unwinds_after_its_goroutines");
    for procs in [1, 2] {
        let rt = runtime(procs);
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        struct Says(Arc<std::sync::Mutex<Vec<&'static str>>>, &'static str);
        impl Drop for Says {
            fn drop(&mut self) {
                self.0.lock().unwrap().push(self.1);
            }
        }
        let theirs = order.clone();
        drop(rt.go(move || {
            let outer = Says(theirs.clone(), "borrowed");
            gompa_sched::scope(|s| {
                for _ in 0..3 {
                    s.go(|| {
                        let _inner = Says(outer.0.clone(), "goroutine");
                        make::<u32>(0).recv()
                    });
                }
            });
        }));
        until_waiting(&rt, 4);
        drop(rt);
        eventually("all unwind", || order.lock().unwrap().len() == 4);
        assert_eq!(
            *order.lock().unwrap(),
            ["goroutine", "goroutine", "goroutine", "borrowed"]
        );
    }
}

#[test]
fn a_wait_for_a_socket_unwinds() {
    let _dog = Watchdog::new("a_wait_for_a_socket_unwinds");
    use gompa_sched::netpoll::{Interest, Poller, Source};
    unwinds(2, || {
        let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
        b.set_nonblocking(true).unwrap();
        let b = Source::new(b);
        let seen = b.ticket(Interest::Read);
        let _ = b.wait(Interest::Read, seen, gompa_park::time::NEVER);
        drop(a);
    });
    eventually("nobody waits for a socket", || {
        Poller::global().unwrap().waiters() == 0
    });
}

#[test]
fn fresh_goroutines_are_dropped_without_having_run() {
    let _dog = Watchdog::new("fresh_goroutines_are_dropped_without_having_run");
    let rt = runtime(1);
    let (count, new) = drops();
    let ran = Arc::new(AtomicUsize::new(0));
    let (started, begun) = std::sync::mpsc::channel();
    let end = Arc::new(AtomicBool::new(false));
    // Keeps the P's goroutine queue from being looked at: it spawns and never waits.
    let spawner = {
        let (ran, end) = (ran.clone(), end.clone());
        rt.go(move || {
            gompa_sched::scope(|_| {
                // Inside of one slice: none of these has run yet when it ends, or they have, if the
                // machine is slow; both are counted.
                for _ in 0..1000 {
                    let (mark, ran) = (new(), ran.clone());
                    drop(go(move || {
                        let _mark = mark;
                        ran.fetch_add(1, SeqCst);
                        make::<u32>(0).recv()
                    }));
                }
            });
            started.send(()).unwrap();
            while !end.load(SeqCst) {
                std::hint::spin_loop();
            }
        })
    };
    begun.recv().unwrap();
    let dropper = std::thread::spawn(move || drop(rt));
    eventually("all are gone", || count.load(SeqCst) == 1000);
    end.store(true, SeqCst);
    dropper.join().unwrap();
    let _ = spawner.join();
    assert!(ran.load(SeqCst) <= 1000);
    assert_eq!(count.load(SeqCst), 1000);
}

#[test]
fn a_hot_loop_does_not_hold_the_end_up() {
    let _dog = Watchdog::new("a_hot_loop_does_not_hold_the_end_up");
    for procs in [1, 2] {
        let rt = runtime(procs);
        let end = Arc::new(AtomicBool::new(false));
        let (count, new) = drops();
        let mark = new();
        let hot = {
            let end = end.clone();
            let started = Arc::new(AtomicBool::new(false));
            let theirs = started.clone();
            let h = rt.go(move || {
                let _mark = mark;
                theirs.store(true, SeqCst);
                while !end.load(SeqCst) {
                    std::hint::spin_loop();
                }
                7
            });
            eventually("it runs", || started.load(SeqCst));
            h
        };
        let other = rt.go(|| make::<u32>(0).recv());
        let start = Instant::now();
        drop(rt);
        // Some 200 ms; a loaded machine takes longer.
        assert!(start.elapsed() < Duration::from_secs(20));
        assert_eq!(count.load(SeqCst), 0, "it goes on");
        other.join().unwrap_err();
        end.store(true, SeqCst);
        assert_eq!(hot.join().unwrap(), 7, "and its result arrives");
        eventually("its destructors have run", || count.load(SeqCst) == 1);
    }
}

#[test]
fn goroutines_that_only_yield_end() {
    let _dog = Watchdog::new("goroutines_that_only_yield_end");
    for procs in [1, 2] {
        let rt = runtime(procs);
        let (count, new) = drops();
        let all: Vec<JoinHandle<()>> = (0..5)
            .map(|_| {
                let mark = new();
                rt.go(move || {
                    let _mark = mark;
                    loop {
                        gosched();
                    }
                })
            })
            .collect();
        eventually("they run", || rt.run(gompa_sched::num_goroutine) == 6);
        drop(rt);
        for h in all {
            h.join().unwrap_err();
        }
        assert_eq!(count.load(SeqCst), 5);
    }
}

/// Waits on its channel when dropped.
struct WaitsWhenDropped(Chan<u32>, Arc<AtomicUsize>);

impl Drop for WaitsWhenDropped {
    fn drop(&mut self) {
        if self.0.recv().is_some() {
            self.1.fetch_add(1, SeqCst);
        }
    }
}

#[test]
fn destructors_may_wait_again() {
    let _dog = Watchdog::new("destructors_may_wait_again");
    for procs in [1, 2] {
        let rt = runtime(procs);
        let ch = make::<u32>(0);
        let got = Arc::new(AtomicUsize::new(0));
        let (theirs, mark) = (ch.clone(), got.clone());
        let h = rt.go(move || {
            let _waits = WaitsWhenDropped(theirs, mark);
            make::<u32>(0).recv()
        });
        until_waiting(&rt, 1);
        // Somebody serves the destructor.
        let server = std::thread::spawn(move || ch.send(1));
        drop(rt);
        server.join().unwrap();
        h.join().unwrap_err();
        assert_eq!(got.load(SeqCst), 1);
    }
}

#[test]
fn a_destructor_that_nobody_serves_is_left_behind_and_can_be_served_later() {
    let _dog = Watchdog::new("a_destructor_that_nobody_serves_is_left_behind");
    for procs in [1, 2] {
        let rt = runtime(procs);
        let ch = make::<u32>(0);
        let got = Arc::new(AtomicUsize::new(0));
        let (theirs, mark) = (ch.clone(), got.clone());
        let h = rt.go(move || {
            let _waits = WaitsWhenDropped(theirs, mark);
            make::<u32>(0).recv()
        });
        until_waiting(&rt, 1);
        let start = Instant::now();
        drop(rt);
        assert!(start.elapsed() < Duration::from_secs(20));
        assert!(!h.is_finished());
        // Its stack and the channel's queue still know each other.
        ch.send(1);
        h.join().unwrap_err();
        assert_eq!(got.load(SeqCst), 1);
    }
}

#[test]
fn thread_local_destructors_may_wait() {
    in_child("thread_local_destructors_may_wait", || {
        let _dog = Watchdog::new("thread_local_destructors_may_wait");
        thread_local! {
            static LAST: RefCell<Option<WaitsWhenDropped>> = const { RefCell::new(None) };
        }
        let rt = runtime(2);
        let ch = make::<u32>(0);
        let got = Arc::new(AtomicUsize::new(0));
        let waits = WaitsWhenDropped(ch.clone(), got.clone());
        let h = rt.go(move || LAST.set(Some(waits)));
        until_waiting(&rt, 1);
        drop(rt);
        assert!(!h.is_finished());
        ch.send(1);
        h.join().unwrap();
        assert_eq!(got.load(SeqCst), 1);
    });
}

#[test]
fn a_goroutine_that_outlives_its_runtime_may_use_it() {
    let _dog = Watchdog::new("a_goroutine_that_outlives_its_runtime_may_use_it");
    for procs in [1, 2] {
        let rt = runtime(procs);
        let end = Arc::new(AtomicBool::new(false));
        let started = Arc::new(AtomicBool::new(false));
        let (theirs, begun) = (end.clone(), started.clone());
        let (tx, rx) = std::sync::mpsc::channel::<JoinHandle<u32>>();
        let (count, new) = drops();
        let (a, b) = (new(), new());
        let late = rt.go(move || {
            begun.store(true, SeqCst);
            while !theirs.load(SeqCst) {
                std::hint::spin_loop();
            }
            // The runtime is gone by now.
            tx.send(go(move || {
                let _a = a;
                1
            }))
            .unwrap();
            assert!(gompa_sched::gomaxprocs(0) >= 1);
            assert!(gompa_sched::num_goroutine() >= 1);
            assert!(!gompa_sched::debug::goroutines().is_empty());
            gompa_sched::blocking(|| std::thread::sleep(Duration::from_millis(1)));
            let _b = b;
            time::sleep(Duration::from_millis(1));
            unreachable!("a wait in a runtime that has ended unwinds");
        });
        eventually("it runs", || started.load(SeqCst));
        drop(rt);
        end.store(true, SeqCst);
        rx.recv().unwrap().join().unwrap_err();
        late.join().unwrap_err();
        assert_eq!(count.load(SeqCst), 2);
    }
}

#[test]
fn a_runtime_dropped_by_its_own_goroutine() {
    let _dog = Watchdog::new("a_runtime_dropped_by_its_own_goroutine");
    for procs in [1, 2] {
        let rt = Arc::new(runtime(procs));
        let own = rt.clone();
        let go_on = Arc::new(AtomicBool::new(false));
        let theirs = go_on.clone();
        let other = rt.go(|| make::<u32>(0).recv());
        let h = rt.go(move || {
            while !theirs.load(SeqCst) {
                gosched();
            }
            drop(own);
            5
        });
        drop(rt);
        go_on.store(true, SeqCst);
        assert_eq!(h.join().unwrap(), 5);
        other.join().unwrap_err();
    }
}

#[test]
fn a_runtime_dropped_by_a_goroutine_of_another() {
    let _dog = Watchdog::new("a_runtime_dropped_by_a_goroutine_of_another");
    Builder::new().procs(1).run(|| {
        let (count, new) = drops();
        let ticks = Arc::new(AtomicUsize::new(0));
        let mine = ticks.clone();
        let ticker = go(move || {
            loop {
                mine.fetch_add(1, SeqCst);
                time::sleep(Duration::from_millis(1));
            }
        });
        for _ in 0..5 {
            let rt = runtime(2);
            let mark = new();
            drop(rt.go(move || {
                let _mark = mark;
                make::<u32>(0).recv()
            }));
            rt.run(gosched);
        }
        eventually("all unwind", || count.load(SeqCst) == 5);
        assert!(ticks.load(SeqCst) > 0);
        drop(ticker);
    });
}

#[test]
fn wakers_kept_past_the_end_are_harmless() {
    let _dog = Watchdog::new("wakers_kept_past_the_end_are_harmless");
    use std::task::{Poll, Waker};
    for procs in [1, 2] {
        let wakers = Arc::new(std::sync::Mutex::new(Vec::<Waker>::new()));
        let rt = runtime(procs);
        for _ in 0..10 {
            let theirs = wakers.clone();
            drop(rt.go(move || {
                gompa_sched::block_on(std::future::poll_fn(|cx| {
                    theirs.lock().unwrap().push(cx.waker().clone());
                    Poll::<()>::Pending
                }))
            }));
        }
        until_waiting(&rt, 10);
        let racing = {
            let wakers: Vec<Waker> = wakers.lock().unwrap().clone();
            std::thread::spawn(move || {
                for _ in 0..1000 {
                    wakers.iter().for_each(Waker::wake_by_ref);
                }
            })
        };
        drop(rt);
        racing.join().unwrap();
        let wakers = std::mem::take(&mut *wakers.lock().unwrap());
        assert!(wakers.len() >= 10);
        wakers.iter().for_each(Waker::wake_by_ref);
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[test]
fn handles_outlive_their_runtime() {
    let _dog = Watchdog::new("handles_outlive_their_runtime");
    let (done, waiting, panicked);
    {
        let rt = runtime(2);
        done = rt.go(|| 1);
        panicked = rt.go(|| panic!("kept"));
        waiting = rt.go(|| make::<u32>(0).recv());
        until_waiting(&rt, 1);
    }
    assert_eq!(done.join().unwrap(), 1);
    waiting.join().unwrap_err();
    let e = panicked.join().unwrap_err();
    assert_eq!(e.downcast_ref::<&str>(), Some(&"kept"));
}

#[test]
fn timers_of_others_survive() {
    let _dog = Watchdog::new("timers_of_others_survive");
    let fired = Arc::new(AtomicUsize::new(0));
    let theirs = fired.clone();
    let rx = {
        let rt = runtime(2);
        rt.run(move || {
            drop(time::after_func(Duration::from_millis(50), move || {
                theirs.fetch_add(1, SeqCst);
            }));
            time::after(Duration::from_millis(50))
        })
    };
    rx.recv().unwrap();
    eventually("it fires", || fired.load(SeqCst) == 1);
}

#[test]
fn ends_and_wake_ups_race() {
    let _dog = Watchdog::new("ends_and_wake_ups_race");
    for round in 0..100 {
        let rt = runtime(1 + round % 3);
        let ch = make::<u32>(0);
        let (count, new) = drops();
        for _ in 0..8 {
            let (ch, mark) = (ch.clone(), new());
            drop(rt.go(move || {
                let _mark = mark;
                while ch.recv().is_some() {}
            }));
        }
        let sender = {
            let ch = ch.clone();
            std::thread::spawn(
                move || while ch.send_timeout(1, Duration::from_millis(20)).is_ok() {},
            )
        };
        std::thread::sleep(Duration::from_micros(50 * (round as u64 % 20)));
        drop(rt);
        sender.join().unwrap();
        eventually("all unwind", || count.load(SeqCst) == 8);
    }
}
