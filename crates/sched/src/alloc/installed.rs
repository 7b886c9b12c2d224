//! Which allocator is the program's global one, found out by asking it for a block.
//!
//! The question is put on a thread that poses as a goroutine carried by itself (the *witness*): an
//! [`Allocator`] not yet known leaves its name there, libc's malloc counts the call.

use super::Allocator;
use crate::switch::carrier::{Carrier, posing};
use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// An allocator behind `#[global_allocator]`, its type forgotten.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Installed {
    /// The `Allocator<A>`.
    allocator: *const (),
    /// Its flag.
    installed: *const AtomicBool,
    /// Frees one of its blocks.
    release: unsafe fn(*const (), *mut u8, Layout),
}

// SAFETY: the allocator is a static and Sync; the rest are plain addresses.
unsafe impl Send for Installed {}
// SAFETY: as above.
unsafe impl Sync for Installed {}

impl Installed {
    /// Frees `block` at the inner allocator.
    ///
    /// # Safety
    /// 1. The block is in nobody's use and came from the inner allocator with this layout.
    /// 2. The code runs on an OS thread's own thread-locals.
    pub(super) unsafe fn release(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the function fits the allocator; (1), (2) passed on.
        unsafe { (self.release)(self.allocator, block, layout) };
    }
}

/// The program's global allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Global {
    /// An [`Allocator`].
    Installed,
    /// libc's malloc, at the end: right, but slow on goroutines.
    Malloc,
    /// Another one, which keeps its caches in thread-locals of its own.
    Foreign,
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();

/// The installed allocator, if it has been found.
pub(super) fn get() -> Option<&'static Installed> {
    INSTALLED.get()
}

/// Leaves the name of an allocator that is asked for a small block on a goroutine and is not (yet)
/// the installed one.
pub(super) fn note<A: GlobalAlloc>(allocator: &Allocator<A>) {
    /// # Safety
    /// 1. As [`Installed::release`], with an `Allocator<A>`.
    unsafe fn release<A: GlobalAlloc>(allocator: *const (), block: *mut u8, layout: Layout) {
        // SAFETY: (1).
        unsafe {
            (*allocator.cast::<Allocator<A>>())
                .inner
                .dealloc(block, layout)
        };
    }
    let name = Installed {
        allocator: std::ptr::from_ref(allocator).cast(),
        installed: &raw const allocator.installed,
        release: release::<A>,
    };
    // SAFETY: the code runs on a goroutine, or poses as one: its carrier lives.
    if let Some(carrier) = unsafe { crate::switch::carrier::current().as_ref() } {
        carrier.front().asked.set(Some(name));
    }
}

/// Finds out what the program's global allocator is, and installs it if it is one of ours.
///
/// The processor must be able to write the FS base.
pub(crate) fn global() -> Global {
    if INSTALLED.get().is_some() {
        return Global::Installed;
    }
    let witness = Carrier::new_for_this_thread();
    posing(&witness, || {
        let layout = Layout::new::<[usize; 8]>();
        // SAFETY: the layout has a size; the block is freed as it was allocated.
        unsafe { std::alloc::dealloc(black_box(std::alloc::alloc(layout)), layout) };
    });
    if let Some(asked) = witness.front().asked.get()
        && is_static(asked.allocator)
    {
        let installed = INSTALLED.get_or_init(|| asked);
        // SAFETY: the flag is part of a static.
        unsafe { (*installed.installed).store(true, Relaxed) };
        return Global::Installed;
    }
    if witness.mallocs() > 0 {
        Global::Malloc
    } else {
        Global::Foreign
    }
}

/// Is this in the data of the executable or a library, so that it will always be there?
fn is_static(address: *const ()) -> bool {
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: a look-up; the record is for the loader to fill.
    unsafe { libc::dladdr(address.cast(), info.as_mut_ptr()) != 0 }
}

/// Is an [`Allocator`] the program's global one? Known once a runtime has started.
pub fn is_installed() -> bool {
    INSTALLED.get().is_some()
}
