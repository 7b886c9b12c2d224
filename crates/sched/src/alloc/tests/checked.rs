//! An allocator that remembers each block's layout and insists on it.

use std::alloc::{GlobalAlloc, Layout, System};

/// Over the system's. Each block has a header in front:
///
/// ```text
///   ┌──────────┬──────┬───────┬───────┐┌────────────
///   │ (align.) │ size │ align │ magic ││ block
///   └──────────┴──────┴───────┴───────┘└────────────
/// ```
#[derive(Debug)]
pub(super) struct Checked;

/// The three words before a block.
type Header = [usize; 3];

const LIVE: usize = 0x600d_600d_600d_600d;
const FREED: usize = 0xdead_dead_dead_dead;

/// The block with its header, and where the block begins in it.
fn whole(layout: Layout) -> (Layout, usize) {
    let before = Layout::new::<Header>();
    let (whole, at) = before.extend(layout).expect("a test's layout");
    (whole, at)
}

/// Ends the process: an allocator may not panic.
fn wrong(what: &str) -> ! {
    // SAFETY: writes a text to the standard error.
    unsafe { libc::write(2, what.as_ptr().cast(), what.len()) };
    std::process::abort()
}

// SAFETY: blocks are System's, moved up by a header, which keeps the alignment.
unsafe impl GlobalAlloc for Checked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (whole, at) = whole(layout);
        // SAFETY: the header has a size; the block begins within.
        unsafe {
            let start = System.alloc(whole);
            if start.is_null() {
                return start;
            }
            let block = start.add(at);
            let header: Header = [layout.size(), layout.align(), LIVE];
            block.cast::<Header>().sub(1).write_unaligned(header);
            block
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let (whole, at) = whole(layout);
        // SAFETY: the caller says that it is a block of ours, so it has a header.
        unsafe {
            let header = block.cast::<Header>().sub(1);
            match header.read_unaligned() {
                [_, _, FREED] => wrong("a block is freed twice\n"),
                [size, align, LIVE] if size == layout.size() && align == layout.align() => {}
                [_, _, LIVE] => wrong("a block is freed with another layout\n"),
                _ => wrong("the memory before a block is overwritten\n"),
            }
            header.write_unaligned([0, 0, FREED]);
            System.dealloc(block.sub(at), whole);
        }
    }
}
