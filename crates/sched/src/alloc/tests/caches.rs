//! The cache of a carrier.

use super::super::class::Class;
use super::super::depot::Depot;
use super::super::{Allocator, Front, is_installed};
use crate::switch::carrier::{current, posing};
use crate::switch::tests::world::{hop, move_to, run, run_one};
use crate::switch::{Carrier, own_thread_locals};
use std::alloc::{GlobalAlloc, Layout, System, alloc, alloc_zeroed, dealloc, realloc};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

/// A class nobody else in this crate asks for.
fn odd_class() -> (Class, Layout) {
    let layout = Layout::new::<[u8; 1009]>();
    (Class::of(layout).unwrap(), layout)
}

#[test]
fn a_cache_keeps_two_chains_and_hands_out_the_rest() {
    let front = Front::new();
    let depot = Depot::new(0);
    let (class, _) = odd_class();
    let chain = class.chain() as usize;
    let mut blocks = vec![[0u128; 64]; 4 * chain];
    let mut blocks = blocks.iter_mut().map(|block| block.as_mut_ptr().cast());
    let mut fill = |front: &Front| {
        let put: Vec<*mut u8> = blocks.by_ref().take(chain).collect();
        for block in &put {
            // SAFETY: large enough for the class, and nobody uses it until it is taken out again.
            assert!(unsafe { front.put(class, *block) });
        }
        put
    };
    let empty = |front: &Front| std::iter::from_fn(|| front.take(class)).collect::<Vec<_>>();
    let reversed = |blocks: &[*mut u8]| blocks.iter().rev().copied().collect::<Vec<_>>();

    let first = fill(&front);
    // SAFETY: as above; it is refused.
    assert!(!unsafe { front.put(class, first[0]) }, "the chain is whole");
    assert!(front.set_aside(class).is_none(), "it becomes the spare one");
    let second = fill(&front);
    let out = front.set_aside(class).expect("the first has no place now");
    assert_eq!(out.into_head(), *first.last().unwrap());
    let third = fill(&front);
    assert_eq!(empty(&front), reversed(&third), "the last one first");
    assert!(front.restock(class, &depot), "the spare one");
    assert_eq!(empty(&front), reversed(&second));
    assert!(!front.restock(class, &depot), "nothing is left");
    assert_eq!(fill(&front).len(), chain, "an empty chain has its room");
}

#[test]
fn the_global_allocator_is_found() {
    own_thread_locals().expect("this machine supports it");
    assert!(is_installed());
}

#[test]
fn a_freed_block_is_the_next_one_given() {
    run_one(|| {
        let (_, layout) = odd_class();
        // SAFETY: the layout has a size; each block is freed once.
        unsafe {
            let first = black_box(alloc(layout));
            dealloc(first, layout);
            let second = black_box(alloc(layout));
            assert_eq!(first, second);
            dealloc(second, layout);
        }
    });
}

#[test]
fn flushing_empties_the_cache() {
    own_thread_locals().expect("this machine supports it");
    let carrier = Carrier::new_for_this_thread();
    let (class, layout) = odd_class();
    posing(&carrier, || {
        // SAFETY: the layout has a size; the block is freed once.
        unsafe { dealloc(black_box(alloc(layout)), layout) };
    });
    let kept = carrier.front().take(class).expect("a block in the cache");
    // SAFETY: it is a block of that class, as it was.
    assert!(unsafe { carrier.front().put(class, kept) });
    carrier.flush();
    for class in Class::all() {
        assert!(carrier.front().take(class).is_none());
    }
}

#[test]
fn a_block_may_be_freed_by_anybody() {
    let blocks = |n: usize| (0..n).map(|i| vec![i as u8; i + 1]).collect::<Vec<_>>();
    let check = |blocks: Vec<Vec<u8>>| {
        for (i, block) in blocks.into_iter().enumerate() {
            assert_eq!(block, vec![i as u8; i + 1]);
        }
    };
    run_one(move || {
        let from_here = blocks(1100);
        move_to(1);
        check(from_here);
        let from_here = blocks(1100);
        let from_there = std::thread::spawn(move || {
            check(from_here);
            blocks(1100)
        });
        check(from_there.join().unwrap());
    });
}

#[test]
fn zeroed_means_zeroed() {
    run_one(|| {
        for size in [1, 64, 1000, 1024, 1025, 100_000] {
            let layout = Layout::from_size_align(size, 8).unwrap();
            for _ in 0..3 {
                // SAFETY: the layout has a size; the block is as long, and freed once.
                unsafe {
                    let block = black_box(alloc_zeroed(layout));
                    let bytes = std::slice::from_raw_parts_mut(block, size);
                    assert!(bytes.iter().all(|byte| *byte == 0));
                    bytes.fill(0xa5);
                    dealloc(block, layout);
                }
            }
        }
    });
}

#[test]
fn a_block_grows_and_shrinks() {
    run(2, |world| {
        world.go_on(0, || {
            for align in [1, 16, 64] {
                let mut layout = Layout::from_size_align(1, align).unwrap();
                // SAFETY: sizes are not zero; the block has the layout's size.
                unsafe {
                    let mut block = alloc(layout);
                    block.write(7);
                    for size in (1..1100).step_by(37).chain((1..5000).rev().step_by(113)) {
                        block = realloc(block, layout, size);
                        layout = Layout::from_size_align(size, align).unwrap();
                        assert_eq!(block.addr() % align, 0);
                        assert_eq!(*block, 7);
                        block.add(size - 1).write(7);
                        hop();
                    }
                    dealloc(block, layout);
                }
            }
        });
    });
}

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

/// Counts its calls in a thread-local, as an allocator keeps its caches there.
struct PerThread;

static BLOCKS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: System's.
unsafe impl GlobalAlloc for PerThread {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        assert!(current().is_null(), "on a goroutine's thread-locals");
        CALLS.set(CALLS.get() + 1);
        BLOCKS.fetch_add(1, SeqCst);
        // SAFETY: the caller's duties.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        assert!(current().is_null(), "on a goroutine's thread-locals");
        BLOCKS.fetch_sub(1, SeqCst);
        // SAFETY: the caller's duties.
        unsafe { System.dealloc(block, layout) }
    }
}

#[test]
fn another_allocator_works_without_a_cache_on_the_carrier() {
    static OTHER: Allocator<PerThread> = Allocator::over(PerThread);
    run_one(|| {
        for size in [1, 100, 1024, 5000] {
            let layout = Layout::from_size_align(size, 8).unwrap();
            // SAFETY: the layout has a size; the block has it, and is freed once.
            unsafe {
                let block = OTHER.alloc(layout);
                block.write_bytes(1, size);
                move_to(1);
                let bigger = OTHER.realloc(block, layout, size + 1000);
                OTHER.dealloc(bigger, Layout::from_size_align(size + 1000, 8).unwrap());
            }
        }
        assert_eq!(CALLS.get(), 0);
    });
    assert_eq!(BLOCKS.load(SeqCst), 0, "nothing is kept");
}
