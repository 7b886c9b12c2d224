//! The block as it is written.

use super::super::own_thread_locals;
use super::world::{Stack, fresh_tid};

fn block_words(low: usize, top: usize) -> Vec<usize> {
    // SAFETY: within a stack of the test.
    unsafe { std::slice::from_raw_parts(low as *const usize, (top - low) / 8) }.to_vec()
}

#[test]
fn a_block_is_at_the_top_and_points_into_itself() {
    let layout = own_thread_locals().expect("this machine supports it");
    let stack = Stack::new();
    // SAFETY: a fresh stack, a fresh id.
    let block = unsafe { layout.write(stack.top(), stack.low(), fresh_tid()) };
    assert!(block.fs < stack.top() && block.stack_top < block.fs);
    assert!(stack.top() - block.stack_top <= layout.bytes());
    assert_eq!(block.stack_top % 16, 0);
    assert_eq!(block.fs % 64, 0);
    let words = block_words(block.fs, block.fs + 24);
    assert_eq!(words[0], block.fs, "fs:0");
    assert_eq!(words[1], block.stack_top + 16, "fs:8, the dtv");
}

#[test]
fn a_block_written_again_is_as_new() {
    let layout = own_thread_locals().expect("this machine supports it");
    let stack = Stack::new();
    let tid = fresh_tid();
    // SAFETY: a fresh stack, a fresh id; nobody runs on it.
    let block = unsafe { layout.write(stack.top(), stack.low(), tid) };
    let new = block_words(block.stack_top, stack.top());
    // SAFETY: as above: scribble over all of it, then write it again.
    unsafe {
        (block.stack_top as *mut u8).write_bytes(0xa5, stack.top() - block.stack_top);
        assert_eq!(layout.write(stack.top(), stack.low(), tid), block);
    }
    let again = block_words(block.stack_top, stack.top());
    assert_eq!(new, again);
}
