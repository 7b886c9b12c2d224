//! Keys and values that do their worst: a panic in Hash, Eq, Clone or Drop, at every call of it, leaves
//! a map that can be used, with nothing lost and nothing dropped twice.

use crate::common::mix;
use gompa_hmap::{Entry, HMap};
use std::cell::{Cell, RefCell};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Hash,
    Eq,
    Clone,
    Drop,
}

/// Counts calls, panics at one of them, and knows which things are alive.
#[derive(Default)]
struct World {
    fuse: Cell<Option<(Call, usize)>>,
    /// By serial number.
    alive: RefCell<Vec<bool>>,
    count: Cell<usize>,
}

impl World {
    fn call(&self, call: Call) {
        if let Some((fused, left)) = self.fuse.get()
            && fused == call
        {
            self.fuse
                .set((left > 0).then_some((call, left.wrapping_sub(1))));
            assert!(left > 0, "the fuse of {call:?} has burnt");
        }
    }

    fn is_alive(&self, thing: &Thing) -> bool {
        self.alive.borrow()[thing.serial]
    }
}

struct Thing {
    n: u64,
    serial: usize,
    world: Rc<World>,
}

impl Thing {
    fn new(n: u64, world: &Rc<World>) -> Self {
        let serial = world.alive.borrow().len();
        world.alive.borrow_mut().push(true);
        world.count.set(world.count.get() + 1);
        Thing {
            n,
            serial,
            world: Rc::clone(world),
        }
    }
}

impl Hash for Thing {
    fn hash<H: Hasher>(&self, state: &mut H) {
        assert!(self.world.is_alive(self));
        self.world.call(Call::Hash);
        // Some collide.
        (self.n % 61).hash(state);
    }
}

impl PartialEq for Thing {
    fn eq(&self, other: &Self) -> bool {
        assert!(self.world.is_alive(self));
        assert!(self.world.is_alive(other));
        self.world.call(Call::Eq);
        self.n == other.n
    }
}

impl Eq for Thing {}

impl Clone for Thing {
    fn clone(&self) -> Self {
        self.world.call(Call::Clone);
        Thing::new(self.n, &self.world)
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        assert!(self.world.is_alive(self), "{} is dropped twice", self.n);
        self.world.alive.borrow_mut()[self.serial] = false;
        self.world.count.set(self.world.count.get() - 1);
        if !std::thread::panicking() {
            self.world.call(Call::Drop);
        }
    }
}

/// A hasher that costs little in a test that is not optimised.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        mix(self.0)
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("things hash a u64");
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

type Map = HMap<Thing, Thing, BuildHasherDefault<Mixed>>;

type Operation = fn(&mut Map, &Rc<World>);

const OPERATIONS: &[(&str, Operation)] = &[
    ("insert", |map, world| {
        for n in 0..40 {
            map.insert(Thing::new(n * 7, world), Thing::new(n, world));
        }
    }),
    ("remove", |map, world| {
        for n in 0..60 {
            drop(map.remove(&Thing::new(n, world)));
        }
    }),
    ("get", |map, world| {
        for n in 0..60 {
            let _ = map.get(&Thing::new(n, world)).is_some();
            let _ = map.get_mut(&Thing::new(n, world)).is_some();
        }
    }),
    ("entry", |map, world| {
        for n in 0..60 {
            match map.entry(Thing::new(n * 5, world)) {
                Entry::Occupied(entry) if n % 2 == 0 => drop(entry.remove()),
                Entry::Occupied(mut entry) => drop(entry.insert(Thing::new(n, world))),
                Entry::Vacant(entry) => {
                    entry.insert(Thing::new(n, world));
                }
            }
        }
    }),
    ("retain", |map, _| map.retain(|key, _| key.n % 3 == 0)),
    ("extract_if", |map, _| {
        map.extract_if(|key, _| key.n % 3 == 0).for_each(drop);
    }),
    ("clear", |map, _| map.clear()),
    ("drain", |map, _| map.drain().take(20).for_each(drop)),
    ("clone", |map, _| {
        let mut copy = map.clone();
        copy.retain(|key, _| key.n % 2 == 0);
    }),
    ("into_iter", |map, _| {
        map.clone().into_iter().take(9).for_each(drop);
    }),
    ("extend", |map, world| {
        map.extend((500..560).map(|n| (Thing::new(n, world), Thing::new(n, world))));
    }),
    ("reserve", |map, world| {
        map.reserve(300);
        for n in 900..960 {
            map.insert(Thing::new(n, world), Thing::new(n, world));
        }
    }),
    ("cursor", |map, world| {
        let mut cursor = map.cursor();
        while let Some((key, _)) = cursor.next() {
            let n = key.n;
            drop(cursor.remove(&Thing::new(n ^ 1, world)));
            if n < 1000 {
                cursor.insert(Thing::new(n + 1000, world), Thing::new(n, world));
            }
        }
    }),
    ("eq", |map, _| {
        let copy = map.clone();
        let _ = *map == copy;
    }),
];

/// After a panic: what is in the map is alive, what is alive is in the map, and it works.
fn inspect(map: &mut Map, world: &Rc<World>, what: &str) {
    let entries = map.iter().count();
    assert_eq!(entries, map.len(), "{what}");
    let keys: Vec<u64> = map.keys().map(|key| key.n).collect();
    for n in &keys {
        assert!(
            map.contains_key(&Thing::new(*n, world)),
            "{what}: {n} is lost"
        );
    }
    for n in 2000..2100 {
        assert!(
            map.insert(Thing::new(n, world), Thing::new(n, world))
                .is_none()
        );
    }
    for n in &keys {
        assert!(map.remove(&Thing::new(*n, world)).is_some(), "{what}: {n}");
    }
    assert_eq!(map.len(), 100);
}

fn try_all(call: Call, start: u64) {
    for (name, operation) in OPERATIONS {
        for at in 0.. {
            let world = Rc::new(World::default());
            let mut map = Map::default();
            for n in 0..start {
                map.insert(Thing::new(n, &world), Thing::new(n, &world));
            }
            world.fuse.set(Some((call, at)));
            let result = catch_unwind(AssertUnwindSafe(|| operation(&mut map, &world)));
            let burnt = world.fuse.replace(None).is_none();
            assert_eq!(result.is_err(), burnt, "{name}");
            // A closure of the test may have been left early, but nothing leaks but by a panic in
            // Drop, which may keep its own thing's siblings.
            inspect(&mut map, &world, name);
            drop(map);
            assert_eq!(world.count.get(), 0, "{name}: {call:?} {at} leaks");
            if !burnt {
                break;
            }
        }
    }
}

fn quietly(f: impl FnOnce()) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str().unwrap_or_default();
        if !text.contains("the fuse of") {
            hook(info);
        }
    }));
    f();
}

#[test]
fn panics_everywhere() {
    quietly(|| {
        for call in [Call::Hash, Call::Eq, Call::Clone, Call::Drop] {
            // At rest; about to grow; growing.
            for start in [20, 52, 55] {
                try_all(call, start);
            }
        }
    });
}

/// A hash that is another each time, an Eq that is never, or always, true: what is found is anyone's
/// guess, but memory is sound and everything is dropped once.
#[test]
fn lies() {
    #[derive(Clone)]
    struct Liar(Rc<Cell<u64>>, #[expect(dead_code)] Rc<()>);
    impl Hash for Liar {
        fn hash<H: Hasher>(&self, state: &mut H) {
            self.0.set(
                self.0
                    .get()
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1),
            );
            state.write_u64(self.0.get() >> 20);
        }
    }
    impl PartialEq for Liar {
        fn eq(&self, _: &Self) -> bool {
            self.0.get() >> 40 & 1 == 0
        }
    }
    impl Eq for Liar {}

    let (state, alive) = (Rc::new(Cell::new(1)), Rc::new(()));
    let mut map = HMap::new();
    for n in 0..20_000_u32 {
        let liar = Liar(Rc::clone(&state), Rc::clone(&alive));
        match n % 7 {
            0..4 => drop(map.insert(liar, vec![n])),
            4 => drop(map.remove(&liar)),
            5 => drop(map.entry(liar).or_default()),
            _ => drop(map.get(&liar)),
        }
    }
    let mut cursor = map.cursor();
    for n in 0..500 {
        if cursor.next().is_none() {
            break;
        }
        cursor.insert(Liar(Rc::clone(&state), Rc::clone(&alive)), vec![n]);
        cursor.remove(&Liar(Rc::clone(&state), Rc::clone(&alive)));
    }
    assert_eq!(map.iter().count(), map.len());
    map.retain(|_, value| value.first().is_some_and(|n| n % 2 == 0));
    let copy = map.clone();
    drop(map);
    assert_eq!(Rc::strong_count(&alive), copy.len() + 1);
    drop(copy);
    assert_eq!(Rc::strong_count(&alive), 1);
}

/// A leaked drain leaks entries and buckets, and leaves a map that works.
#[test]
fn leaked_iterators() {
    let mut map: HMap<u32, String> = (0..100).map(|n| (n, n.to_string())).collect();
    std::mem::forget(map.drain());
    assert!(map.is_empty());
    map.insert(1, "one".into());
    std::mem::forget(map.extract_if(|_, _| true));
    assert_eq!(map.len(), 1);
    let mut iter = map.clone().into_iter();
    assert!(iter.next().is_some());
    std::mem::forget(iter);
    assert_eq!(map[&1], "one");
}

/// Nothing, and more than a page, as key and as value.
#[test]
fn sizes() {
    let mut units = HMap::new();
    assert_eq!(units.insert((), ()), None);
    assert_eq!(units.insert((), ()), Some(()));
    assert_eq!(units.iter().count(), 1);
    assert_eq!(units.remove(&()), Some(()));

    let mut large = HMap::new();
    for n in 0..300_u32 {
        large.insert([n; 300], [u64::from(n); 700]);
    }
    for n in 0..300_u32 {
        assert_eq!(large.get(&[n; 300]), Some(&[u64::from(n); 700]));
    }
    let copy = large.clone();
    assert!(large == copy);
    large.retain(|key, _| key[0] % 2 == 0);
    assert_eq!(large.len(), 150);

    #[derive(PartialEq, Eq, Hash, Clone, Copy, Debug)]
    #[repr(align(256))]
    struct Aligned(u8);
    let mut aligned = HMap::new();
    for n in 0..=255 {
        aligned.insert(Aligned(n), Aligned(255 - n));
    }
    for (key, value) in &aligned {
        assert_eq!(std::ptr::from_ref(key).addr() % 256, 0);
        assert_eq!(key.0, 255 - value.0);
    }
}
