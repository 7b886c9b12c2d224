//! Explaining made-up threads.

use super::explain::{Oddity, Report, Sample, Word, explain};
use super::modules::modules;
use crate::switch::own_thread_locals;

/// Bytes of a made-up block, those below the thread pointer among them.
const BLOCK: usize = 160;
const BELOW: usize = 32;

/// Indices of its words.
const DTV: usize = 5;
const LOW: usize = 6;
const SIZE: usize = 7;
const TID: usize = 8;
const FREE: usize = 9;

/// A thread with a stack at `low`, as a simple libc would lay it out.
fn thread(low: usize, size: usize, tid: u32) -> Sample {
    let end = low + size;
    let tp = end - BLOCK + BELOW;
    let mut words = vec![0; BLOCK / 8];
    words[0] = 42; // an initialised thread-local
    words[4] = tp;
    words[DTV] = low / 2;
    words[LOW] = low;
    words[SIZE] = size;
    words[TID] = tid as usize;
    Sample {
        tp,
        tid,
        stack: low..end,
        argument: low / 4,
        dtv: low / 2,
        words,
    }
}

fn two() -> [Sample; 2] {
    [thread(0x10_0000, 0x4000, 77), thread(0x20_0000, 0x5000, 78)]
}

fn explained(threads: &[Sample; 2]) -> Result<Vec<Word>, Oddity> {
    explain(
        &threads[0],
        &threads[1],
        None,
        |_| false,
        &mut Report::default(),
    )
}

/// The meaning of the free word if the two threads have these values there.
fn meaning(values: impl Fn(&Sample) -> usize) -> Result<Word, Oddity> {
    let mut threads = two();
    for thread in &mut threads {
        thread.words[FREE] = values(thread);
    }
    explained(&threads).map(|words| words[FREE])
}

#[test]
fn the_simple_thread_is_understood() {
    let words = explained(&two()).unwrap();
    assert_eq!(words[0], Word::Constant(42));
    assert_eq!(words[4], Word::Own(0));
    assert_eq!(words[DTV], Word::Dtv);
    assert_eq!(words[LOW], Word::StackLow);
    assert_eq!(words[SIZE], Word::StackSize);
    assert_eq!(words[TID], Word::TidLow { high: 0 });
    assert_eq!(words[FREE], Word::Constant(0));
}

#[test]
fn pointers_are_told_apart() {
    assert_eq!(meaning(|t| t.tp + 24), Ok(Word::Own(24)));
    assert_eq!(meaning(|t| t.tp - 24), Ok(Word::Own(-24)));
    // Into the frames of the function that started the thread, and its argument.
    assert_eq!(meaning(|t| t.stack.end - 1000), Ok(Word::Constant(0)));
    assert_eq!(meaning(|t| t.argument), Ok(Word::Constant(0)));
    assert_eq!(meaning(|_| 0x7777), Ok(Word::Constant(0x7777)));
}

#[test]
fn the_upper_half_may_hold_the_thread_id() {
    let mut threads = two();
    for thread in &mut threads {
        thread.words[TID] = ((thread.tid as usize) << 32) | 5;
    }
    assert_eq!(explained(&threads).unwrap()[TID], Word::TidHigh { low: 5 });
}

#[test]
fn what_differs_without_a_reason_is_odd() {
    assert!(meaning(|t| t.tid as usize * 1000).is_err());
    assert!(
        meaning(|t| t.tp + t.tid as usize * 8 % 128).is_err(),
        "different places"
    );
    assert!(
        meaning(|t| t.stack.end - 8 * t.tid as usize).is_err(),
        "different frames"
    );
    assert!(meaning(|t| t.stack.end).is_err(), "beyond the stack");
    assert!(
        meaning(|t| ((t.tid as usize) << 32) | (t.tid as usize * 3)).is_err(),
        "the other half"
    );
}

#[test]
fn each_special_word_is_there_once() {
    assert!(meaning(|t| t.tid as usize).is_err(), "two ids");
    assert!(meaning(|t| t.stack.start).is_err(), "two stack addresses");
    for index in [DTV, LOW, SIZE, TID] {
        let mut threads = two();
        for thread in &mut threads {
            thread.words[index] = 0;
        }
        assert!(explained(&threads).is_err(), "word {index} is missing");
    }
}

#[test]
fn a_list_node_is_linked_to_itself() {
    let mut threads = two();
    for thread in &mut threads {
        thread.words[FREE] = thread.tid as usize * 4096;
        thread.words[FREE + 1] = thread.tid as usize * 8192;
    }
    let node = threads[1].stack.end - BLOCK + FREE * 8;
    let [a, b] = &threads;
    let words = explain(a, b, None, |at| at == node, &mut Report::default()).unwrap();
    let offset = (FREE * 8 - BELOW) as isize;
    assert_eq!(words[FREE..FREE + 2], [Word::Own(offset); 2]);
    assert!(explained(&threads).is_err(), "without the list");
}

#[test]
fn rseq_is_marked_as_not_registered() {
    // Below the thread-locals, as newer versions of libc have it, or in the control block.
    for offset in [-32, 64] {
        let mut threads = two();
        for thread in &mut threads {
            let index = (BELOW as isize + offset) as usize / 8;
            thread.words[index] = thread.tid as usize; // the processor
        }
        let [a, b] = &threads;
        let rseq = Some((offset, 32));
        let words = explain(a, b, rseq, |_| false, &mut Report::default()).unwrap();
        let index = (BELOW as isize + offset) as usize / 8;
        assert_eq!(words[index], Word::Constant(0xffff_fffe_0000_0000));
        assert_eq!(words[index + 1..index + 4], [Word::Constant(0); 3]);
    }
}

#[test]
fn blocks_of_different_sizes_are_odd() {
    let mut threads = two();
    threads[0].words.remove(0);
    assert!(explained(&threads).is_err());
}

#[test]
fn beside_the_thread_locals_little_is_needed() {
    let layout = own_thread_locals().expect("this machine supports it");
    let thread_locals: usize = modules().iter().map(|m| m.size + m.align).sum();
    // So that block and frames of a small goroutine fit a page: the control block has 2368 bytes.
    assert!(layout.bytes() < thread_locals + 2700, "{}", layout.report());
}
