//! When cycles begin, how large the heap becomes, what the collector may cost. Each test is a process
//! of its own, for these are matters of the whole process.

use crate::common::alone;
use gompa_gc::hooks::{self, Hooks};
use gompa_gc::{Field, Root, Scope, Trace, read_gc_stats, scope, set_memory_floor, stats};
use std::hint::spin_loop;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Trace)]
struct Node<'gc> {
    next: Field<'gc, Node<'gc>>,
    payload: [u64; 7],
}

const SIZE: usize = 64;

/// A chain of so many bytes.
fn chain(bytes: usize) -> Root<Node<'static>> {
    fn node<'a>(next: Field<'a, Node<'a>>) -> Node<'a> {
        Node {
            next,
            payload: [7; 7],
        }
    }
    scope(|s| {
        let mut head = Root::new(s.alloc(node(Field::nil())));
        for _ in 0..bytes / SIZE {
            s.nested(|s| {
                let next = Field::new(s.keep(head.get()));
                head.set(s.alloc(node(next)));
            });
        }
        head
    })
}

fn length(chain: &Root<Node<'static>>) -> usize {
    scope(|s| {
        let mut at = s.cursor(chain.get());
        let mut n = 0;
        loop {
            n += 1;
            let next = s.nested(|s| {
                let next = at.get().next.get(s)?;
                at.set(next);
                Some(())
            });
            if next.is_none() {
                return n;
            }
        }
    })
}

/// Some kilobytes of garbage.
fn litter(s: &Scope) {
    for _ in 0..16 {
        s.nested(|s| (0..16u64).for_each(|i| _ = s.alloc([i; 8])));
    }
}

/// Every processor is busy elsewhere, several times over.
fn while_others_spin(f: impl FnOnce()) {
    static STOP: AtomicBool = AtomicBool::new(false);
    thread::scope(|t| {
        for _ in 0..4 {
            t.spawn(|| {
                while !STOP.load(Relaxed) {
                    spin_loop();
                }
            });
        }
        f();
        STOP.store(true, Relaxed);
    });
}

#[test]
fn starved_workers_are_not_needed() {
    alone("pacing::starved_workers_are_not_needed", &[], || {
        let live = chain(16 << 20);
        while_others_spin(|| {
            thread::scope(|t| {
                for _ in 0..2 {
                    t.spawn(|| {
                        scope(|s| {
                            for _ in 0..8_000 {
                                let goal = stats().next_gc;
                                litter(s);
                                // A goal that falls meanwhile is the next cycle's.
                                let heap = stats().heap_alloc;
                                let goal = goal.max(stats().next_gc);
                                assert!(heap <= goal / 10 * 13, "{heap} of {goal}");
                            }
                        });
                    });
                }
            });
        });
        assert!(stats().num_gc >= 3);
        assert_eq!(length(&live), (16 << 20) / SIZE + 1);
    });
}

#[test]
fn a_limit_below_what_lives() {
    alone(
        "pacing::a_limit_below_what_lives",
        &[("GOMEMLIMIT", "16MiB")],
        || {
            static TOLD: AtomicBool = AtomicBool::new(false);
            let mut mine = Hooks::default();
            mine.procs = || 1;
            assert!(hooks::install(mine));
            gompa_gc::on_limit(|by| {
                assert!(by.limit == 16 << 20 && by.heap > by.limit);
                TOLD.store(true, SeqCst);
            });
            let live = chain(24 << 20);
            let began = Instant::now();
            // Work goes on, whatever it costs.
            thread::scope(|t| {
                for _ in 0..3 {
                    t.spawn(|| {
                        scope(|s| {
                            while !TOLD.load(SeqCst) {
                                litter(s);
                                let late = began.elapsed() > Duration::from_secs(120);
                                assert!(!late, "it is never given up: {:?}", read_gc_stats());
                            }
                        });
                    });
                }
            });
            assert!(stats().limits_given_up >= 1);
            assert_eq!(stats().memory_limit, 16 << 20);
            // As long as it is given up, garbage costs next to nothing.
            let cycles = stats().num_gc;
            scope(|s| (0..200).for_each(|_| litter(s)));
            assert!(stats().num_gc <= cycles + 50);
            assert_eq!(length(&live), (24 << 20) / SIZE + 1);
        },
    );
}

#[test]
fn an_idle_heap_is_looked_at() {
    let complained = alone(
        "pacing::an_idle_heap_is_looked_at",
        &[("GODEBUG", "gcperiod=20,gctrace=1")],
        || {
            static FREED: AtomicBool = AtomicBool::new(false);
            scope(|s| _ = s.on_free(s.alloc(1u64), || FREED.store(true, SeqCst)));
            let began = Instant::now();
            while !FREED.load(SeqCst) || stats().num_gc < 3 {
                assert!(began.elapsed() < Duration::from_secs(60));
                thread::sleep(Duration::from_millis(5));
            }
            assert_eq!(stats().num_forced_gc, 0);
        },
    );
    if let Some(complained) = complained {
        let lines: Vec<&str> = complained.lines().collect();
        assert_eq!(lines[0], "GC forced", "{complained}");
        assert!(lines[1].starts_with("gc 1 @"), "{complained}");
        assert!(!complained.contains("(forced)"), "{complained}");
    }
}

#[test]
fn a_floor() {
    alone("pacing::a_floor", &[], || {
        assert_eq!(set_memory_floor(64 << 20), 0);
        scope(|s| (0..2000).for_each(|_| litter(s)));
        assert_eq!(stats().num_gc, 0, "there is room below the floor");
        assert_eq!(set_memory_floor(0), 64 << 20);
        scope(|s| (0..1000).for_each(|_| litter(s)));
        assert!(stats().num_gc > 0);
    });
}

/// As many workers as they like; every tree has its nodes.
#[test]
fn marking_in_parallel() {
    #[derive(Trace)]
    struct Tree<'gc> {
        kids: Option<gompa_gc::Gc<'gc, gompa_gc::Array<Field<'gc, Tree<'gc>>>>>,
    }
    fn grow<'s>(s: &'s Scope, depth: u32, width: usize) -> gompa_gc::Gc<'s, Tree<'s>> {
        if depth == 0 {
            return s.alloc(Tree { kids: None });
        }
        s.nested(|n| {
            let kids = n.array(width, |_| Field::new(grow(n, depth - 1, 8)));
            s.alloc(Tree { kids: Some(kids) })
        })
    }
    fn count(s: &Scope, tree: &Tree<'_>) -> usize {
        1 + tree.kids.map_or(0, |kids| {
            s.nested(|s| {
                let kids = kids.iter().map(|kid| count(s, &kid.get(s).unwrap()));
                kids.sum::<usize>()
            })
        })
    }
    alone("pacing::marking_in_parallel", &[], || {
        let mut mine = Hooks::default();
        mine.procs = || 8;
        assert!(hooks::install(mine));
        // A wide array, which is marked in pieces.
        let (width, depth) = (5000, 3);
        let root: Root<Tree<'static>> = scope(|s| Root::new(grow(s, depth, width)));
        thread::scope(|t| {
            for _ in 0..2 {
                t.spawn(|| (0..5).for_each(|_| gompa_gc::collect()));
            }
            scope(|s| {
                for _ in 0..10 {
                    s.nested(|s| _ = s.alloc([grow(s, 4, 8).kids.is_some()]));
                    assert_eq!(count(s, &root.get()), 1 + width * (1 + 8 + 64));
                }
            });
        });
    });
}
