//! Whatever goroutines and threads do with blocks, each keeps what was written into it.

use crate::switch::tests::world::{hop, run, run_one};
use proptest::collection::vec;
use proptest::prelude::*;
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::sync::{Arc, Mutex};

/// A block filled with one value.
struct Filled {
    start: *mut u8,
    layout: Layout,
    value: u8,
}

// SAFETY: it owns its block.
unsafe impl Send for Filled {}

impl Filled {
    fn new(size: usize, align: usize, value: u8, zeroed: bool) -> Filled {
        let layout = Layout::from_size_align(size, align).unwrap();
        // SAFETY: sizes are not zero.
        let start = unsafe {
            if zeroed {
                alloc_zeroed(layout)
            } else {
                alloc(layout)
            }
        };
        assert_eq!(start.addr() % align, 0);
        let mut new = Filled {
            start,
            layout,
            value: 0,
        };
        if zeroed {
            new.check(size);
        }
        new.fill(value);
        new
    }

    /// Writes all of it.
    fn fill(&mut self, value: u8) {
        // SAFETY: so many bytes are ours.
        unsafe { self.start.write_bytes(value, self.layout.size()) };
        self.value = value;
    }

    /// The first bytes are what was written.
    fn check(&self, bytes: usize) {
        // SAFETY: so many bytes are ours, and have been written.
        let bytes = unsafe { std::slice::from_raw_parts(self.start, bytes) };
        assert!(bytes.iter().all(|byte| *byte == self.value));
    }

    fn resize(&mut self, size: usize) {
        let kept = self.layout.size().min(size);
        // SAFETY: the block is of this layout; the new size is not zero.
        self.start = unsafe { realloc(self.start, self.layout, size) };
        self.layout = Layout::from_size_align(size, self.layout.align()).unwrap();
        self.check(kept);
        self.fill(self.value);
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        self.check(self.layout.size());
        // SAFETY: the block is of this layout.
        unsafe { dealloc(self.start, self.layout) };
    }
}

/// One thing a goroutine does with its blocks.
#[derive(Clone, Debug)]
enum Step {
    Allocate {
        size: usize,
        align: usize,
        zeroed: bool,
    },
    Free(prop::sample::Index),
    Resize(prop::sample::Index, usize),
    /// To the other carrier.
    Hop,
    /// Leave a block for the others, take one of theirs.
    Trade(prop::sample::Index),
    /// Have an OS thread free a block.
    FreeElsewhere(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![8 => 1..1100usize, 1 => 1000..10_000usize];
    let align = prop_oneof![8 => Just(8usize), 1 => prop::sample::select(vec![1, 16, 32, 256])];
    prop_oneof![
        6 => (size.clone(), align, any::<bool>())
            .prop_map(|(size, align, zeroed)| Step::Allocate { size, align, zeroed }),
        4 => any::<prop::sample::Index>().prop_map(Step::Free),
        2 => (any::<prop::sample::Index>(), size).prop_map(|(i, size)| Step::Resize(i, size)),
        2 => Just(Step::Hop),
        2 => any::<prop::sample::Index>().prop_map(Step::Trade),
        1 => any::<prop::sample::Index>().prop_map(Step::FreeElsewhere),
    ]
}

/// Blocks left by some for others.
type Market = Mutex<Vec<Filled>>;

fn carry_out(steps: Vec<Step>, tag: u8, market: &Market) {
    let mut blocks = Vec::new();
    for step in steps {
        match step {
            Step::Allocate {
                size,
                align,
                zeroed,
            } => {
                blocks.push(Filled::new(size, align, tag, zeroed));
            }
            Step::Hop => hop(),
            _ if blocks.is_empty() => {}
            Step::Free(index) => drop(blocks.swap_remove(index.index(blocks.len()))),
            Step::Resize(index, size) => index.get_mut(&mut blocks).resize(size),
            Step::Trade(index) => {
                let mine = blocks.swap_remove(index.index(blocks.len()));
                let mut market = market.lock().unwrap();
                let theirs = market.pop();
                market.push(mine);
                drop(market);
                blocks.extend(theirs);
            }
            Step::FreeElsewhere(index) => {
                let block = blocks.swap_remove(index.index(blocks.len()));
                std::thread::spawn(move || drop(block)).join().unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn blocks_keep_what_is_written(all in vec(vec(step(), 0..120), 1..6)) {
        let market = Arc::new(Market::default());
        run(2, |world| {
            for (i, steps) in all.into_iter().enumerate() {
                let market = Arc::clone(&market);
                world.go_on(i % 2, move || carry_out(steps, i as u8 + 1, &market));
            }
        });
    }
}

#[test]
fn many_goroutines_allocate_and_move() {
    run(2, |world| {
        for i in 0..100u32 {
            world.go_on(i as usize % 2, move || {
                let mut blocks: Vec<Filled> = Vec::new();
                let mut random = i.wrapping_mul(0x9e37_79b9) | 1;
                for k in 0..600 {
                    random ^= random << 13;
                    random ^= random >> 17;
                    random ^= random << 5;
                    let size = 1 + (random >> 8) as usize % 1200;
                    blocks.push(Filled::new(size, 8, i as u8, false));
                    if blocks.len() > 40 {
                        blocks.swap_remove(random as usize % blocks.len());
                    }
                    if k % 20 == 19 {
                        hop();
                    }
                }
            });
        }
    });
}

#[test]
fn one_makes_and_another_frees() {
    // All blocks wander from one carrier's cache to the other's; the lists overflow and run dry.
    let (tx, rx) = std::sync::mpsc::sync_channel(100);
    run(2, |world| {
        world.go_on(0, move || {
            for i in 0..20_000usize {
                tx.send(Box::new([i; 8])).unwrap();
            }
        });
        world.go_on(1, move || {
            for (i, block) in rx.into_iter().enumerate() {
                assert_eq!(*block, [i; 8]);
            }
        });
    });
    run_one(|| drop(vec![Box::new(1); 1000]));
}
