//! Goroutines as mutators: they keep handles while they wait and change threads, cycles all the time.

#[path = "../../insight/tests/insight/consumer.rs"]
#[allow(dead_code, reason = "the profiles' tests need more of it")]
mod consumer;

use gompa::gc::{self, Field, Opaque, Root, Trace};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ALIVE: u64 = 0x616c_6976_6521;

struct Canary(AtomicU64, Arc<AtomicUsize>);

impl Drop for Canary {
    fn drop(&mut self) {
        self.0.store(0xdead, SeqCst);
        self.1.fetch_sub(1, SeqCst);
    }
}

#[derive(Trace)]
struct Node<'gc> {
    canary: Opaque<Canary>,
    next: Field<'gc, Node<'gc>>,
}

impl Node<'_> {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, SeqCst);
        Node {
            canary: Opaque(Canary(AtomicU64::new(ALIVE), alive.clone())),
            next: Field::nil(),
        }
    }

    #[track_caller]
    fn sing(&self) {
        assert_eq!(
            self.canary.0.0.load(SeqCst),
            ALIVE,
            "a reachable object is dead"
        );
    }
}

/// Runs `f` as the main goroutine beside one that collects without a pause.
fn while_collecting(procs: usize, f: impl FnOnce() + Send + 'static) {
    gompa::Builder::new().procs(procs).run(move || {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let collector = gompa::go(move || {
            while !stopped.load(SeqCst) {
                gc::collect();
            }
        });
        f();
        stop.store(true, SeqCst);
        collector.join().unwrap();
    });
}

fn until_dead(alive: &AtomicUsize) {
    for _ in 0..2000 {
        gc::collect();
        if alive.load(SeqCst) == 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{} objects are not collected", alive.load(SeqCst));
}

#[test]
fn handles_survive_waits() {
    for procs in [1, 3] {
        let alive = Arc::new(AtomicUsize::new(0));
        let count = alive.clone();
        while_collecting(procs, move || {
            let shared: Root<Node<'static>> = gc::scope(|s| Root::new(s.alloc(Node::new(&count))));
            let shared = Arc::new(shared);
            let handles: Vec<_> = (0..40)
                .map(|i| {
                    let (shared, count) = (shared.clone(), count.clone());
                    gompa::go(move || {
                        gc::scope(|s| {
                            for round in 0..30 {
                                let mine = s.alloc(Node::new(&count));
                                s.nested(|s| {
                                    let before = shared.get().next.swap(s, mine);
                                    gompa::gosched();
                                    if let Some(before) = before {
                                        before.sing();
                                        mine.next.set(s, before);
                                        before.next.clear(s);
                                    }
                                    if (i + round) % 10 == 0 {
                                        gompa::time::sleep(Duration::from_micros(200));
                                    }
                                    mine.sing();
                                    shared.get().sing();
                                });
                            }
                        });
                    })
                })
                .collect();
            handles.into_iter().for_each(|h| h.join().unwrap());
        });
        until_dead(&alive);
    }
}

#[test]
fn ten_thousand_parked_goroutines() {
    let alive = Arc::new(AtomicUsize::new(0));
    let count = alive.clone();
    gompa::Builder::new().procs(2).run(move || {
        let (tx, rx) = gompa::chan::channel::<()>(0);
        let goroutines: Vec<_> = (0..10_000)
            .map(|_| {
                let (rx, count) = (rx.clone(), count.clone());
                gompa::go(move || {
                    gc::scope(|s| {
                        let mine = s.alloc(Node::new(&count));
                        mine.next.set(s, s.alloc(Node::new(&count)));
                        let _ = rx.recv(); // until it is closed
                        mine.sing();
                        mine.next.get(s).unwrap().sing();
                    });
                })
            })
            .collect();
        while count.load(SeqCst) < 20_000 {
            gompa::gosched();
        }
        gc::collect();
        gc::collect();
        assert_eq!(count.load(SeqCst), 20_000);
        drop(tx);
        goroutines.into_iter().for_each(|g| g.join().unwrap());
    });
    until_dead(&alive);
}

#[test]
fn channels_of_roots() {
    let alive = Arc::new(AtomicUsize::new(0));
    let count = alive.clone();
    while_collecting(2, move || {
        let (tx, rx) = gompa::chan::channel::<Root<Node<'static>>>(4);
        let producer = gompa::go(move || {
            for _ in 0..500 {
                let root = gc::scope(|s| Root::new(s.alloc(Node::new(&count))));
                tx.send(root).unwrap();
            }
        });
        let mut n = 0;
        for root in &rx {
            root.get().sing();
            n += 1;
        }
        assert_eq!(n, 500);
        producer.join().unwrap();
    });
    until_dead(&alive);
}

#[test]
fn waiting_inside_a_pin_is_refused() {
    type Wait = fn();
    let waits: [Wait; 4] = [
        || gompa::gosched(),
        || gompa::time::sleep(Duration::from_secs(3600)),
        || _ = gompa::chan::make::<u8>(0).recv(),
        || gompa::chan::make::<u8>(0).send(1),
    ];
    gompa::run(move || {
        for wait in waits {
            let goroutine = gompa::go(move || {
                gc::scope(|s| {
                    s.pin(|_| wait());
                });
            });
            let payload = goroutine.join().unwrap_err();
            let text = payload.downcast::<String>().unwrap();
            assert!(
                text.contains("must not wait inside a pin") && text.contains("gc.rs"),
                "{text}"
            );
        }
        gc::collect();
    });
}

/// A wait that has been claimed already cannot be refused: the pin lets go of its thread and the
/// collector waits for it.
#[test]
fn a_pin_that_waits_all_the_same() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let said = seen.clone();
    let alive = Arc::new(AtomicUsize::new(0));
    let count = alive.clone();
    while_collecting(3, move || {
        let goroutines: Vec<_> = (0..8u64)
            .map(|i| {
                let (said, count) = (said.clone(), count.clone());
                gompa::go(move || {
                    gc::scope(|s| {
                        let mut kept = Vec::new();
                        for round in 0..50u64 {
                            s.pin(|p| {
                                let text = p.alloc(i * 1000 + round);
                                // Not through a Parker: a yield that nobody refuses.
                                gompa_park::waiter::yield_now();
                                assert_eq!(*text, i * 1000 + round);
                                // On another thread, perhaps, which may not have heard of the phase.
                                let inner = p.alloc(Node::new(&count));
                                let outer = s.alloc(Node::new(&count));
                                outer.next.set(p, inner);
                                kept.push(outer);
                                gompa_park::waiter::yield_now();
                                p.repin();
                            });
                            kept.iter().for_each(|k| k.sing());
                            kept.iter().for_each(|k| k.next.get(s).unwrap().sing());
                        }
                    });
                    said.lock().unwrap().push(i);
                })
            })
            .collect();
        goroutines.into_iter().for_each(|g| g.join().unwrap());
    });
    assert_eq!(seen.lock().unwrap().len(), 8);
    until_dead(&alive);
}

#[test]
fn a_runtime_that_ends_closes_scopes() {
    let alive = Arc::new(AtomicUsize::new(0));
    let count = alive.clone();
    gompa::Builder::new().procs(2).build().run(move || {
        let started = Arc::new(AtomicUsize::new(0));
        for _ in 0..20 {
            let (count, started) = (count.clone(), started.clone());
            drop(gompa::go(move || {
                gc::scope(|s| {
                    let mine = s.alloc(Node::new(&count));
                    started.fetch_add(1, SeqCst);
                    gompa::time::sleep(Duration::from_secs(3600));
                    mine.sing();
                });
            }));
        }
        while started.load(SeqCst) < 20 {
            gompa::gosched();
        }
    });
    until_dead(&alive);
}

/// A cycle of the collector ages the pools.
#[test]
fn pools_age_with_cycles() {
    static POOL: gompa::sync::Pool<Canary> = gompa::sync::Pool::new(|| unreachable!());
    let alive = Arc::new(AtomicUsize::new(1));
    POOL.put(Canary(AtomicU64::new(ALIVE), alive.clone()));
    until_dead(&alive);
}

/// One P, and a goroutine that never lets it go: no worker of the collector's gets a turn, and the
/// heap stays within 1.3 of its goal all the same. In a process of its own: goals, and pins that
/// delay cycles, are everybody's.
#[test]
fn without_a_turn_for_the_collector() {
    const CHILD: &str = "GOMPA_GC_TEST_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "without_a_turn_for_the_collector"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let (out, said) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(
            output.status.success() && out.contains("1 passed"),
            "{out}\n{said}"
        );
        return;
    }
    let alive = Arc::new(AtomicUsize::new(0));
    let count = alive.clone();
    gompa::Builder::new().procs(1).run(move || {
        gc::scope(|s| {
            let mut live = Vec::new();
            for i in 0..16u64 << 10 {
                live.push(s.array(128, |_| i)); // 16 MiB in all
            }
            let before = gc::stats().num_gc;
            let kept = s.alloc(Node::new(&count));
            for _ in 0..50_000 {
                let goal = gc::stats().next_gc;
                s.nested(|s| {
                    let fresh = s.alloc(Node::new(&count));
                    fresh.next.set(s, kept);
                    kept.next.set(s, fresh);
                    s.array(256, |i| i as u64);
                });
                // A goal that falls meanwhile is the next cycle's.
                let heap = gc::stats().heap_alloc;
                let goal = goal.max(gc::stats().next_gc);
                assert!(heap <= goal / 10 * 13, "{heap} of {goal}");
            }
            kept.sing();
            kept.next.get(s).unwrap().sing();
            assert!(gc::stats().num_gc > before);
            assert!(live.iter().enumerate().all(|(i, a)| a[127] == i as u64));
        });
    });
    until_dead(&alive);
}

/// Ten thousand goroutines, and others, with a cycle at every n-th allocation, each checked against a
/// quiet walk, what is freed overwritten: tests of this binary in a process of their own.
#[test]
fn under_stress() {
    for (n, test) in [
        (400, "ten_thousand_parked_goroutines"),
        (20, "handles_survive_waits"),
        (50, "channels_of_roots"),
    ] {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(
                "GODEBUG",
                format!("gccheck=1,clobberfree=1,gctrace=1,gcstress={n}"),
            )
            .output()
            .unwrap();
        let (out, said) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        let cycles = said.lines().filter(|l| l.starts_with("gc ")).count();
        let other: Vec<_> = said.lines().filter(|l| !l.starts_with("gc ")).collect();
        assert!(
            output.status.success() && out.contains("1 passed"),
            "{test}: {out}\n{}",
            other.join("\n")
        );
        assert!(cycles >= 10, "{test}: {cycles} cycles in all that time");
    }
}

#[derive(Trace)]
struct Kept([u64; 16]);

/// The heap's profile, as Go's tool fetches it from the server: Go's four values, by line and type.
#[test]
fn the_heap_has_a_profile() {
    let before = gc::set_heap_profile_rate(1);
    gompa::run(|| {
        let server = gompa::debug::serve("127.0.0.1:0").unwrap();
        let kept: Vec<Root<Kept>> = gc::scope(|s| {
            (0..500)
                .map(|n| Root::new(s.alloc(Kept([n; 16]))))
                .collect()
        });
        gc::scope(|s| (0..300u64).for_each(|n| _ = s.alloc(Kept([n; 16]))));
        let fetch = |path: &str, flags: &[&str]| {
            let from = format!("http://{}/debug/pprof/{path}", server.local_addr());
            gompa::blocking(|| consumer::pprof_of(from, flags))
        };
        let number = |top: &str| -> u64 {
            let lines = top.lines().filter(|l| l.contains("::Kept at "));
            let firsts = lines.map(|l| l.split_ascii_whitespace().next().unwrap());
            firsts
                .map(|n| n.trim_end_matches('B').parse::<u64>().unwrap())
                .sum()
        };
        if let Some(top) = fetch("heap?gc=1", &["-top", "-unit=B", "-nodefraction=0"]) {
            assert!(top.contains("Type: inuse_space"), "{top}");
            // A conservative look at a stack may keep a few more than the ones that are kept.
            let in_use = number(&top);
            assert!((500 * 128..800 * 128).contains(&in_use), "{top}");
            assert!(top.contains("tests/gc.rs:"), "{top}");
            for (index, least) in [
                ("inuse_objects", 500),
                ("alloc_objects", 800),
                ("alloc_space", 800 * 128),
            ] {
                let index = format!("-sample_index={index}");
                let top = fetch("heap", &["-top", "-unit=B", "-nodefraction=0", &index]).unwrap();
                assert!(number(&top) >= least, "{top}");
            }
            let top = fetch("allocs", &["-top"]).unwrap();
            assert!(top.contains("Type: alloc_space"), "{top}");
        }
        let mut text = Vec::new();
        gompa::pprof::write_profile_text(gompa::pprof::Profile::Heap, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("heap profile: "), "{text}");
        assert!(
            text.contains("::Kept\t") && text.contains("tests/gc.rs:"),
            "{text}"
        );
        assert_eq!(kept.len(), 500);
        server.close();
    });
    gc::set_heap_profile_rate(before);
}
