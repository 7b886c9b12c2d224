//! A goroutine that keeps its thread holds nobody up: blocking calls, declared or not, hot loops.
//!
//! Most of these hang if it does: whoever blocks goes on only when the others have got somewhere.

mod common;

use common::{Watchdog, eventually};
use gompa_chan::{make, time};
use gompa_sched::{Builder, blocking, debug, go, gomaxprocs, gosched, scope};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Goroutines that make progress by sleeping, yielding and sending, and count it.
#[derive(Clone)]
struct Others {
    sleeps: Arc<AtomicUsize>,
    yields: Arc<AtomicUsize>,
    messages: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Others {
    fn start() -> Others {
        let others = Others {
            sleeps: Arc::default(),
            yields: Arc::default(),
            messages: Arc::default(),
            stop: Arc::default(),
        };
        let o = others.clone();
        drop(go(move || {
            while !o.stop.load(SeqCst) {
                time::sleep(Duration::from_millis(1));
                o.sleeps.fetch_add(1, SeqCst);
            }
        }));
        let o = others.clone();
        drop(go(move || {
            while !o.stop.load(SeqCst) {
                gosched();
                o.yields.fetch_add(1, SeqCst);
            }
        }));
        let ch = make(0);
        let (o, tx) = (others.clone(), ch.clone());
        drop(go(move || {
            while !o.stop.load(SeqCst) {
                tx.send(());
            }
            tx.close();
        }));
        let o = others.clone();
        drop(go(move || {
            while ch.recv().is_some() {
                o.messages.fetch_add(1, SeqCst);
            }
        }));
        others
    }

    /// How far they must get from here on.
    fn goal(&self) -> impl Fn() -> bool + Send + use<> {
        let o = self.clone();
        let goals = [&o.sleeps, &o.yields, &o.messages].map(|n| n.load(SeqCst) + 5);
        move || {
            let now = [&o.sleeps, &o.yields, &o.messages].map(|n| n.load(SeqCst));
            now.iter().zip(goals).all(|(now, goal)| *now >= goal)
        }
    }
}

/// Runs `culprits` of `culprit` at a time; it returns once the others have reached their goal.
fn nobody_is_held_up(
    test: &'static str,
    culprit: impl Fn(&dyn Fn() -> bool) + Clone + Send + 'static,
) {
    let _dog = Watchdog::new(test);
    for procs in [1, 2] {
        for culprits in [1, procs + 2] {
            let culprit = culprit.clone();
            Builder::new().procs(procs).run(move || {
                let others = Others::start();
                let all: Vec<_> = (0..culprits)
                    .map(|_| {
                        let (culprit, goal) = (culprit.clone(), others.goal());
                        go(move || culprit(&goal))
                    })
                    .collect();
                for h in all {
                    h.join().unwrap();
                }
                others.stop.store(true, SeqCst);
            });
        }
    }
}

#[test]
fn by_hot_loops() {
    nobody_is_held_up("by_hot_loops", |reached| {
        while !reached() {
            std::hint::spin_loop();
        }
    });
}

#[test]
fn by_raw_sleeps() {
    nobody_is_held_up("by_raw_sleeps", |reached| {
        while !reached() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
}

#[test]
fn by_declared_calls() {
    nobody_is_held_up("by_declared_calls", |reached| {
        while !reached() {
            blocking(|| std::thread::sleep(Duration::from_millis(20)));
        }
    });
}

#[test]
fn by_reads_from_pipes() {
    nobody_is_held_up("by_reads_from_pipes", |reached| {
        let (mut from, to) = std::io::pipe().unwrap();
        let mut to = to;
        // The writer is a goroutine that needs a P itself.
        let rounds = go(move || {
            for i in 0..20 {
                time::sleep(Duration::from_millis(1));
                to.write_all(&[i]).unwrap();
            }
        });
        let mut all = Vec::new();
        from.read_to_end(&mut all).unwrap();
        assert!(all.into_iter().eq(0..20));
        rounds.join().unwrap();
        while !reached() {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}

#[test]
fn by_calls_of_c() {
    nobody_is_held_up("by_calls_of_c", |reached| {
        while !reached() {
            // SAFETY: asks the resolver for a numeric address, and frees what it gives.
            unsafe {
                let mut found = std::ptr::null_mut();
                let node = c"127.0.0.1".as_ptr();
                let code = libc::getaddrinfo(node, c"80".as_ptr(), std::ptr::null(), &mut found);
                assert_eq!(code, 0);
                libc::freeaddrinfo(found);
                libc::usleep(5000);
                libc::poll(std::ptr::null_mut(), 0, 5);
            }
        }
    });
}

#[test]
fn by_files() {
    nobody_is_held_up("by_files", |reached| {
        while !reached() {
            assert!(!std::fs::read("/proc/self/maps").unwrap().is_empty());
        }
    });
}

#[test]
fn by_stds_locks() {
    // Whoever has the lock needs a P to give it back.
    nobody_is_held_up("by_stds_locks", |reached| {
        let lock = Arc::new(Mutex::new(0));
        let all: Vec<_> = (0..4)
            .map(|_| {
                let lock = lock.clone();
                go(move || {
                    for _ in 0..5 {
                        let mut n = lock.lock().unwrap();
                        time::sleep(Duration::from_micros(500));
                        *n += 1;
                    }
                })
            })
            .collect();
        all.into_iter().for_each(|h| h.join().unwrap());
        assert_eq!(*lock.lock().unwrap(), 20);
        while !reached() {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}

#[test]
fn by_barriers_condition_variables_and_threads() {
    let _dog = Watchdog::new("by_barriers_condition_variables_and_threads");
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let barrier = Arc::new(Barrier::new(6));
            let all: Vec<_> = (0..6)
                .map(|_| {
                    let barrier = barrier.clone();
                    go(move || usize::from(barrier.wait().is_leader()))
                })
                .collect();
            let leaders: usize = all.into_iter().map(|h| h.join().unwrap()).sum();
            assert_eq!(leaders, 1);

            let shared = Arc::new((Mutex::new(0), Condvar::new()));
            let waits: Vec<_> = (0..3)
                .map(|_| {
                    let shared = shared.clone();
                    go(move || {
                        let n = shared.0.lock().unwrap();
                        drop(shared.1.wait_while(n, |n| *n == 0).unwrap());
                    })
                })
                .collect();
            time::sleep(Duration::from_millis(2));
            *shared.0.lock().unwrap() = 1;
            shared.1.notify_all();
            waits.into_iter().for_each(|h| h.join().unwrap());

            let (tx, rx) = std::sync::mpsc::channel();
            let receives = go(move || rx.recv().unwrap());
            gosched();
            drop(go(move || tx.send(7).unwrap()));
            assert_eq!(receives.join().unwrap(), 7);

            // The thread waits for a goroutine, and a goroutine for the thread.
            let ch = make(0);
            let rx = ch.clone();
            let thread = std::thread::spawn(move || rx.recv());
            drop(go(move || ch.send(8)));
            assert_eq!(thread.join().unwrap(), Some(8));
        });
    }
}

#[test]
fn blocking_returns_values_and_passes_panics_on() {
    let _dog = Watchdog::new("blocking_returns_values_and_passes_panics_on");
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let mut local = vec![1];
            assert_eq!(
                blocking(|| {
                    local.push(2);
                    local.len()
                }),
                2
            );
            assert_eq!(local, [1, 2]);
            // Within one another.
            assert_eq!(blocking(|| blocking(|| blocking(|| 3)) + 1), 4);
            let e = std::panic::catch_unwind(|| blocking(|| panic!("inside"))).unwrap_err();
            assert_eq!(e.downcast_ref::<&str>(), Some(&"inside"));
            assert!(!std::thread::panicking());
            // And the goroutine is well.
            assert_eq!(go(|| blocking(|| 5)).join().unwrap(), 5);
            time::sleep(Duration::from_millis(1));
        });
    }
    assert_eq!(blocking(|| 6), 6, "on a plain thread");
}

/// All that a goroutine may do, wherever it is.
fn everything() {
    assert_eq!(go(|| 1).join().unwrap(), 1);
    let (a, b) = (make(0), make(1));
    let (to, from) = (a.clone(), b.clone());
    let peer = go(move || {
        let got = from.recv().unwrap();
        to.send(got + 1);
    });
    b.send(1);
    assert_eq!(a.recv(), Some(2));
    peer.join().unwrap();
    gompa_chan::select! {
        recv(a) -> _ => unreachable!(),
        default(Duration::from_millis(1)) => {}
    }
    let start = Instant::now();
    time::sleep(Duration::from_millis(2));
    assert!(start.elapsed() >= Duration::from_millis(2));
    assert!(a.recv_timeout(Duration::from_millis(1)).is_err());
    gosched();
    let mut n = 0;
    scope(|s| {
        s.go(|| n += 1);
    });
    assert_eq!(n, 1);
    let _wired = gompa_sched::lock_os_thread();
    gosched();
    assert!(gomaxprocs(0) >= 1 && gompa_sched::num_goroutine() >= 1);
    assert!(
        debug::goroutines()
            .iter()
            .any(|g| Some(g.id) == gompa_sched::current())
    );
    assert_eq!(blocking(|| 3), 3);
}

#[test]
fn all_is_possible_without_a_p() {
    let _dog = Watchdog::new("all_is_possible_without_a_p");
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let others = Others::start();
            let all: Vec<_> = (0..4)
                .map(|i| {
                    let goal = others.goal();
                    go(move || {
                        for _ in 0..5 {
                            match i {
                                0 => blocking(everything),
                                1 => blocking(|| {
                                    std::thread::sleep(Duration::from_millis(1));
                                    everything();
                                }),
                                _ => {
                                    // Until the others have run, on our P most likely.
                                    while !goal() {
                                        std::hint::spin_loop();
                                    }
                                    everything();
                                }
                            }
                        }
                    })
                })
                .collect();
            all.into_iter().for_each(|h| h.join().unwrap());
            others.stop.store(true, SeqCst);
        });
    }
}

#[test]
fn hand_offs_are_counted() {
    let _dog = Watchdog::new("hand_offs_are_counted");
    Builder::new().procs(1).run(|| {
        let before = debug::sched_stats();
        let others = Others::start();
        // Which of its sleeps the monitor notices is up to the machine.
        eventually("a hand-off from a sleeping thread", || {
            debug::sched_stats().handoffs_blocked > before.handoffs_blocked
        });
        let after = debug::sched_stats();
        assert!(after.handoffs > before.handoffs);
        others.stop.store(true, SeqCst);
    });
}

#[test]
fn many_blockers_block_side_by_side() {
    let _dog = Watchdog::new("many_blockers_block_side_by_side");
    const EACH: Duration = Duration::from_millis(100);
    for procs in [1, 2] {
        for declared in [true, false] {
            Builder::new().procs(procs).run(move || {
                let start = Instant::now();
                let all: Vec<_> = (0..64)
                    .map(|_| {
                        go(move || {
                            if declared {
                                blocking(|| std::thread::sleep(EACH));
                            } else {
                                std::thread::sleep(EACH);
                            }
                        })
                    })
                    .collect();
                all.into_iter().for_each(|h| h.join().unwrap());
                let took = start.elapsed();
                assert!(took >= EACH);
                assert!(took < EACH * 64 * 3 / 4, "one after the other: {took:?}");
            });
        }
    }
}

#[test]
fn hot_loops_give_way_after_the_number_of_ps_shrank() {
    let _dog = Watchdog::new("hot_loops_give_way_after_the_number_of_ps_shrank");
    Builder::new().procs(4).run(|| {
        for _ in 0..20 {
            gomaxprocs(4);
            // Ps in every state go: held, idle, just handed off by a call that blocks.
            let busy: Vec<_> = (0..6)
                .map(|i| {
                    go(move || {
                        for _ in 0..10 {
                            if i % 2 == 0 {
                                blocking(|| std::thread::sleep(Duration::from_micros(50)));
                            }
                            gosched();
                        }
                    })
                })
                .collect();
            gosched();
            gomaxprocs(1);
            busy.into_iter().for_each(|h| h.join().unwrap());
            let ran = Arc::new(AtomicBool::new(false));
            let theirs = ran.clone();
            drop(go(move || theirs.store(true, SeqCst)));
            while !ran.load(SeqCst) {
                std::hint::spin_loop();
            }
        }
    });
}

#[test]
fn threads_without_goroutines_go_to_sleep() {
    let _dog = Watchdog::new("threads_without_goroutines_go_to_sleep");
    // After many have blocked at once, none of their threads is busy.
    let rt = Builder::new().procs(2).build();
    rt.run(|| {
        let all: Vec<_> = (0..20)
            .map(|_| go(|| blocking(|| std::thread::sleep(Duration::from_millis(20)))))
            .collect();
        all.into_iter().for_each(|h| h.join().unwrap());
    });
    eventually("all threads but the asking one sleep", || {
        let stats = rt.run(debug::sched_stats);
        assert!(stats.threads > 2);
        stats.idle_threads + 1 >= stats.threads
    });
}
