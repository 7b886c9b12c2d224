//! The block of a goroutine: what is written at the top of its stack so that compiler, std and
//! libc take it for a thread.
//!
//! ```text
//!   top   ┌──────────────────────────┐
//!         │ thread control block     │  libc's; what libc knows of a thread
//!   fs ─> ├──────────────────────────┤  the thread pointer, a multiple of the alignment
//!         │ static thread-locals     │  of executable and libraries
//!         ├──────────────────────────┤
//!         │ dtv                      │  the loader's table of modules, as short as it may be
//!         ├──────────────────────────┤  stack_top, a multiple of 16
//!         │ frames                   │
//!   low   └──────────────────────────┘
//! ```
//!
//! The order is libc's own, except that libc keeps dtvs in its heap and leaves room below the
//! thread-locals for libraries loaded later (the *surplus*), which would cost each goroutine a
//! second page: see [`super::surplus`].

use super::carrier;
use super::image::Image;
use super::learn::explain::{Report, Word};
use super::learn::{Learnt, learn};
use super::unsupported::Unsupported;
use crate::alloc::{Global, global};
use std::arch::asm;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::OnceLock;

/// The layout of goroutines' blocks in this process.
#[derive(Debug)]
pub(crate) struct Layout {
    /// What is written.
    image: Image,
    /// The word with the thread id, and how far it is shifted there.
    tid: (usize, u32),
    /// The word with the lowest address of the stack.
    stack_low: usize,
    /// The word with the stack's size.
    stack_size: usize,
    /// Bytes of the block below the thread pointer; a multiple of 16.
    below: usize,
    /// Bytes from there to its end.
    above: usize,
    /// Alignment of the thread pointer.
    align: usize,
    /// How all this was found out.
    report: Report,
}

/// A block in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The FS base for code that runs on it.
    pub(crate) fs: usize,
    /// Where its stack's frames begin, downwards; a multiple of 16.
    pub(crate) stack_top: usize,
    /// The lowest address of the stack. Never 0, so that "no block" needs no word of its own.
    low: NonZeroUsize,
}

impl Layout {
    /// Assembles what was learnt.
    pub(super) fn new(learnt: Learnt) -> Layout {
        let words = [&*learnt.dtv, &*learnt.words].concat();
        let below = learnt.below + learnt.dtv.len() * size_of::<usize>();
        // The pointer to a dtv is to its generation, after the number of slots.
        let dtv = 16 - below as isize;
        let position = |is: fn(&Word) -> bool| {
            let found = words.iter().position(is);
            found.expect("explained words hold each special one once")
        };
        let tid = position(|w| matches!(w, Word::TidLow { .. } | Word::TidHigh { .. }));
        let shift = if matches!(words[tid], Word::TidLow { .. }) {
            0
        } else {
            32
        };
        let mask = |word: &Word| {
            if matches!(word, Word::Own(_) | Word::Dtv) {
                usize::MAX
            } else {
                0
            }
        };
        let pairs = words.iter().map(|word| (image_of(*word, dtv), mask(word)));
        Layout {
            image: Image::new(pairs),
            tid: (tid, shift),
            stack_low: position(|w| *w == Word::StackLow),
            stack_size: position(|w| *w == Word::StackSize),
            below,
            above: learnt.words.len() * size_of::<usize>() - learnt.below,
            align: learnt.align,
            report: learnt.report,
        }
    }

    /// Bytes needed at the top of a stack, at most.
    pub(crate) fn bytes(&self) -> usize {
        self.below + self.above + self.align - size_of::<usize>()
    }

    /// What was found out about this process.
    pub(crate) fn report(&self) -> &impl fmt::Display {
        &self.report
    }

    /// The stack that the block at `fs` says it lies on.
    ///
    /// # Safety
    /// 1. There is a block at `fs`.
    pub(super) unsafe fn stack_of(&self, fs: usize) -> Range<usize> {
        let block = (fs - self.below) as *const usize;
        // SAFETY: (1); both words are within the block.
        let (low, size) = unsafe { (*block.add(self.stack_low), *block.add(self.stack_size)) };
        low..low + size
    }

    /// Bytes of static thread-locals, the dtv included.
    pub(super) fn below(&self) -> usize {
        self.below
    }

    /// Writes a fresh block at the top of the stack [low, top).
    ///
    /// # Safety
    /// 1. [low, top) is readable and writable, in nobody's use, and has room for [`bytes`](Self::bytes); `top`
    ///    is a multiple of 8.
    /// 2. `tid` is no thread's and no other live block's, is above any id of the kernel and below
    ///    the flag bits of a futex word.
    #[inline]
    pub(crate) unsafe fn write(&self, top: usize, low: usize, tid: u32) -> Block {
        debug_assert!(
            low + self.bytes() < top,
            "the stack has no room for a block"
        );
        let fs = (top - self.above) & !(self.align - 1);
        let block = Block {
            fs,
            stack_top: fs - self.below,
            low: NonZeroUsize::new(low).expect("no stack lies at address 0"),
        };
        // SAFETY: (1), (2) passed on; the block ends at or below `top`.
        unsafe { self.fill(&block, tid) };
        block
    }

    /// Makes the block the code runs on as new. Its carrier stays known to it.
    ///
    /// # Safety
    /// 1. `block` was written by this layout, the code runs on it, and
    ///    [`end_thread_locals`](super::end_thread_locals) has run since its thread-locals were last
    ///    used; nobody holds an address or a handle of them.
    /// 2. `tid` as for [`write`](Self::write).
    #[inline]
    pub(crate) unsafe fn rewrite(&self, block: &Block, tid: u32) {
        let carrier = carrier::current();
        // What the compiler knows of thread-locals is true before, and not after.
        // SAFETY: no instruction.
        unsafe { asm!("", options(nostack, preserves_flags)) };
        // SAFETY: (1) it has been written before, so it is writable; (2) passed on.
        unsafe { self.fill(block, tid) };
        // SAFETY: no instruction.
        unsafe { asm!("", options(nostack, preserves_flags)) };
        // SAFETY: the block is a goroutine's, and runs where it ran before.
        unsafe { carrier::arrived(carrier) };
    }

    /// # Safety
    /// 1. The block's memory is writable and its thread-locals are not in use.
    #[inline]
    unsafe fn fill(&self, block: &Block, tid: u32) {
        let start = block.stack_top as *mut usize;
        // SAFETY: (1); all words are within the image, whose size the block has.
        unsafe {
            self.image.write(start, block.fs);
            *start.add(self.tid.0) |= (tid as usize) << self.tid.1;
            let low = block.low.get();
            *start.add(self.stack_low) = low;
            *start.add(self.stack_size) = block.fs + self.above - low;
        }
    }
}

/// The image of a word; `dtv` is the offset of the dtv from the thread pointer.
fn image_of(word: Word, dtv: isize) -> usize {
    match word {
        Word::Constant(value) => value,
        Word::Own(offset) => offset as usize,
        Word::Dtv => dtv as usize,
        Word::StackLow | Word::StackSize => 0,
        Word::TidLow { high } => (high as usize) << 32,
        Word::TidHigh { low } => low as usize,
    }
}

/// The layout of this process, learnt when first asked for; `Err`: why there is none.
pub(crate) fn own_thread_locals() -> Result<&'static Layout, &'static Unsupported> {
    static LAYOUT: OnceLock<Result<Layout, Unsupported>> = OnceLock::new();
    LAYOUT.get_or_init(find_out).as_ref()
}

fn find_out() -> Result<Layout, Unsupported> {
    super::platform::check()?;
    super::interpose::check()?;
    let layout = Layout::new(learn()?);
    carrier::check(&layout)?;
    if global() == Global::Foreign {
        return Err(Unsupported::Allocator);
    }
    super::surplus::close()?;
    Ok(layout)
}
