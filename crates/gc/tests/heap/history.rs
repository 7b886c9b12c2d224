//! Histories written as bytes, for a fuzzer and for a test: each four bytes are an operation and what
//! it is done to. Beside the heap goes a model in the test's own words, which says what is reachable.
//!
//! Every object has a number, a check of it that does not survive being overwritten, and a destructor
//! that says its number.

use gompa_gc::{Array, Field, Gc, List, Map, Opaque, Root, Scope, Trace, Weak, collect, scope};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Says its number when it dies.
struct Numbered(u32, Arc<Mutex<BTreeSet<u32>>>);

impl Drop for Numbered {
    fn drop(&mut self) {
        assert!(
            self.1.lock().unwrap().insert(self.0),
            "{} dies twice",
            self.0
        );
    }
}

#[derive(Trace)]
struct Node<'gc> {
    number: Opaque<Numbered>,
    check: u64,
    fields: [Field<'gc, Node<'gc>>; 2],
    edge: Option<Gc<'gc, Node<'gc>>>,
    list: List<'gc, Node<'gc>>,
    map: Map<'gc, u8, Node<'gc>>,
    array: Field<'gc, Array<Field<'gc, Node<'gc>>>>,
}

/// An object in the model's words: by what leads to what.
#[derive(Default)]
struct Said {
    fields: [Option<u32>; 2],
    edge: Option<u32>,
    list: Vec<u32>,
    map: BTreeMap<u8, u32>,
    array: Vec<Option<u32>>,
}

struct World {
    said: Vec<Said>,
    held: Vec<(u32, Root<Node<'static>>)>,
    weak: Vec<(u32, Weak<Node<'static>>)>,
    dead: Arc<Mutex<BTreeSet<u32>>>,
}

fn number(g: Gc<'_, Node<'_>>) -> u32 {
    let n = g.number.0.0;
    assert_eq!(g.check, check_of(n), "an object was overwritten");
    n
}

fn check_of(n: u32) -> u64 {
    (u64::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl World {
    fn reachable(&self) -> BTreeSet<u32> {
        let mut todo: Vec<u32> = self.held.iter().map(|h| h.0).collect();
        let mut seen = BTreeSet::new();
        while let Some(n) = todo.pop() {
            if seen.insert(n) {
                let said = &self.said[n as usize];
                todo.extend(said.fields.iter().flatten());
                todo.extend(said.edge);
                todo.extend(&said.list);
                todo.extend(said.map.values());
                todo.extend(said.array.iter().flatten());
            }
        }
        seen
    }

    fn new_node<'gc>(&self, n: u32, edge: Option<Gc<'gc, Node<'gc>>>) -> Node<'gc> {
        Node {
            number: Opaque(Numbered(n, self.dead.clone())),
            check: check_of(n),
            fields: [Field::nil(), Field::nil()],
            edge,
            list: List::new(),
            map: Map::new(),
            array: Field::nil(),
        }
    }

    fn act(&mut self, s: &Scope, op: u8, a: u8, b: u8, c: u8) {
        let len = self.held.len();
        let op = if len == 0 { 0 } else { op % 16 };
        let (i, j) = (usize::from(a) % len.max(1), usize::from(b) % len.max(1));
        let f = usize::from(c) % 2;
        if op == 0 {
            let edge = (len > 0 && c.is_multiple_of(2)).then_some(i);
            let n = self.said.len() as u32;
            let node = self.new_node(n, edge.map(|i| self.held[i].1.get()));
            let root = if b.is_multiple_of(2) {
                Root::new(s.alloc(node))
            } else {
                s.pin(|p| Root::new(p.alloc(node)))
            };
            let edge = edge.map(|i| self.held[i].0);
            self.said.push(Said {
                edge,
                ..Said::default()
            });
            return self.held.push((n, root));
        }
        let (x, y) = (&self.held[i], &self.held[j]);
        let (gx, gy) = (x.1.get(), y.1.get());
        let (nx, ny) = (x.0 as usize, y.0);
        let loaded: Option<Gc<'_, Node<'_>>> = match op {
            1 => {
                gx.fields[f].set(s, gy);
                self.said[nx].fields[f] = Some(ny);
                None
            }
            2 => {
                let old = gx.fields[f].take(s);
                assert_eq!(old.map(number), self.said[nx].fields[f].take());
                old
            }
            3 => {
                let old = s.pin(|p| gx.fields[f].swap(p, gy).map(|g| s.keep(g)));
                let was = self.said[nx].fields[f].replace(ny);
                assert_eq!(old.map(number), was);
                old
            }
            4 => {
                gx.list.push(s, gy);
                self.said[nx].list.push(ny);
                None
            }
            5 => gx.list.get(s, usize::from(c)),
            6 => {
                let old = gx.map.insert(s, c, gy);
                assert_eq!(old.map(number), self.said[nx].map.insert(c, ny));
                old
            }
            7 => {
                let old = gx.map.remove(s, &c);
                assert_eq!(old.map(number), self.said[nx].map.remove(&c));
                old
            }
            8 => gx.map.get(s, &c),
            9 => {
                let len = [0, 1, 5, 60, 1100, 3000][usize::from(c) % 6];
                gx.array.set(s, s.array(len, |_| Field::new(gy)));
                self.said[nx].array = vec![Some(ny); len];
                None
            }
            10 => match gx.array.get(s) {
                Some(array) if !array.is_empty() => {
                    let k = usize::from(c) * 7 % array.len();
                    let old = array[k].take(s);
                    assert_eq!(old.map(number), self.said[nx].array[k].take());
                    old
                }
                _ => None,
            },
            11 => gx.edge.map(|g| s.keep(g)),
            12 => {
                self.weak.push((x.0, Weak::new(gx)));
                None
            }
            13 => {
                let k = usize::from(c) % self.weak.len().max(1);
                let found = self.weak.get(k).map(|w| (w.0, w.1.upgrade(s)));
                found.and_then(|(n, g)| {
                    assert!(g.is_none_or(|g| number(g) == n));
                    assert!(g.is_some() || !self.reachable().contains(&n));
                    g
                })
            }
            14 => {
                self.held.swap_remove(i);
                return;
            }
            _ if c.is_multiple_of(8) => {
                gx.map.clear(s);
                self.said[nx].map.clear();
                None
            }
            _ => {
                collect();
                None
            }
        };
        if let Some(g) = loaded {
            let n = number(g);
            if c.is_multiple_of(3) {
                self.held.push((n, Root::new(g)));
            }
        }
    }

    /// What is in the heap is what was said; what is not reachable dies.
    fn check(&self) {
        let reachable = self.reachable();
        let doomed = self.said.len() - reachable.len();
        let began = Instant::now();
        while self.dead.lock().unwrap().len() < doomed {
            collect();
            std::thread::sleep(Duration::from_micros(200));
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "it is not collected"
            );
        }
        let dead = self.dead.lock().unwrap();
        assert!((0..self.said.len() as u32).all(|n| dead.contains(&n) != reachable.contains(&n)));
        drop(dead);
        for (n, root) in &self.held {
            scope(|s| {
                let (g, said) = (root.get(), &self.said[*n as usize]);
                assert_eq!(number(g), *n);
                let fields = [0, 1].map(|f| g.fields[f].get(s).map(number));
                assert_eq!(fields, said.fields);
                assert_eq!(g.edge.map(number), said.edge);
                let list: Vec<_> = g.list.iter(s).map(number).collect();
                assert_eq!(list, said.list);
                let map: BTreeMap<_, _> = g.map.iter(s).map(|(k, v)| (*k, number(v))).collect();
                assert_eq!(map, said.map);
                let array = g.array.get(s);
                let array = array.iter().flat_map(|a| a.as_ref());
                let array: Vec<_> = array.map(|f| f.get(s).map(number)).collect();
                assert_eq!(array, said.array);
            });
        }
    }
}

/// Goes through a history.
pub fn replay(bytes: &[u8]) {
    let mut world = World {
        said: Vec::new(),
        held: Vec::new(),
        weak: Vec::new(),
        dead: Arc::default(),
    };
    // Some of it in one scope, so that handles of all ages are there.
    for part in bytes.chunks(4 * 16) {
        scope(|s| {
            for step in part.chunks_exact(4) {
                world.act(s, step[0], step[1], step[2], step[3]);
            }
        });
    }
    world.check();
    world.held.clear();
    world.check();
}
