//! Binary trees, made and counted and let go: what a collector is for. Immutable edges, as the other
//! languages' trees have once they are built; with `-n` of 1 fields that could be set.

use crate::fresh::{self, value};
use crate::process;
use crate::result::report;
use crate::setup::Setup;
use gompa::gc::{self, Field, Gc, Root, Scope, Trace};
use std::error::Error;
use std::time::Instant;

const MIN_DEPTH: u32 = 4;
const DEPTHS: [u32; 2] = [18, 20];

/// Wall and CPU time, peak memory and number of cycles, in fresh processes.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    if let (true, Some(size)) = (setup.child, setup.size) {
        return child(setup, (size / 2) as u32, size % 2 == 1);
    }
    for depth in DEPTHS {
        let depth = depth - setup.shrink.ilog2();
        for (fields, suffix) in [(false, ""), (true, "_fields")] {
            let size = (2 * depth + u32::from(fields)).to_string();
            let reps = if depth < 20 { setup.reps } else { 1 };
            let values = fresh::children(reps, &["-n", &size])?;
            let tag = |name: &str| format!("{name}_d{depth}{suffix}");
            report(setup, "trees", &tag("wall_ms"), &values["ms"], "ms");
            report(setup, "trees", &tag("peak_rss"), &values["rss"], "MiB");
            report(setup, "trees", &tag("cpu_s"), &values["cpu"], "s");
            report(
                setup,
                "trees",
                &tag("gc_cycles"),
                &values["cycles"],
                "cycles",
            );
        }
    }
    Ok(())
}

fn child(setup: &Setup, depth: u32, fields: bool) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    setup.enter(move || {
        if fields {
            work::<Settable<'static>>(depth);
        } else {
            work::<Tree<'static>>(depth);
        }
    });
    value("ms", begun.elapsed().as_secs_f64() * 1e3);
    value("cpu", process::cpu_seconds()?);
    value("rss", process::peak_resident_mib()?);
    value("cycles", gc::stats().num_gc as f64);
    Ok(())
}

/// A kind of tree.
trait Kind: Trace {
    /// A full tree.
    fn build<'s>(s: &'s Scope, depth: u32) -> Gc<'s, Self::At<'s>>;
    /// Its nodes.
    fn count(s: &Scope, tree: Gc<'_, Self::At<'_>>) -> u64;
}

/// Two edges or none.
#[derive(Trace)]
struct Tree<'gc> {
    kids: Option<(Gc<'gc, Tree<'gc>>, Gc<'gc, Tree<'gc>>)>,
}

fn build_tree<'s>(s: &'s Scope, depth: u32) -> Gc<'s, Tree<'s>> {
    if depth == 0 {
        return s.alloc(Tree { kids: None });
    }
    s.nested(|n| {
        s.alloc(Tree {
            kids: Some((build_tree(n, depth - 1), build_tree(n, depth - 1))),
        })
    })
}

fn count_tree(tree: &Tree<'_>) -> u64 {
    match tree.kids {
        None => 1,
        Some((l, r)) => 1 + count_tree(&l) + count_tree(&r),
    }
}

impl Kind for Tree<'static> {
    fn build<'s>(s: &'s Scope, depth: u32) -> Gc<'s, Tree<'s>> {
        build_tree(s, depth)
    }

    fn count(_: &Scope, tree: Gc<'_, Tree<'_>>) -> u64 {
        count_tree(&tree)
    }
}

/// Two fields.
#[derive(Trace)]
struct Settable<'gc> {
    l: Field<'gc, Settable<'gc>>,
    r: Field<'gc, Settable<'gc>>,
}

fn build_settable<'s>(s: &'s Scope, depth: u32) -> Gc<'s, Settable<'s>> {
    if depth == 0 {
        return s.alloc(Settable {
            l: Field::nil(),
            r: Field::nil(),
        });
    }
    s.nested(|n| {
        s.alloc(Settable {
            l: Field::new(build_settable(n, depth - 1)),
            r: Field::new(build_settable(n, depth - 1)),
        })
    })
}

fn count_settable(p: &gc::Pin, tree: Gc<'_, Settable<'_>>) -> u64 {
    match (tree.l.get(p), tree.r.get(p)) {
        (Some(l), Some(r)) => 1 + count_settable(p, l) + count_settable(p, r),
        _ => 1,
    }
}

impl Kind for Settable<'static> {
    fn build<'s>(s: &'s Scope, depth: u32) -> Gc<'s, Settable<'s>> {
        build_settable(s, depth)
    }

    fn count(s: &Scope, tree: Gc<'_, Settable<'_>>) -> u64 {
        s.pin(|p| count_settable(p, tree))
    }
}

fn work<K: Kind>(max: u32) {
    gc::scope(|s| {
        let once = |depth| s.nested(|s| K::count(s, K::build(s, depth)));
        assert_eq!(once(max + 1), (1 << (max + 2)) - 1, "the stretch tree");
        let long: Root<K> = s.nested(|s| Root::new(K::build(s, max)));
        for depth in (MIN_DEPTH..=max).step_by(2) {
            let n = 1u64 << (max - depth + MIN_DEPTH);
            let sum: u64 = (0..n).map(|_| once(depth)).sum();
            assert_eq!(sum, n * ((1 << (depth + 1)) - 1));
        }
        assert_eq!(
            K::count(s, long.get()),
            (1 << (max + 1)) - 1,
            "the long-lived tree"
        );
    });
}
