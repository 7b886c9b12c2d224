//! Nanoseconds an operation: the median of so many repetitions, after one that does not count.

use super::Setup;
use super::contender::{Ints, Strings};
use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Entries of the map that fits the first cache, or nearly so.
const SMALL: usize = 1000;
const SMALL_LOOKUPS: usize = 20_000_000;
const STRINGS: usize = 1_000_000;

/// splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

pub fn keys(count: usize, seed: u64) -> Vec<u64> {
    let mut random = Random(seed);
    (0..count).map(|_| random.draw()).collect()
}

pub fn shuffle<T>(all: &mut [T]) {
    let mut random = Random(7);
    for n in (1..all.len()).rev() {
        all.swap(n, (random.draw() % (n as u64 + 1)) as usize);
    }
}

fn filled<M: Ints>(keys: &[u64]) -> M {
    let mut map = M::make();
    for (n, key) in keys.iter().enumerate() {
        map.insert(*key, n as u64);
    }
    map
}

fn wanted(setup: &Setup, row: &str) -> bool {
    setup.only.is_empty() || setup.only.split(' ').any(|word| row == word)
}

fn time(setup: &Setup, row: &str, ops: usize, mut f: impl FnMut() -> Duration) {
    if !wanted(setup, row) {
        return;
    }
    f();
    let mut figures: Vec<f64> = (0..setup.repetitions)
        .map(|_| f().as_nanos() as f64 / ops as f64)
        .collect();
    figures.sort_by(f64::total_cmp);
    let median = figures[setup.repetitions / 2];
    println!("RESULT {row} {} {median:.2} ns", setup.contender);
}

pub fn ints<M: Ints>(setup: &Setup) {
    let n = setup.entries;
    time(setup, "insert", n, || {
        let mut map = M::make();
        let mut random = Random(1);
        let begun = Instant::now();
        for value in 0..n as u64 {
            map.insert(random.draw(), value);
        }
        let took = begun.elapsed();
        assert_eq!(map.len(), n);
        took
    });
    let mut order = keys(n, 1);
    let wanted_large = ["hit_8M", "miss_8M", "iter"]
        .iter()
        .any(|row| wanted(setup, row));
    let map: M = filled(if wanted_large { &order } else { &order[..1] });
    if wanted_large {
        lookups(setup, "8M", &map, n, n);
    }
    time(setup, "iter", n, || {
        let begun = Instant::now();
        let (keys, values) = map.sum();
        black_box(keys);
        assert_eq!(values, n as u64 * (n as u64 - 1) / 2);
        begun.elapsed()
    });
    drop(map);
    let all = order.clone();
    shuffle(&mut order);
    time(setup, "delete", n, || {
        let mut map: M = filled(&all);
        let begun = Instant::now();
        for key in &order {
            map.remove(*key);
        }
        assert_eq!(map.len(), 0);
        begun.elapsed()
    });
    let map: M = filled(&all[..SMALL]);
    lookups(setup, "1k", &map, SMALL, SMALL_LOOKUPS);
}

/// Everything has the same hash.
#[derive(Default)]
pub struct Same;

impl Hasher for Same {
    fn write(&mut self, _bytes: &[u8]) {}
    fn finish(&self) -> u64 {
        0
    }
}

pub type AllSame = BuildHasherDefault<Same>;

/// How many keys collide.
pub const COLLIDING: [usize; 2] = [1000, 10_000];

/// Keys of one hash: what an attacker who knew the seed could reach.
pub fn colliding<M: Ints>(setup: &Setup) {
    for n in COLLIDING {
        let own = keys(n, 1);
        let insert = || {
            let begun = Instant::now();
            let map: M = filled(&own);
            (begun.elapsed(), map)
        };
        time(setup, &format!("collide_insert_{n}"), n, || insert().0);
        let map = insert().1;
        for (what, seed) in [("hit", 1), ("miss", 2)] {
            let probe = keys(n, seed);
            time(setup, &format!("collide_{what}_{n}"), n, || {
                let begun = Instant::now();
                let found = probe.iter().filter(|key| map.get(**key).is_some());
                assert_eq!(found.count(), if seed == 1 { n } else { 0 });
                begun.elapsed()
            });
        }
    }
}

fn lookups<M: Ints>(setup: &Setup, size: &str, map: &M, entries: usize, count: usize) {
    let mut probe = keys(entries, 1);
    shuffle(&mut probe);
    let rounds = count / entries;
    time(setup, &format!("hit_{size}"), rounds * entries, || {
        let begun = Instant::now();
        let mut sum = 0;
        for _ in 0..rounds {
            for key in black_box(&probe) {
                sum += map.get(*key).unwrap_or(0);
            }
        }
        assert_eq!(sum, (rounds * (entries * (entries - 1) / 2)) as u64);
        begun.elapsed()
    });
    let mut probe = keys(entries, 2);
    shuffle(&mut probe);
    time(setup, &format!("miss_{size}"), rounds * entries, || {
        let begun = Instant::now();
        let mut found = 0;
        for _ in 0..rounds {
            for key in black_box(&probe) {
                found += usize::from(map.get(*key).is_some());
            }
        }
        assert_eq!(found, 0);
        begun.elapsed()
    });
}

pub fn strings<M: Strings>(setup: &Setup) {
    if !wanted(setup, "str_insert") && !wanted(setup, "str_hit") {
        return;
    }
    let n = STRINGS.min(setup.entries);
    let make = || -> Vec<String> {
        let keys = keys(n, 1);
        keys.iter().map(|key| format!("{key:016x}")).collect()
    };
    let filled = || {
        let (own, mut map) = (make(), M::make());
        let begun = Instant::now();
        for (n, key) in own.into_iter().enumerate() {
            map.insert(key, n as u64);
        }
        (begun.elapsed(), map)
    };
    time(setup, "str_insert", n, || filled().0);
    let (_, map) = filled();
    let mut probe = make();
    shuffle(&mut probe);
    time(setup, "str_hit", n, || {
        let begun = Instant::now();
        let mut sum = 0;
        for key in &probe {
            sum += map.get(key).unwrap_or(0);
        }
        assert_eq!(sum, (n * (n - 1) / 2) as u64);
        begun.elapsed()
    });
}
