//! Random numbers and hashers, whose state is kept per thread.

use super::world::{goroutines, hop, join, return_to, thread, until, world};
use gompa::go;
use rand::RngExt;
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicI32, AtomicUsize};
use std::sync::{Arc, Mutex};

#[test]
fn two_who_began_on_one_thread_do_not_share_a_generator() {
    // Two threads in one generator give numbers twice, and worse.
    const NUMBERS: usize = 200_000;
    static FIRST_ON: AtomicI32 = AtomicI32::new(0);
    static READY: AtomicUsize = AtomicUsize::new(0);
    world(|| {
        let draw = |moves: bool| {
            let mut generator = rand::rng();
            if moves {
                FIRST_ON.store(thread(), SeqCst);
                hop();
            }
            READY.fetch_add(1, SeqCst);
            until(|| READY.load(SeqCst) == 2);
            (0..NUMBERS)
                .map(|_| generator.random::<u64>())
                .collect::<Vec<_>>()
        };
        let first = go(move || draw(true));
        until(|| FIRST_ON.load(SeqCst) != 0);
        let second = go(move || {
            return_to(FIRST_ON.load(SeqCst));
            draw(false)
        });
        let mut all = HashSet::new();
        for number in join(first).into_iter().chain(join(second)) {
            assert!(all.insert(number), "a number twice");
        }
        assert_eq!(all.len(), 2 * NUMBERS);
    });
}

#[test]
fn a_generator_is_kept_across_changes_of_thread() {
    let seen = Arc::new(Mutex::new(HashSet::new()));
    let all = seen.clone();
    goroutines(16, move |_| {
        let mut generator = rand::rng();
        let mut mine = Vec::new();
        for _ in 0..20 {
            mine.push(generator.random::<u64>());
            hop();
            mine.push(rand::random());
        }
        seen.lock().unwrap().extend(mine);
    });
    assert_eq!(all.lock().unwrap().len(), 16 * 40, "a number twice");
}

#[test]
fn maps_move_with_their_goroutine() {
    goroutines(16, |_| {
        for k in 0..20 {
            let mut map: HashMap<usize, usize> = (0..50).map(|i| (i, k)).collect();
            hop();
            map.extend((50..80).map(|i| (i, k)));
            assert!((0..80).all(|i| map[&i] == k));
        }
    });
}

#[test]
fn hashers_differ() {
    let seen = Arc::new(Mutex::new(HashSet::new()));
    let all = seen.clone();
    goroutines(30, move |_| {
        for _ in 0..5 {
            let hash = RandomState::new().hash_one(1);
            assert!(seen.lock().unwrap().insert(hash), "two hashers are alike");
            hop();
        }
    });
    assert_eq!(all.lock().unwrap().len(), 150);
}
