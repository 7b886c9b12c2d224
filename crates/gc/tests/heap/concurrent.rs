//! Several mutators, cycles all the time; every object carries a canary that its destructor kills.

use crate::common::from_env;
use gompa_gc::{Array, Field, Gc, Opaque, Root, Scope, Trace, Weak, collect, scope};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

const ALIVE: u64 = 0x616c_6976_6521;

/// Dies with its object.
struct Canary(AtomicU64);

impl Drop for Canary {
    fn drop(&mut self) {
        self.0.store(0xdead, SeqCst);
    }
}

#[derive(Trace)]
struct Thing<'gc> {
    canary: Opaque<Canary>,
    a: Field<'gc, Thing<'gc>>,
    b: Field<'gc, Thing<'gc>>,
    edge: Option<Gc<'gc, Thing<'gc>>>,
    /// So that not all spans are alike.
    depth: u64,
}

/// The same without a destructor.
#[derive(Trace)]
struct Plain<'gc> {
    number: u64,
    check: u64,
    next: Field<'gc, Plain<'gc>>,
}

impl Plain<'_> {
    fn new(number: u64) -> Self {
        Plain {
            number,
            check: !number,
            next: Field::nil(),
        }
    }

    #[track_caller]
    fn sing(&self) {
        assert_eq!(self.check, !self.number, "an object was overwritten");
    }
}

impl<'gc> Thing<'gc> {
    fn new(edge: Option<Gc<'gc, Thing<'gc>>>) -> Self {
        Thing {
            canary: Opaque(Canary(AtomicU64::new(ALIVE))),
            a: Field::nil(),
            b: Field::nil(),
            // Edges are for ever: a chain of them must end somewhere.
            depth: edge.map_or(0, |e| e.depth + 1),
            edge: edge.filter(|e| e.depth < 50),
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

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % n
    }
}

/// Runs `f` while a thread collects without a pause.
fn while_collecting<R>(f: impl FnOnce() -> R) -> R {
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let stop = AtomicBool::new(false);
    thread::scope(|t| {
        t.spawn(|| {
            while !stop.load(SeqCst) {
                collect();
            }
        });
        let _stop = Stop(&stop);
        f()
    })
}

/// Steps from `from`, each checked; the last one is kept.
fn walk<'s>(s: &'s Scope, rng: &mut Rng, from: Gc<'_, Thing<'_>>) -> Gc<'s, Thing<'s>> {
    let mut at = s.keep(from);
    for _ in 0..rng.below(6) {
        at.sing();
        let next = match rng.below(3) {
            0 => at.a.get(s),
            1 => at.b.get(s),
            _ => at.edge,
        };
        let Some(next) = next else { break };
        at = next;
    }
    at.sing();
    at
}

type Shelf = Root<Array<Field<'static, Thing<'static>>>>;

fn mutate(shelf: &Shelf, seed: u64, rounds: usize) {
    let mut rng = Rng(seed * 0x9e37_79b9 + 1);
    let mut weak: Vec<Weak<Thing<'static>>> = Vec::new();
    for _ in 0..rounds {
        scope(|s| {
            let shelf = shelf.get();
            let mut held: Vec<Gc<'_, Thing<'_>>> = vec![s.alloc(Thing::new(None))];
            for _ in 0..20 {
                let i = rng.below(shelf.len());
                let mine = held[rng.below(held.len())];
                match rng.below(11) {
                    0 | 1 => held.push(s.alloc(Thing::new(Some(mine)))),
                    2 => shelf[i].set(s, mine),
                    3 => held.extend(shelf[i].take(s)),
                    4 => held.extend(shelf[i].swap(s, mine)),
                    5 => {
                        if let Some(there) = shelf[i].get(s) {
                            held.push(walk(s, &mut rng, there));
                        }
                    }
                    6 => mine.a.set(s, held[rng.below(held.len())]),
                    7 => {
                        mine.b.clear(s);
                        weak.push(Weak::new(mine));
                        if weak.len() > 20 {
                            weak.swap_remove(rng.below(20));
                        }
                    }
                    8 => s.pin(|p| {
                        if let Some(there) = shelf[i].get(p) {
                            let fresh = p.alloc(Thing::new(Some(there)));
                            there.sing();
                            fresh.a.set(p, mine);
                            mine.b.set(p, fresh);
                        }
                    }),
                    9 => s.nested(|n| {
                        let there = shelf[i].get(n).unwrap_or(mine);
                        let far = walk(n, &mut rng, there);
                        held.push(s.keep(far));
                    }),
                    _ => {
                        if !weak.is_empty() {
                            let i = rng.below(weak.len());
                            if let Some(there) = weak[i].upgrade(s) {
                                there.sing();
                                held.push(walk(s, &mut rng, there));
                            }
                        }
                    }
                }
            }
            held.iter().for_each(|h| h.sing());
        });
    }
}

fn shelf(len: usize) -> Shelf {
    scope(|s| Root::new(s.array(len, |_| Field::<Thing>::nil())))
}

#[test]
fn nothing_reachable_dies() {
    let shelf = shelf(40);
    let threads = from_env("GC_TEST_THREADS", 4) as u64;
    let rounds = from_env("GC_TEST_ROUNDS", if cfg!(miri) { 5 } else { 700 });
    while_collecting(|| {
        thread::scope(|t| {
            for seed in 0..threads {
                let shelf = &shelf;
                t.spawn(move || mutate(shelf, seed, rounds));
            }
        });
    });
}

#[test]
fn lent_handles_stay() {
    while_collecting(|| {
        for round in 0..30 {
            scope(|s| {
                let chain = s.alloc(Thing::new(None));
                thread::scope(|t| {
                    for seed in 0..3u64 {
                        t.spawn(move || {
                            let mut rng = Rng(seed + round * 7 + 1);
                            scope(|s| {
                                for _ in 0..100 {
                                    s.nested(|s| {
                                        let fresh = s.alloc(Thing::new(Some(chain)));
                                        chain.a.set(s, fresh);
                                        let other = walk(s, &mut rng, chain);
                                        other.b.set(s, chain);
                                    });
                                }
                            });
                        });
                    }
                });
                walk(s, &mut Rng(round + 1), chain);
            });
        }
    });
}

#[test]
fn plain_objects_are_not_overwritten() {
    let threads = 3;
    while_collecting(|| {
        thread::scope(|t| {
            for n in 0..threads {
                t.spawn(move || {
                    scope(|s| {
                        // A ring of 500, of which one at a time is replaced; garbage in between.
                        let ring = s.array(500, |_| Field::<Plain>::nil());
                        for i in 0..20_000u64 {
                            s.nested(|s| {
                                let fresh = s.alloc(Plain::new(i * threads + n));
                                let place = &ring[(i * 7 % 500) as usize];
                                if let Some(old) = place.get(s) {
                                    old.sing();
                                    fresh.next.set(s, old);
                                    old.next.clear(s);
                                }
                                place.set(s, fresh);
                            });
                        }
                        s.pin(|p| {
                            for place in &*ring {
                                let thing = place.get(p).unwrap();
                                thing.sing();
                                thing.next.get(p).unwrap().sing();
                            }
                        });
                    });
                });
            }
        });
    });
}

#[test]
fn threads_come_and_go() {
    let shelf = shelf(8);
    while_collecting(|| {
        for round in 0..20 {
            thread::scope(|t| {
                for i in 0..8 {
                    let shelf = &shelf;
                    t.spawn(move || mutate(shelf, round * 8 + i, 3));
                }
            });
        }
    });
}

#[test]
fn scopes_in_thread_local_destructors() {
    struct Late(Option<Root<String>>);
    impl Drop for Late {
        fn drop(&mut self) {
            let root = self.0.take().unwrap();
            let text = scope(|s| {
                let text = s.alloc(format!("{}!", root.get().as_str()));
                s.nested(|s| (0..100u64).for_each(|i| _ = s.alloc(i)));
                String::clone(&text)
            });
            assert_eq!(text, "late!");
        }
    }
    thread_local!(static LATE: Late = Late(Some(scope(|s| Root::new(s.alloc("late".to_string()))))));
    while_collecting(|| {
        for before in [true, false] {
            for _ in 0..10 {
                let thread = thread::spawn(move || {
                    if before {
                        scope(|_| {});
                    }
                    LATE.with(|_| {});
                    scope(|s| _ = s.alloc(1));
                });
                thread.join().unwrap();
            }
        }
    });
}

#[test]
fn a_pin_held_long_only_delays() {
    let cycles = || gompa_gc::stats().num_gc;
    let (collector, before) = scope(|s| {
        s.pin(|p| {
            let before = cycles();
            let collector = thread::spawn(|| (0..3).for_each(|_| collect()));
            let text = p.alloc(String::from("held by nothing but the pin"));
            for _ in 0..2000 {
                thread::yield_now();
                // One may have been past its last handshake when the pin was opened. No more.
                assert!(cycles() <= before + 1);
                assert_eq!(*text, "held by nothing but the pin");
            }
            (collector, before)
        })
    });
    collector.join().unwrap();
    assert!(cycles() >= before + 3);
}
