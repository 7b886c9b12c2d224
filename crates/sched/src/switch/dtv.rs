//! The dtv of a goroutine while it lives.
//!
//! It begins inside the block and is as short as the modules of the start need. When the goroutine
//! uses a thread-local of a library loaded later, the loader makes that library's block on the heap,
//! and `realloc`s the dtv if it is too short: our `realloc` moves it to the heap (see `interpose`).
//! Both are freed here.

use super::context::fs_base;
use super::layout::own_thread_locals;

/// Words before the generation, to which the pointer at `fs:8` points: the number of slots.
const HEADER: usize = 2;

/// Where the dtv of the block at `fs` begins as long as it is inside the block.
pub(super) fn inline_start(fs: usize) -> Option<usize> {
    own_thread_locals().ok().map(|layout| fs - layout.below())
}

/// Bytes of a dtv that begins at `start`.
///
/// # Safety
/// 1. There is a dtv.
pub(super) unsafe fn bytes(start: usize) -> usize {
    // SAFETY: (1) the first word is the number of slots, of two words each, beside the header and
    // the generation.
    let slots = unsafe { *(start as *const usize) };
    (slots + 2) * 2 * size_of::<usize>()
}

/// Frees the thread-locals of libraries loaded later, and the dtv if it has left the block, which
/// has the one inside again.
///
/// # Safety
/// 1. The code runs on a goroutine's block and nobody uses its dynamic thread-locals any more.
pub(super) unsafe fn free() {
    let fs = fs_base();
    let Some(inline) = inline_start(fs) else {
        return;
    };
    // SAFETY: `fs:8` points to the goroutine's dtv, whose slots hold an address and what to free;
    // (1) these are in nobody's use. A dtv outside of the block came from our `realloc`.
    unsafe {
        let dtv = (fs + 8) as *mut *mut usize;
        let generation = *dtv;
        let slots = *generation.sub(HEADER);
        for slot in 1..=slots {
            let heap = generation.add(2 * slot + 1);
            if *heap != 0 {
                libc::free(*heap as *mut libc::c_void);
                *heap.sub(1) = usize::MAX;
                *heap = 0;
            }
        }
        let start = generation.sub(HEADER);
        if start as usize != inline {
            *dtv = (inline as *mut usize).add(HEADER);
            libc::free(start.cast());
        }
    }
}
