//! `lock_os_thread`: one goroutine, one thread, nobody else there.

mod common;

use common::{Watchdog, eventually, ignore, in_child, kernel_thread, threads};
use gompa_chan::{make, time};
use gompa_sched::{Builder, blocking, go, goexit, gomaxprocs, gosched, lock_os_thread};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Whether the kernel still has that thread of ours.
fn exists(thread: i32) -> bool {
    std::path::Path::new(&format!("/proc/self/task/{thread}")).exists()
}

/// Everything that may move a goroutine to another thread.
fn moves() {
    gosched();
    time::sleep(Duration::from_micros(200));
    let ch = make(0);
    let tx = ch.clone();
    let peer = go(move || tx.send(1));
    assert_eq!(ch.recv(), Some(1));
    peer.join().unwrap();
    assert!(ch.recv_timeout(Duration::from_micros(100)).is_err());
    blocking(|| std::thread::sleep(Duration::from_micros(200)));
    std::thread::sleep(Duration::from_micros(200));
    gompa_sched::scope(|s| ignore(s.go(gosched)));
}

#[test]
fn the_thread_stays_the_same() {
    let _dog = Watchdog::new("the_thread_stays_the_same");
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let all: Vec<_> = (0..4)
                .map(|_| {
                    go(|| {
                        let _wired = lock_os_thread();
                        let thread = kernel_thread();
                        for _ in 0..20 {
                            moves();
                            assert_eq!(kernel_thread(), thread);
                        }
                        thread
                    })
                })
                .collect();
            // Others keep the Ps busy meanwhile.
            let stop = Arc::new(AtomicBool::new(false));
            for _ in 0..3 {
                let stop = stop.clone();
                drop(go(move || {
                    while !stop.load(SeqCst) {
                        gosched();
                    }
                }));
            }
            let mine: HashSet<i32> = all.into_iter().map(|h| h.join().unwrap()).collect();
            stop.store(true, SeqCst);
            assert_eq!(mine.len(), 4, "each has its own");
        });
    }
}

#[test]
fn nobody_else_runs_there() {
    let _dog = Watchdog::new("nobody_else_runs_there");
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let stop = Arc::new(AtomicBool::new(false));
            let seen = Arc::new(Mutex::new(HashSet::new()));
            let wired = Arc::new(Mutex::new(HashSet::new()));
            let guests: Vec<_> = (0..3)
                .map(|_| {
                    let (ends, wired) = (stop.clone(), wired.clone());
                    go(move || {
                        let _wired = lock_os_thread();
                        wired.lock().unwrap().insert(kernel_thread());
                        while !ends.load(SeqCst) {
                            gosched();
                            time::sleep(Duration::from_micros(100));
                        }
                        // Past this point the thread may serve others.
                        wired.lock().unwrap().remove(&kernel_thread());
                    })
                })
                .collect();
            while wired.lock().unwrap().len() < 3 {
                gosched();
            }
            let others: Vec<_> = (0..200)
                .map(|i| {
                    let (wired, seen) = (wired.clone(), seen.clone());
                    go(move || {
                        for _ in 0..5 {
                            let thread = kernel_thread();
                            assert!(!wired.lock().unwrap().contains(&thread));
                            seen.lock().unwrap().insert(thread);
                            match i % 3 {
                                0 => gosched(),
                                1 => time::sleep(Duration::from_micros(50)),
                                _ => blocking(|| std::thread::sleep(Duration::from_micros(10))),
                            }
                        }
                    })
                })
                .collect();
            others.into_iter().for_each(|h| h.join().unwrap());
            stop.store(true, SeqCst);
            guests.into_iter().for_each(|h| h.join().unwrap());
            assert!(!seen.lock().unwrap().is_empty());
        });
    }
}

#[test]
fn guards_nest_in_any_order() {
    let _dog = Watchdog::new("guards_nest_in_any_order");
    Builder::new().procs(2).run(|| {
        let locked = || {
            let all = gompa_sched::debug::goroutines();
            let me = all
                .into_iter()
                .find(|g| Some(g.id) == gompa_sched::current());
            me.unwrap().locked_to_thread
        };
        assert!(!locked());
        let first = lock_os_thread();
        let second = lock_os_thread();
        let third = lock_os_thread();
        let thread = kernel_thread();
        drop(first);
        assert!(locked());
        moves();
        drop(third);
        assert!(locked());
        moves();
        assert_eq!(kernel_thread(), thread);
        drop(second);
        assert!(!locked());
        moves();
        // And again.
        let again = lock_os_thread();
        assert!(locked());
        drop(again);
        assert!(!locked());
    });
    // On a plain thread: nothing.
    let (a, b) = (lock_os_thread(), lock_os_thread());
    drop(a);
    drop(b);
}

#[test]
fn a_thread_ends_with_its_goroutine() {
    in_child("a_thread_ends_with_its_goroutine", || {
        let _dog = Watchdog::new("a_thread_ends_with_its_goroutine");
        for procs in [1, 2] {
            let rt = Builder::new().procs(procs).build();
            for end in 0..4 {
                let (tx, thread) = std::sync::mpsc::channel();
                let h = rt.go(move || {
                    let wired = lock_os_thread();
                    tx.send(kernel_thread()).unwrap();
                    match end {
                        0 => std::mem::forget(wired),
                        1 => {
                            std::mem::forget(wired);
                            std::panic::resume_unwind(Box::new(1));
                        }
                        2 => {
                            std::mem::forget(wired);
                            goexit();
                        }
                        // Freed before it ends: the thread is as good as any.
                        _ => drop(wired),
                    }
                });
                let thread = thread.recv().unwrap();
                ignore(h.join());
                match end {
                    3 => assert!(exists(thread)),
                    _ => eventually("it ends", || !exists(thread)),
                }
                // The others have threads still.
                assert_eq!(rt.run(|| go(|| 1).join().unwrap()), 1);
            }
            let before = threads();
            for _ in 0..50 {
                drop(rt.go(|| std::mem::forget(lock_os_thread())));
            }
            rt.run(|| {
                while gompa_sched::num_goroutine() > 1 {
                    gosched();
                }
            });
            eventually("no thread is left over", || threads() <= before + 2);
        }
    });
}

#[test]
fn wired_goroutines_talk_to_each_other() {
    let _dog = Watchdog::new("wired_goroutines_talk_to_each_other");
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let (a, b) = (make(0), make(0));
            let (to, from) = (a.clone(), b.clone());
            let ping = go(move || {
                let _wired = lock_os_thread();
                let thread = kernel_thread();
                for i in 0..300 {
                    to.send(i);
                    assert_eq!(from.recv(), Some(i));
                    assert_eq!(kernel_thread(), thread);
                }
                to.close();
                thread
            });
            let pong = go(move || {
                let _wired = lock_os_thread();
                while let Some(i) = a.recv() {
                    b.send(i);
                }
                kernel_thread()
            });
            assert_ne!(ping.join().unwrap(), pong.join().unwrap());
        });
    }
}

#[test]
fn with_fewer_ps_than_wired_goroutines() {
    let _dog = Watchdog::new("with_fewer_ps_than_wired_goroutines");
    Builder::new().procs(4).run(|| {
        let arrived = make(0);
        let all: Vec<_> = (0..8)
            .map(|_| {
                let arrived = arrived.clone();
                go(move || {
                    let _wired = lock_os_thread();
                    let thread = kernel_thread();
                    for _ in 0..20 {
                        arrived.send(());
                        gosched();
                        assert_eq!(kernel_thread(), thread);
                    }
                })
            })
            .collect();
        for i in 0..8 * 20 {
            if i % 10 == 0 {
                gomaxprocs(1 + i % 4);
            }
            arrived.recv();
        }
        all.into_iter().for_each(|h| h.join().unwrap());
    });
}

#[test]
fn a_wired_hot_loop_holds_nobody_up() {
    let _dog = Watchdog::new("a_wired_hot_loop_holds_nobody_up");
    Builder::new().procs(1).run(|| {
        let _wired = lock_os_thread();
        let thread = kernel_thread();
        for _ in 0..5 {
            let other = go(kernel_thread);
            while !other.is_finished() {
                std::hint::spin_loop();
            }
            assert_ne!(other.join().unwrap(), thread);
            assert_eq!(kernel_thread(), thread);
        }
    });
}

#[test]
fn the_end_of_the_runtime_reaches_wired_goroutines() {
    let _dog = Watchdog::new("the_end_of_the_runtime_reaches_wired_goroutines");
    for procs in [1, 2] {
        let rt = Builder::new().procs(procs).build();
        let all: Vec<_> = (0..5)
            .map(|_| {
                rt.go(|| {
                    let _wired = lock_os_thread();
                    make::<u32>(0).recv()
                })
            })
            .collect();
        rt.run(gosched);
        drop(rt);
        all.into_iter().for_each(|h| ignore(h.join().unwrap_err()));
    }
}
