//! What each word of a thread's block means, found by comparing two pristine threads.
//!
//! No offset of libc is known here. A word that both threads share is a constant; every word that
//! differs must be explained by something the two threads differ in. One word that cannot be
//! explained, and the layout is not understood.

use std::fmt;
use std::ops::Range;

/// The meaning of one word of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Word {
    /// The same in every thread.
    Constant(usize),
    /// Points into the thread's own block, so far from the thread pointer.
    Own(isize),
    /// Points to the dtv.
    Dtv,
    /// Where the thread's stack begins.
    StackLow,
    /// Its size in bytes.
    StackSize,
    /// The kernel's thread id, in the lower half.
    TidLow {
        /// What the other half holds.
        high: u32,
    },
    /// The kernel's thread id, in the upper half.
    TidHigh {
        /// What the other half holds.
        low: u32,
    },
}

/// One pristine thread, as it was found.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Its thread pointer.
    pub(super) tp: usize,
    /// Its kernel id.
    pub(super) tid: u32,
    /// Its stack, block included.
    pub(super) stack: Range<usize>,
    /// The argument its function got.
    pub(super) argument: usize,
    /// Its dtv, which is not part of the block.
    pub(super) dtv: usize,
    /// The words of the block, from the first thread-local to the end of the stack.
    pub(super) words: Vec<usize>,
}

impl Sample {
    /// Where the block begins.
    fn start(&self) -> usize {
        self.stack.end - self.words.len() * size_of::<usize>()
    }

    /// The offset from the thread pointer, if `value` points into the block.
    fn own(&self, value: usize) -> Option<isize> {
        let inside = (self.start()..self.stack.end).contains(&value);
        inside.then(|| value.wrapping_sub(self.tp) as isize)
    }

    /// The distance from the stack's end, if `value` points into the stack below the block.
    fn frame(&self, value: usize) -> Option<usize> {
        let inside = self.stack.start < value && value < self.start();
        inside.then(|| self.stack.end - value)
    }
}

/// Something that is not understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Oddity(pub(super) String);

/// What was understood, a line each.
#[derive(Debug, Default)]
pub(in super::super) struct Report(pub(super) Vec<String>);

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl Report {
    fn word(&mut self, offset: isize, meaning: impl fmt::Display) {
        self.0.push(format!("tp{offset:+}: {meaning}"));
    }
}

/// Explains every word of the block of `b` in the light of `a`.
///
/// `rseq` is the area of restartable sequences (offset from the thread pointer, bytes);
/// `is_node(address)` tells whether a node of a doubly linked list is there.
pub(super) fn explain(
    a: &Sample,
    b: &Sample,
    rseq: Option<(isize, usize)>,
    mut is_node: impl FnMut(usize) -> bool,
    report: &mut Report,
) -> Result<Vec<Word>, Oddity> {
    if a.words.len() != b.words.len()
        || a.start().wrapping_sub(a.tp) != b.start().wrapping_sub(b.tp)
    {
        return Err(Oddity("the blocks of two threads differ in size".into()));
    }
    let first = b.start().wrapping_sub(b.tp) as isize;
    let offset_of = |index: usize| first + (index * size_of::<usize>()) as isize;
    let mut words = Vec::with_capacity(b.words.len());
    while words.len() < b.words.len() {
        let index = words.len();
        let offset = offset_of(index);
        if in_area(rseq, offset) {
            words.push(rseq_word(rseq, offset));
        } else if let Some(word) = explain_word(a, b, index) {
            if !matches!(word, Word::Constant(_)) {
                report.word(offset, format_args!("{word:?}"));
            }
            words.push(word);
        } else if index + 1 < b.words.len() && is_node(b.start() + index * size_of::<usize>()) {
            report.word(
                offset,
                "node of libc's list of threads, linked to itself here",
            );
            words.extend([Word::Own(offset), Word::Own(offset)]);
        } else {
            let (x, y) = (a.words[index], b.words[index]);
            return Err(Oddity(format!(
                "the word at tp{offset:+} is {x:#x} in one thread, {y:#x} in another"
            )));
        }
    }
    if let Some((offset, size)) = rseq {
        report.word(
            offset,
            format_args!("{size} bytes of rseq, marked as not registered"),
        );
    }
    once(&words, "thread id", |w| {
        matches!(w, Word::TidLow { .. } | Word::TidHigh { .. })
    })?;
    once(&words, "stack address", |w| *w == Word::StackLow)?;
    once(&words, "stack size", |w| *w == Word::StackSize)?;
    once(&words, "dtv", |w| *w == Word::Dtv)?;
    Ok(words)
}

/// A word that can be explained by itself.
fn explain_word(a: &Sample, b: &Sample, index: usize) -> Option<Word> {
    let (x, y) = (a.words[index], b.words[index]);
    let both = |in_a: usize, in_b: usize| x == in_a && y == in_b;
    if x == y {
        return Some(Word::Constant(x));
    }
    if both(a.dtv, b.dtv) {
        return Some(Word::Dtv);
    }
    if both(a.stack.start, b.stack.start) {
        return Some(Word::StackLow);
    }
    if both(a.stack.len(), b.stack.len()) {
        return Some(Word::StackSize);
    }
    if both(a.argument, b.argument) {
        return Some(Word::Constant(0));
    }
    if let (Some(i), Some(j)) = (a.own(x), b.own(y)) {
        return (i == j).then_some(Word::Own(i));
    }
    // Where a cancelled or exiting thread would jump to. A goroutine does neither.
    if let (Some(i), Some(j)) = (a.frame(x), b.frame(y)) {
        return (i == j).then_some(Word::Constant(0));
    }
    let halves = |word: usize| (word as u32, (word >> 32) as u32);
    let ((low_a, high_a), (low_b, high_b)) = (halves(x), halves(y));
    if (low_a, low_b) == (a.tid, b.tid) && high_a == high_b {
        return Some(Word::TidLow { high: high_b });
    }
    if (high_a, high_b) == (a.tid, b.tid) && low_a == low_b {
        return Some(Word::TidHigh { low: low_b });
    }
    None
}

fn in_area(area: Option<(isize, usize)>, offset: isize) -> bool {
    area.is_some_and(|(start, size)| offset >= start && offset < start + size as isize)
}

/// The kernel writes to the area of the OS thread, never to a goroutine's. So it says: registration
/// failed, ask the kernel. `cpu_id`, the upper half of the first word, is -2 for that.
fn rseq_word(area: Option<(isize, usize)>, offset: isize) -> Word {
    let first = area.is_some_and(|(start, _)| start == offset);
    let failed = (-2i32) as u32 as usize;
    Word::Constant(if first { failed << 32 } else { 0 })
}

fn once(words: &[Word], what: &str, is: impl Fn(&Word) -> bool) -> Result<(), Oddity> {
    match words.iter().filter(|word| is(word)).count() {
        1 => Ok(()),
        n => Err(Oddity(format!("{n} words hold the {what}, not one"))),
    }
}
