//! Writing a block fast.
//!
//! A block is some 2.7 KB, nine tenths of it zero, and when a goroutine takes over the stack of one
//! that has ended, nearly all of it still is what it should be. Reading is cheaper than writing, so
//! zeros are written only where there are none; the rest is written always.

use std::ops::Range;

/// Words looked at together.
const CHUNK: usize = 4;

/// A piece that is not all zero.
#[derive(Debug)]
struct Chunk {
    /// Its first word.
    at: usize,
    /// The words; pointers into the block as offsets from the thread pointer.
    words: [usize; CHUNK],
    /// All ones where the thread pointer is to be added.
    pointers: [usize; CHUNK],
}

/// What a block holds.
#[derive(Debug)]
pub(super) struct Image {
    /// In ascending order.
    chunks: Box<[Chunk]>,
    /// The words between, all zero, in whole chunks.
    zeros: Box<[Range<usize>]>,
    /// May the loop over zeros use wide registers?
    wide: bool,
}

impl Image {
    /// Takes each word with its mask: all ones if the thread pointer is to be added.
    pub(super) fn new(words: impl Iterator<Item = (usize, usize)>) -> Image {
        let words: Vec<_> = words.collect();
        let mut chunks = Vec::new();
        let mut zeros: Vec<Range<usize>> = Vec::new();
        // From the end, which is aligned as cache lines are; the first chunk may overlap the second.
        let firsts = (0..words.len())
            .rev()
            .step_by(CHUNK)
            .map(|last| (last + 1).saturating_sub(CHUNK));
        for at in firsts.collect::<Vec<_>>().into_iter().rev() {
            let piece: [_; CHUNK] = std::array::from_fn(|i| words[at + i]);
            if at == 0 || piece.iter().any(|word| *word != (0, 0)) {
                chunks.push(Chunk {
                    at,
                    words: piece.map(|(word, _)| word),
                    pointers: piece.map(|(_, mask)| mask),
                });
            } else {
                match zeros.last_mut() {
                    Some(run) if run.end == at => run.end = at + CHUNK,
                    _ => zeros.push(at..at + CHUNK),
                }
            }
        }
        Image {
            chunks: chunks.into(),
            zeros: zeros.into(),
            wide: is_x86_feature_detected!("avx2"),
        }
    }

    /// Writes the block that begins at `start` and whose thread pointer is `fs`.
    ///
    /// # Safety
    /// 1. As many words as the image has are readable and writable at `start`, and in nobody's use.
    #[inline]
    pub(super) unsafe fn write(&self, start: *mut usize, fs: usize) {
        // SAFETY: (1) passed on; the processor has what `wide` says.
        unsafe {
            if self.wide {
                self.write_wide(start, fs);
            } else {
                self.write_any(start, fs);
            }
        }
    }

    /// # Safety
    /// 1. As for [`write`](Self::write), on a processor with AVX2.
    #[target_feature(enable = "avx2")]
    unsafe fn write_wide(&self, start: *mut usize, fs: usize) {
        // SAFETY: (1) passed on.
        unsafe { self.write_any(start, fs) }
    }

    /// # Safety
    /// 1. As for [`write`](Self::write).
    #[inline(always)]
    unsafe fn write_any(&self, start: *mut usize, fs: usize) {
        for chunk in &self.chunks {
            let words =
                std::array::from_fn(|i| chunk.words[i].wrapping_add(fs & chunk.pointers[i]));
            // SAFETY: (1) the chunk is within the image.
            unsafe { start.add(chunk.at).cast::<[usize; CHUNK]>().write(words) };
        }
        for run in &self.zeros {
            // SAFETY: (1) the run is within the image.
            let words = unsafe { self.run(start, run) };
            if words.iter().fold(0, |all, word| all | word) != 0 {
                words.fill(0);
            }
        }
    }

    /// A run of zeros in the block at `start`.
    ///
    /// # Safety
    /// 1. As for [`write`](Self::write); `run` is one of the image's.
    #[inline(always)]
    unsafe fn run<'a>(&self, start: *mut usize, run: &Range<usize>) -> &'a mut [usize] {
        // SAFETY: (1) the run is within the image, and whole chunks long.
        unsafe { std::slice::from_raw_parts_mut(start.add(run.start), run.len()) }
    }
}
