//! Chains that change hands.

use super::super::chain::{self, Chain};
use super::super::class::Class;
use super::super::depot::Depot;
use crate::switch::tests::world::run;
use std::alloc::{Layout, alloc, dealloc};
use std::collections::HashSet;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;

const SECOND: u64 = 1_000_000_000;

fn class(size: usize) -> Class {
    Class::of(Layout::from_size_align(size, 8).unwrap()).unwrap()
}

/// A chain of fresh blocks.
fn chain(class: Class) -> Chain {
    let mut head = null_mut();
    for _ in 0..class.chain() {
        // SAFETY: the layout has a size; the block is ours.
        unsafe {
            let block = alloc(class.layout());
            chain::set_next(block, head);
            head = block;
        }
    }
    // SAFETY: linked above, as many as a chain has.
    unsafe { Chain::new(NonNull::new(head).unwrap()) }
}

/// Frees the blocks of a chain; returns their addresses.
fn free(class: Class, chain: Chain) -> Vec<usize> {
    let mut addresses = Vec::new();
    let mut block = chain.into_head();
    while !block.is_null() {
        addresses.push(block.addr());
        // SAFETY: made by `chain`, read before it is freed.
        unsafe {
            let next = chain::next(block);
            dealloc(block, class.layout());
            block = next;
        }
    }
    assert_eq!(addresses.len(), class.chain() as usize);
    addresses
}

fn free_all(depot: &Depot) {
    for class in Class::all() {
        while let Some(chain) = depot.take(class) {
            free(class, chain);
        }
    }
    assert!(depot.is_empty());
}

#[test]
fn a_chain_comes_back_to_its_class() {
    let depot = Depot::new(usize::MAX);
    let classes = [16, 64, 1024].map(class);
    for class in classes {
        assert!(depot.take(class).is_none());
        for _ in 0..3 {
            depot.give(class, chain(class)).unwrap();
        }
    }
    assert!(!depot.is_empty());
    for class in classes {
        for _ in 0..3 {
            free(class, depot.take(class).unwrap());
        }
        assert!(depot.take(class).is_none());
    }
    assert!(depot.is_empty());
}

#[test]
fn it_keeps_no_more_bytes_than_its_limit() {
    let (small, large) = (class(16), class(1024));
    let depot = Depot::new(small.chain_bytes() + large.chain_bytes());
    depot.give(large, chain(large)).unwrap();
    depot.give(small, chain(small)).unwrap();
    let refused = depot.give(small, chain(small)).unwrap_err();
    free(small, refused);
    free(large, depot.take(large).unwrap());
    depot.give(small, chain(small)).expect("there is room now");
    free_all(&depot);
}

#[test]
fn chains_not_needed_for_a_second_are_given_up() {
    let depot = Depot::new(usize::MAX);
    let class = class(100);
    let given_up = |at: u64| {
        let mut count = 0;
        let bytes = depot.scavenge(at * SECOND, |class, chain| {
            free(class, chain);
            count += 1;
        });
        assert_eq!(bytes, count * class.chain_bytes());
        count
    };
    for _ in 0..100 {
        depot.give(class, chain(class)).unwrap();
    }
    assert_eq!(given_up(10), 0, "they have just come");
    for _ in 0..30 {
        free(class, depot.take(class).unwrap());
    }
    for _ in 0..30 {
        depot.give(class, chain(class)).unwrap();
    }
    assert_eq!(given_up(10), 0, "it is too soon");
    assert_eq!(given_up(11), 70, "thirty were needed meanwhile");
    assert_eq!(given_up(12), 30);
    assert!(depot.is_empty());
    assert_eq!(given_up(13), 0);
}

#[test]
fn a_lot_is_given_up_in_parts() {
    let depot = Depot::new(usize::MAX);
    let class = class(1024);
    let chains = (20 << 20) / class.chain_bytes();
    for _ in 0..chains {
        depot.give(class, chain(class)).unwrap();
    }
    let parts: Vec<usize> = (10..14)
        .map(|at| {
            depot.scavenge(at * SECOND, |class, chain| {
                free(class, chain);
            })
        })
        .collect();
    assert_eq!(parts[0], 0);
    assert!(parts[1] > 0 && parts[1] < 20 << 20, "{parts:?}");
    assert_eq!(parts.iter().sum::<usize>(), 20 << 20);
    assert!(depot.is_empty());
}

#[test]
fn no_chain_is_lost_or_given_twice() {
    let depot = Depot::new(1 << 20);
    let stop = AtomicBool::new(false);
    let all: Vec<Class> = [16, 64, 128, 1024].map(class).to_vec();
    let next = |random: &mut u32| {
        *random ^= *random << 13;
        *random ^= *random >> 17;
        *random ^= *random << 5;
        *random as usize
    };
    std::thread::scope(|scope| {
        for seed in 1..=3u32 {
            let (depot, all) = (&depot, &all);
            scope.spawn(move || {
                let mut random = seed.wrapping_mul(0x9e37_79b9);
                let mut mine: Vec<(Class, Chain)> = Vec::new();
                for _ in 0..20_000 {
                    let class = all[next(&mut random) % all.len()];
                    match next(&mut random) % 4 {
                        0 | 1 => match depot.take(class) {
                            Some(chain) => mine.push((class, chain)),
                            None => mine.push((class, chain(class))),
                        },
                        _ => {
                            if let Some((class, chain)) = mine.pop()
                                && let Err(chain) = depot.give(class, chain)
                            {
                                free(class, chain);
                            }
                        }
                    }
                }
                // A block in two chains would be freed twice, which the allocator below notices.
                let mut seen = HashSet::new();
                for (class, chain) in mine {
                    for block in free(class, chain) {
                        assert!(seen.insert(block));
                    }
                }
            });
        }
        let (depot, stop) = (&depot, &stop);
        let scavenger = scope.spawn(move || {
            let (mut at, mut bytes) = (1, 0);
            while !stop.load(SeqCst) {
                at += 1;
                bytes += depot.scavenge(at * SECOND, |class, chain| {
                    free(class, chain);
                });
                std::thread::yield_now();
            }
            bytes
        });
        depot.give(all[0], chain(all[0])).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(50));
        stop.store(true, SeqCst);
        scavenger.join().unwrap();
    });
    free_all(&depot);
}

#[test]
fn bursts_wander_between_carriers_while_unused_blocks_are_given_up() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let scavenger = std::thread::spawn(|| {
        let mut at = 1 << 40;
        while !STOP.load(SeqCst) {
            at += 2 * SECOND;
            super::super::scavenge(at);
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    });
    // Made on one carrier, freed on the other, more than both caches hold, both ways.
    let (to_0, from_1) = mpsc::sync_channel::<Vec<Box<[usize; 12]>>>(2);
    let (to_1, from_0) = mpsc::sync_channel::<Vec<Box<[usize; 12]>>>(2);
    let burst = |tag: usize| (0..3_000).map(|i| Box::new([tag + i; 12])).collect();
    let check = |tag: usize, burst: Vec<Box<[usize; 12]>>| {
        for (i, block) in burst.into_iter().enumerate() {
            assert_eq!(*block, [tag + i; 12]);
        }
    };
    run(2, |world| {
        world.go_on(0, move || {
            for round in 0..30 {
                to_1.send(burst(round)).unwrap();
                check(round + 7, from_1.recv().unwrap());
            }
        });
        world.go_on(1, move || {
            for round in 0..30 {
                to_0.send(burst(round + 7)).unwrap();
                check(round, from_0.recv().unwrap());
            }
        });
    });
    STOP.store(true, SeqCst);
    scavenger.join().unwrap();
}
