//! Everything at once, on goroutines and threads, with limits that are reached and some that are not.

use crate::on;
use gompa_sched::{go, gosched};
use gompa_sync::{Map, Mutex, Pool, RwLock, Semaphore, WaitGroup};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

struct World {
    mutex: Mutex<(u64, u64)>,
    lock: RwLock<(u64, u64)>,
    semaphore: Semaphore,
    map: Map<u64, u64>,
    pool: Pool<Vec<u64>>,
    group: WaitGroup,
}

/// One who uses all of it.
fn user(world: &World, seed: u64) {
    let mut random = seed * 2 + 1;
    for _ in 0..300 {
        random = random
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        let dice = random >> 33;
        let briefly = Duration::from_micros(dice % 200);
        match dice % 11 {
            0 | 1 => {
                let mut pair = world.mutex.lock();
                pair.0 += 1;
                if dice.is_multiple_of(3) {
                    gosched();
                }
                pair.1 += 1;
            }
            2 => {
                if let Some(mut pair) = world.mutex.lock_timeout(briefly) {
                    pair.0 += 1;
                    pair.1 += 1;
                }
            }
            3 => {
                let mut pair = world.lock.write();
                pair.0 += 1;
                if dice.is_multiple_of(3) {
                    gosched();
                }
                pair.1 += 1;
            }
            4 => {
                if let Some(mut pair) = world.lock.write_timeout(briefly) {
                    pair.0 += 1;
                    pair.1 += 1;
                }
            }
            5 => {
                let pair = world.lock.read();
                if dice.is_multiple_of(3) {
                    gosched();
                }
                assert_eq!(pair.0, pair.1);
            }
            6 => {
                if let Some(pair) = world.lock.read_timeout(briefly) {
                    assert_eq!(pair.0, pair.1);
                }
            }
            7 => {
                let k = dice as usize % 3 + 1;
                if dice.is_multiple_of(2) || world.semaphore.acquire_timeout(k, briefly) {
                    if dice.is_multiple_of(2) {
                        world.semaphore.acquire(k);
                    }
                    gosched();
                    world.semaphore.release(k);
                }
            }
            8 => {
                let mut list = world.pool.get();
                assert!(list.is_empty());
                list.push(dice);
                list.clear();
                world.pool.put(list);
            }
            _ => {
                let key = dice % 50;
                match dice % 4 {
                    0 => world.map.store(key, key),
                    1 => world.map.delete(&key),
                    _ => assert_eq!(world.map.load(&key).unwrap_or(key), key),
                }
            }
        }
    }
    world.group.done();
}

#[test]
fn all_at_once() {
    let world = Arc::new(World {
        mutex: Mutex::new((0, 0)),
        lock: RwLock::new((0, 0)),
        semaphore: Semaphore::new(3),
        map: Map::new(),
        pool: Pool::new(Vec::new),
        group: WaitGroup::new(),
    });
    const THREADS: u64 = 2;
    const GOROUTINES: u64 = 60;
    world.group.add(THREADS + GOROUTINES);
    let threads: Vec<_> = (0..THREADS)
        .map(|i| {
            let world = world.clone();
            thread::spawn(move || user(&world, i))
        })
        .collect();
    {
        let world = world.clone();
        on(2, move || {
            for i in 0..GOROUTINES {
                let world = world.clone();
                drop(go(move || user(&world, THREADS + i)));
            }
            world.group.wait();
        });
    }
    for thread in threads {
        thread.join().unwrap();
    }
    let (a, b) = (*world.mutex.lock(), *world.lock.read());
    assert!(a.0 == a.1 && b.0 == b.1);
    assert_eq!(world.semaphore.available(), 3);
    assert!(world.mutex.try_lock().is_some() && world.lock.try_write().is_some());
}
