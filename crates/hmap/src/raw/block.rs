//! A block: memory for so many buckets, in one piece.
//!
//! ```text
//! entries                          words              links
//! +------------------------------+------------------+------------------+
//! | 8 pairs | 8 pairs | ...      | 8 bytes | ...    | 4 bytes | ...    |
//! +------------------------------+------------------+------------------+
//!   (K, V) side by side            tophash words      overflow links
//! ```
//!
//! The words of all buckets lie together, so that a look-up that finds nothing touches one line of
//! the densest array there is, and one that finds something touches one line more. Links are touched
//! only where a bucket is full.
//!
//! Small blocks come from the allocator. Large ones are mappings of their own: fresh pages come
//! zeroed, one by one, when they are first touched, so that making a block of a gigabyte costs no
//! more than making one of a page; and they can be given back piece by piece.

use super::mapping::{self, SLICE};
use super::matches;
use crate::word::{CELLS, Word};
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::slice;

/// From this size on a block is a mapping.
const MAPPED: usize = 1 << 20;

/// Where the words and links of a map without memory are: one bucket that is empty for ever.
static NO_WORDS: [u64; 1] = [0];
static NO_LINKS: [u32; 1] = [0];

/// The memory asked for cannot be had, or is more than there are addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMemory {
    /// The size does not fit.
    Size,
    /// The allocator said no.
    Alloc(Layout),
}

impl NoMemory {
    /// Ends the operation that cannot do without: as the collections of std do.
    pub fn stop(self) -> ! {
        match self {
            NoMemory::Size => panic!("capacity overflow"),
            NoMemory::Alloc(layout) => handle_alloc_error(layout),
        }
    }
}

/// Memory for `buckets` buckets. It knows nothing of which cells hold entries: it never drops one.
pub(super) struct Block<K, V> {
    entries: NonNull<(K, V)>,
    words: NonNull<u64>,
    links: NonNull<u32>,
    buckets: usize,
    source: Source,
    /// How many bytes have been given back from the front.
    released: usize,
    owns: PhantomData<(K, V)>,
}

#[derive(Clone, Copy)]
enum Source {
    /// The static bucket that is always empty.
    Static,
    /// The global allocator.
    Heap(Layout),
    /// A mapping; what was behind `len` has been given back.
    Mapped { len: usize },
}

// SAFETY: a block owns its memory alone. Whoever has it may reach the pairs in it (through the table
// that knows which cells hold some), so it may go to another thread if they may.
unsafe impl<K: Send, V: Send> Send for Block<K, V> {}
// SAFETY: a shared block gives out shared references only.
unsafe impl<K: Sync, V: Sync> Sync for Block<K, V> {}

/// Where the three parts are, in bytes from the start.
struct Parts {
    words: usize,
    links: usize,
    layout: Layout,
}

impl<K, V> Block<K, V> {
    /// Bytes of the entries of a bucket.
    const ENTRIES: usize = size_of::<(K, V)>() * CELLS;

    /// The block of a map without memory: one bucket, to be read only.
    pub(super) const fn unallocated() -> Self {
        // SAFETY: addresses of statics are not null.
        let (words, links) = unsafe {
            (
                NonNull::new_unchecked(NO_WORDS.as_ptr().cast_mut()),
                NonNull::new_unchecked(NO_LINKS.as_ptr().cast_mut()),
            )
        };
        Block {
            entries: NonNull::dangling(),
            words,
            links,
            buckets: 1,
            source: Source::Static,
            released: 0,
            owns: PhantomData,
        }
    }

    /// Memory for `buckets` buckets; words and links are zero.
    pub(super) fn new(buckets: usize) -> Result<Self, NoMemory> {
        let parts = Self::parts(buckets, 1).ok_or(NoMemory::Size)?;
        let mapped = mapping::AVAILABLE
            && parts.layout.size() >= MAPPED
            && parts.layout.align() <= mapping::PAGE;
        let (base, source, parts) = if mapped {
            let parts = Self::parts(buckets, mapping::PAGE).ok_or(NoMemory::Size)?;
            let len = parts.layout.size();
            let base = mapping::map(len).ok_or(NoMemory::Alloc(parts.layout))?;
            (base, Source::Mapped { len }, parts)
        } else {
            // SAFETY: the size is not zero, for there are words.
            let base = unsafe { alloc(parts.layout) };
            let base = NonNull::new(base).ok_or(NoMemory::Alloc(parts.layout))?;
            // SAFETY: words and links lie between `words` and the end, within the allocation.
            unsafe {
                base.add(parts.words)
                    .write_bytes(0, parts.layout.size() - parts.words);
            }
            (base, Source::Heap(parts.layout), parts)
        };
        // SAFETY: both offsets lie within the allocation.
        let (words, links) = unsafe { (base.add(parts.words), base.add(parts.links)) };
        Ok(Block {
            entries: base.cast(),
            words: words.cast(),
            links: links.cast(),
            buckets,
            source,
            released: 0,
            owns: PhantomData,
        })
    }

    /// The parts begin at multiples of `page`. `None` if all of it is too much for an address space.
    fn parts(buckets: usize, page: usize) -> Option<Parts> {
        let entries = Self::ENTRIES.checked_mul(buckets)?;
        // Pairs of 16 bytes and the like then do not straddle lines.
        let line = if entries >= 512 { 64 } else { 8 };
        let align = align_of::<(K, V)>().max(line);
        let words = entries.checked_next_multiple_of(page.max(8))?;
        let links = words
            .checked_add(buckets.checked_mul(8)?)?
            .checked_next_multiple_of(page.max(4))?;
        let size = links
            .checked_add(buckets.checked_mul(4)?)?
            .checked_next_multiple_of(page)?;
        let layout = Layout::from_size_align(size, align).ok()?;
        Some(Parts {
            words,
            links,
            layout,
        })
    }

    /// How many buckets there are.
    #[inline]
    pub(super) fn buckets(&self) -> usize {
        self.buckets
    }

    /// Whether there is memory that may be written.
    #[inline]
    pub(super) fn is_allocated(&self) -> bool {
        !matches!(self.source, Source::Static)
    }

    /// Bytes that were asked for.
    pub(super) fn bytes(&self) -> usize {
        match self.source {
            Source::Static => 0,
            Source::Heap(layout) => layout.size(),
            Source::Mapped { len } => len,
        }
    }

    /// The word of a bucket, to read.
    #[inline]
    pub(super) fn word(&self, bucket: usize) -> *mut u64 {
        debug_assert!(bucket < self.buckets);
        self.words.as_ptr().wrapping_add(bucket)
    }

    /// The link of a bucket.
    #[inline]
    pub(super) fn link(&self, bucket: usize) -> *mut u32 {
        debug_assert!(bucket < self.buckets);
        self.links.as_ptr().wrapping_add(bucket)
    }

    /// The first pair of a bucket.
    #[inline]
    pub(super) fn pairs(&self, bucket: usize) -> *mut (K, V) {
        debug_assert!(bucket < self.buckets);
        self.entries.as_ptr().wrapping_add(bucket * CELLS)
    }

    /// Zeroes words and links of all buckets: none holds an entry any more, none has an overflow
    /// bucket. Entries that were there are forgotten, not dropped.
    pub(super) fn wipe(&mut self) {
        if self.is_allocated() {
            // SAFETY: both arrays have `buckets` elements, are ours, and may be written.
            unsafe {
                self.words.write_bytes(0, self.buckets);
                self.links.write_bytes(0, self.buckets);
            }
        }
    }

    /// Gives back the pages of the entries of the buckets before `upto`, when there is a slice of them.
    /// Nothing happens while one of these buckets holds an entry.
    pub(super) fn release_front(&mut self, upto: usize) {
        if !matches!(self.source, Source::Mapped { .. }) {
            return;
        }
        let (from, end) = (self.released, (upto * Self::ENTRIES) & !(SLICE - 1));
        if end <= from || upto > self.buckets || self.any_occupied(from / Self::ENTRIES, upto) {
            return;
        }
        // SAFETY: the pages lie within our mapping, and no entry lies in them: all the buckets they
        // belong to have just been looked at.
        unsafe { mapping::release(self.entries.cast::<u8>().add(from), end - from) };
        self.released = end;
    }

    /// Whether one of these buckets holds an entry.
    fn any_occupied(&self, from: usize, to: usize) -> bool {
        assert!(from <= to && to <= self.buckets);
        // SAFETY: so many words are there, all initialised, and nobody writes while we are borrowed.
        let words = unsafe { slice::from_raw_parts(self.word(from), to - from) };
        let (groups, rest) = words.as_chunks::<8>();
        groups.iter().any(|words| matches::occupied(*words) != 0)
            || rest
                .iter()
                .any(|word| Word(*word).occupied().first().is_some())
    }

    /// Gives back a slice of the end of a mapping, or all of any other block. Returns whether
    /// nothing is left. Afterwards nothing may be done with the block but this, and dropping it.
    pub(super) fn release_back(&mut self) -> bool {
        self.buckets = 0;
        let Source::Mapped { len } = &mut self.source else {
            return true;
        };
        // To a multiple of the slice. What was given back from the front goes with the last one.
        let keep = (*len - 1) & !(SLICE - 1);
        if keep <= self.released {
            return true;
        }
        // SAFETY: these pages lie within our mapping, which from now on ends before them.
        unsafe { mapping::unmap(self.entries.cast::<u8>().add(keep), *len - keep) };
        *len = keep;
        false
    }
}

impl<K, V> Drop for Block<K, V> {
    fn drop(&mut self) {
        let base = self.entries.cast::<u8>();
        match self.source {
            Source::Static => {}
            // SAFETY: it was allocated with this layout and is not used after this.
            Source::Heap(layout) => unsafe { dealloc(base.as_ptr(), layout) },
            // SAFETY: so much is left of the mapping, and it is not used after this.
            Source::Mapped { len } => unsafe { mapping::unmap(base, len) },
        }
    }
}
