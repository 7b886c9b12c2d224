//! Cycles as often as can be, each checked against a quiet walk, what is freed overwritten.

use crate::common::{Census, collect_until};
use gompa_gc::{Array, Field, Gc, Map, Trace, scope};
use std::process::Command;
use std::thread;

/// Runs tests of this binary in a process of their own: eight threads, a cycle wanted at every `n`-th
/// allocation of each. `GC_STRESS=100` lets it take a hundred times as long.
#[track_caller]
fn under_stress(n: u32, rounds: usize, tests: &[&str]) {
    let times = std::env::var("GC_STRESS").ok().and_then(|n| n.parse().ok());
    let rounds = rounds * times.unwrap_or(1);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .args(tests)
        .env(
            "GODEBUG",
            format!("gccheck=1,clobberfree=1,gctrace=1,gcstress={n}"),
        )
        .env("GC_TEST_THREADS", "8")
        .env("GC_TEST_ROUNDS", rounds.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let cycles = said.lines().filter(|l| l.starts_with("gc ")).count();
    let other: Vec<_> = said.lines().filter(|l| !l.starts_with("gc ")).collect();
    let ran = format!("test result: ok. {} passed", tests.len());
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && out.contains(&ran),
        "{out}\n{}",
        other.join("\n")
    );
    assert!(cycles >= 10, "{cycles} cycles in all that time");
}

#[test]
fn eight_threads() {
    for (n, rounds) in [(1, 2), (7, 10), (100, 100)] {
        under_stress(n, rounds, &["concurrent::nothing_reachable_dies"]);
    }
}

#[test]
fn other_tests() {
    let tests = [
        "against_model::as_the_model_says",
        "concurrent::lent_handles_stay",
        "concurrent::scopes_in_thread_local_destructors",
        "concurrent::threads_come_and_go",
        "maps::one_map_for_all",
        "stress::containers",
    ];
    under_stress(23, 30, &tests);
}

/// Maps and arrays of all sizes; what they hold is counted in the end.
#[test]
fn containers() {
    let rounds = crate::common::from_env("GC_TEST_ROUNDS", 300) as u64;
    #[derive(Trace)]
    struct Shop<'gc> {
        goods: Map<'gc, u64, Good<'gc>>,
        shelves: Field<'gc, Array<Field<'gc, Good<'gc>>>>,
    }
    #[derive(Trace)]
    struct Good<'gc> {
        number: u64,
        _counted: gompa_gc::Opaque<crate::common::Counted>,
        next: Option<Gc<'gc, Good<'gc>>>,
    }
    let census = Census::default();
    scope(|s| {
        let shop = s.alloc(Shop {
            goods: Map::new(),
            shelves: Field::nil(),
        });
        thread::scope(|t| {
            for n in 0..4u64 {
                let census = &census;
                t.spawn(move || {
                    scope(|s| {
                        for i in 0..rounds {
                            s.nested(|s| {
                                let next = shop.goods.get(s, &(i % 50));
                                let next = next.filter(|g| g.next.is_none());
                                let good = s.alloc(Good {
                                    number: i,
                                    _counted: census.one(),
                                    next,
                                });
                                shop.goods.insert(s, n * 1000 + i % 50, good);
                                let len = [1, 40, 700, 3000][(i % 4) as usize];
                                let shelf = s.array(len, |_| Field::new(good));
                                shop.shelves.set(s, shelf);
                                if i % 7 == 0 {
                                    shop.goods.remove(s, &(n * 1000 + i % 31));
                                }
                            });
                        }
                    });
                });
            }
        });
        let goods: Vec<_> = shop.goods.iter(s).collect();
        assert_eq!(goods.len(), shop.goods.len());
        assert!(
            goods
                .iter()
                .all(|(key, good)| **key % 1000 == good.number % 50)
        );
        let shelf = shop.shelves.get(s).unwrap();
        assert!(shelf.iter().all(|good| good.get(s).is_some()));
    });
    collect_until(|| census.alive() == 0);
}
