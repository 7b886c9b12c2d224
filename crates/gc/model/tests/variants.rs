//! What holds must hold in all states; what leaves a piece out must fail.

use gompa_gc_model::config::Config;
use gompa_gc_model::search::{Outcome, search};
use gompa_gc_model::variants::{ALL, Variant};

/// States of the largest world that is searched here.
const LIMIT: usize = 60_000_000;

/// With `GC_MODEL_LARGE=1` also those that take minutes.
fn chosen() -> impl Iterator<Item = &'static Variant> {
    let large = std::env::var_os("GC_MODEL_LARGE").is_some();
    ALL.iter().filter(move |v| (large || !v.large) && !v.huge)
}

fn in_small_world(v: &Variant) -> Outcome {
    let config = Config {
        objects: v.objects,
        ..v.config
    };
    search(&config, LIMIT)
}

#[test]
fn what_must_hold_holds() {
    for v in chosen().filter(|v| v.holds) {
        match in_small_world(v) {
            Outcome::Holds { states } => assert!(states > 10_000, "{}: {states} states", v.name),
            Outcome::Broken { violation, path } => {
                path.iter().for_each(|s| println!("{s}"));
                panic!("{}: {}", v.name, violation.0);
            }
            Outcome::Unfinished { .. } => panic!("{}: the world is too large", v.name),
        }
    }
}

#[test]
fn what_leaves_a_piece_out_fails() {
    for v in chosen().filter(|v| !v.holds) {
        let outcome = in_small_world(v);
        assert!(
            matches!(outcome, Outcome::Broken { .. }),
            "{}: no counter-example",
            v.name
        );
    }
}

#[test]
fn a_counter_example_is_a_path() {
    let v = ALL.iter().find(|v| v.name == "no deletion half").unwrap();
    let Outcome::Broken { path, .. } = in_small_world(v) else {
        panic!("it must fail");
    };
    assert!(path.len() > 10);
    // Each step changes something, and the last state has condemned what is in use.
    assert!(path.windows(2).all(|w| w[0] != w[1]));
    let last = path.last().unwrap();
    assert_ne!(last.doomed & last.reachable(), 0);
}
