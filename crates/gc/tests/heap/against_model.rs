//! Random operations against a heap in the test's own words: what it says is reachable lives and is
//! linked as it says; the rest dies.

use crate::common::collect_until;
use gompa_gc::{Field, Gc, Opaque, Root, Trace, collect, scope};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Says its number when it dies.
struct Numbered(usize, Arc<Mutex<BTreeSet<usize>>>);

impl Drop for Numbered {
    fn drop(&mut self) {
        assert!(self.1.lock().unwrap().insert(self.0), "it dies twice");
    }
}

#[derive(Trace)]
struct Node<'gc> {
    number: Opaque<Numbered>,
    fields: [Field<'gc, Node<'gc>>; 2],
    edge: Option<Gc<'gc, Node<'gc>>>,
}

#[derive(Clone, Debug)]
enum Step {
    /// A new object, held, with an edge to a held one.
    New(Option<prop::sample::Index>),
    /// A field of a held object to another.
    Set(prop::sample::Index, usize, prop::sample::Index),
    /// To nothing.
    Clear(prop::sample::Index, usize),
    /// Two fields of two objects change places.
    Swap(prop::sample::Index, prop::sample::Index),
    /// What a field points to is held, too.
    Load(prop::sample::Index, usize),
    /// Held no longer.
    Drop(prop::sample::Index),
    Collect,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => prop::option::of(index()).prop_map(Step::New),
        6 => (index(), 0..2usize, index()).prop_map(|(a, f, b)| Step::Set(a, f, b)),
        2 => (index(), 0..2usize).prop_map(|(a, f)| Step::Clear(a, f)),
        2 => (index(), index()).prop_map(|(a, b)| Step::Swap(a, b)),
        3 => (index(), 0..2usize).prop_map(|(a, f)| Step::Load(a, f)),
        4 => index().prop_map(Step::Drop),
        1 => Just(Step::Collect),
    ]
}

/// An object in the test's own words.
struct Said {
    fields: [Option<usize>; 2],
    edge: Option<usize>,
}

struct World {
    said: Vec<Said>,
    held: Vec<(usize, Root<Node<'static>>)>,
    dead: Arc<Mutex<BTreeSet<usize>>>,
}

impl World {
    fn reachable(&self) -> BTreeSet<usize> {
        let mut todo: Vec<usize> = self.held.iter().map(|h| h.0).collect();
        let mut seen = BTreeSet::new();
        while let Some(n) = todo.pop() {
            if seen.insert(n) {
                todo.extend(self.said[n].fields.iter().flatten());
                todo.extend(self.said[n].edge);
            }
        }
        seen
    }

    fn act(&mut self, step: &Step) {
        let held = self.held.len();
        if held == 0 && !matches!(step, Step::New(_) | Step::Collect) {
            return;
        }
        match step {
            Step::New(to) => {
                let to = to.as_ref().filter(|_| held > 0).map(|i| i.index(held));
                let n = self.said.len();
                let root = scope(|s| {
                    Root::new(s.alloc(Node {
                        number: Opaque(Numbered(n, self.dead.clone())),
                        fields: [Field::nil(), Field::nil()],
                        edge: to.map(|i| self.held[i].1.get()),
                    }))
                });
                self.said.push(Said {
                    fields: [None; 2],
                    edge: to.map(|i| self.held[i].0),
                });
                self.held.push((n, root));
            }
            Step::Set(a, f, b) => {
                let (a, b) = (&self.held[a.index(held)], &self.held[b.index(held)]);
                scope(|s| a.1.get().fields[*f].set(s, b.1.get()));
                self.said[a.0].fields[*f] = Some(b.0);
            }
            Step::Clear(a, f) => {
                let a = &self.held[a.index(held)];
                scope(|s| a.1.get().fields[*f].clear(s));
                self.said[a.0].fields[*f] = None;
            }
            Step::Swap(a, b) => {
                let (a, b) = (&self.held[a.index(held)], &self.held[b.index(held)]);
                scope(|s| {
                    let (a, b) = (a.1.get(), b.1.get());
                    let theirs = b.fields[1].take(s);
                    let ours = a.fields[0].swap(s, theirs);
                    b.fields[1].set(s, ours);
                });
                let theirs = self.said[b.0].fields[1].take();
                let ours = std::mem::replace(&mut self.said[a.0].fields[0], theirs);
                self.said[b.0].fields[1] = ours;
            }
            Step::Load(a, f) => {
                let a = &self.held[a.index(held)];
                let loaded = scope(|s| a.1.get().fields[*f].get(s).map(Root::new));
                assert_eq!(loaded.is_some(), self.said[a.0].fields[*f].is_some());
                if let Some(root) = loaded {
                    let n = self.said[a.0].fields[*f].unwrap();
                    self.held.push((n, root));
                }
            }
            Step::Drop(a) => drop(self.held.swap_remove(a.index(held))),
            Step::Collect => collect(),
        }
    }

    fn check(&self) {
        let reachable = self.reachable();
        let doomed = self.said.len() - reachable.len();
        collect_until(|| self.dead.lock().unwrap().len() == doomed);
        let dead = self.dead.lock().unwrap();
        assert!((0..self.said.len()).all(|n| dead.contains(&n) != reachable.contains(&n)));
        scope(|s| {
            let number = |g: Gc<'_, Node<'_>>| g.number.0.0;
            for (n, root) in &self.held {
                let node = root.get();
                assert_eq!(number(node), *n);
                for f in 0..2 {
                    assert_eq!(node.fields[f].get(s).map(number), self.said[*n].fields[f]);
                }
                assert_eq!(node.edge.map(number), self.said[*n].edge);
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn as_the_model_says(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World { said: Vec::new(), held: Vec::new(), dead: Arc::default() };
        for step in &steps {
            world.act(step);
        }
        world.check();
        world.held.clear();
        world.check();
    }
}
