//! A global allocator that gompa does not know keeps caches in thread-locals, perhaps: refused.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::panic::catch_unwind;
use std::ptr::null_mut;

/// Takes pages from the kernel and hands them out piece by piece, a page a thread. Frees nothing.
struct PerThread;

const PAGES: usize = 1 << 20;

thread_local! {
    /// What is left of this thread's memory: next address, end.
    static REST: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

// SAFETY: each piece is handed out once, aligned, within memory mapped for it.
unsafe impl GlobalAlloc for PerThread {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (next, end) = REST.get();
        let block = next.next_multiple_of(layout.align());
        if block + layout.size() <= end {
            REST.set((block + layout.size(), end));
            return block as *mut u8;
        }
        let bytes = PAGES.max(layout.size() + layout.align());
        // SAFETY: a new mapping, no address asked for.
        let pages = unsafe {
            libc::mmap(
                null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if pages == libc::MAP_FAILED {
            return null_mut();
        }
        REST.set((pages as usize, pages as usize + bytes));
        // SAFETY: there is room now.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, _block: *mut u8, _layout: Layout) {}
}

#[global_allocator]
static GLOBAL: PerThread = PerThread;

#[test]
fn a_foreign_global_allocator_is_refused() {
    let panic = catch_unwind(|| gompa_sched::Builder::new().procs(1).build()).err();
    let panic = panic.expect("the runtime does not start");
    let text = panic.downcast::<String>().unwrap();
    assert!(text.contains("global allocator"), "{text}");
    assert!(
        text.contains("Allocator::over"),
        "it says what to do: {text}"
    );
    assert!(!gompa_sched::alloc::is_installed());
}

#[test]
fn on_the_carriers_thread_locals_it_may_be_used() {
    // SAFETY: the goroutine does not park at all.
    let builder = unsafe { gompa_sched::Builder::new().carrier_thread_locals() };
    assert_eq!(builder.procs(1).run(|| vec![1, 2, 3].len()), 3);
}
