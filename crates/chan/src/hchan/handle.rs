//! The counted reference to a channel. The last one drops what is in the ring and frees it.

use super::elem::Typed;
use super::gate::{Gate, TIMER, UNBUFFERED};
use super::ring::Ring;
use super::{Core, Seldom, Sides};
use crate::timed::{Timer, TimerHook};
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use gompa_park::sync::atomic::{AtomicUsize, fence};
use std::alloc::{Layout, alloc, dealloc};
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Instant;

/// A channel of `T`, counted.
pub(crate) struct Ref<T> {
    core: NonNull<Core>,
    /// The channel owns values of type `T`, and both takes and gives them: a channel of `&'static`
    /// may not pass for one of shorter references, through which such could be sent.
    _values: PhantomData<UnsafeCell<T>>,
}

// SAFETY: the channel moves values between threads, and gives no reference to one; everything else
// in it is under its locks or atomic.
unsafe impl<T: Send> Send for Ref<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Ref<T> {}

/// The capacity asked for cannot be had.
#[derive(Debug)]
pub(crate) struct OutOfRange;

/// The memory of a channel: layout, and where the slots begin.
fn layout<T>(cap: usize) -> Result<(Layout, usize), OutOfRange> {
    let slots = Layout::array::<T>(cap).map_err(|_| OutOfRange)?;
    let (whole, offset) = Layout::new::<Core>()
        .extend(slots)
        .map_err(|_| OutOfRange)?;
    Ok((whole.pad_to_align(), offset))
}

impl<T> Ref<T> {
    /// A channel with `cap` slots that is closed by hand.
    pub(crate) fn new(cap: usize) -> Result<Ref<T>, OutOfRange> {
        Self::build(cap, None, None)
    }

    /// A channel with `cap` slots that closes when the last sender or the last receiver goes; it
    /// has one of each.
    pub(crate) fn with_sides(cap: usize) -> Result<Ref<T>, OutOfRange> {
        let sides = Sides {
            senders: AtomicUsize::new(1),
            receivers: AtomicUsize::new(1),
        };
        Self::build(cap, Some(sides), None)
    }

    fn build(
        cap: usize,
        sides: Option<Sides>,
        hook: Option<Arc<dyn TimerHook>>,
    ) -> Result<Ref<T>, OutOfRange> {
        if isize::try_from(cap).is_err() {
            return Err(OutOfRange);
        }
        let (whole, offset) = layout::<T>(cap)?;
        // SAFETY: the layout holds a Core, so it is not empty.
        let memory = unsafe { alloc(whole) };
        let core = NonNull::new(memory.cast::<Core>()).ok_or(OutOfRange)?;
        let mut lasting = 0;
        if cap == 0 {
            lasting |= UNBUFFERED;
        }
        if hook.is_some() {
            lasting |= TIMER;
        }
        let value = Core {
            gate: Gate::new(lasting),
            ring: Ring::new(cap, memory.wrapping_add(offset)),
            seldom: Seldom {
                layout: Layout::new::<T>(),
                // SAFETY: whoever calls it has a value of the channel's type there.
                drop: |value| unsafe { value.cast::<T>().drop_in_place() },
                timer: hook.map(|hook| Timer {
                    hook,
                    channel: core,
                }),
                #[cfg(loom)]
                serial: serial(),
                handles: AtomicUsize::new(1),
                sides,
            },
        };
        // SAFETY: fresh memory with room and alignment for a Core.
        unsafe { core.write(value) };
        Ok(Ref {
            core,
            _values: PhantomData,
        })
    }

    /// The channel's address, with the right to all its memory.
    pub(crate) fn as_ptr(&self) -> NonNull<Core> {
        self.core
    }

    /// A reference from [`as_ptr`](Self::as_ptr) that is not counted: not to be dropped.
    ///
    /// # Safety
    /// 1. `core` is a channel of `T`.
    /// 2. A counted reference outlives this one.
    pub(crate) unsafe fn borrow(core: NonNull<Core>) -> std::mem::ManuallyDrop<Ref<T>> {
        std::mem::ManuallyDrop::new(Ref {
            core,
            _values: PhantomData,
        })
    }

    /// Drops the values in the ring, one after the other, under no lock. A value that panics when
    /// dropped does not keep the others.
    pub(crate) fn discard(&self) {
        struct Rest<'a, T>(&'a Ref<T>);
        impl<T> Drop for Rest<'_, T> {
            fn drop(&mut self) {
                while self.0.take_buffered().is_some() {}
            }
        }
        let rest = Rest(self);
        while rest.0.take_buffered().is_some() {}
    }

    fn take_buffered(&self) -> Option<T> {
        let mut slot = MaybeUninit::<T>::uninit();
        let held = self.enter();
        // SAFETY: 1. held. 2. the slot is a place for a `T`, the channel's type.
        let some = unsafe {
            self.ring
                .pop(Typed::<T>::NEW, slot.as_mut_ptr().cast::<u8>())
        };
        drop(held);
        // SAFETY: `pop` has filled the slot if it returned true.
        some.then(|| unsafe { slot.assume_init() })
    }
}

impl Ref<Instant> {
    /// A timer's channel: one slot, and `hook` behind it. Hooks expect a channel of instants, so
    /// this is the only way to make one.
    pub(crate) fn with_timer(hook: Arc<dyn TimerHook>) -> Ref<Instant> {
        Self::build(1, None, Some(hook)).expect("one slot")
    }
}

impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.debug("channel", f)
    }
}

impl<T> Deref for Ref<T> {
    type Target = Core;

    #[inline(always)]
    fn deref(&self) -> &Core {
        // SAFETY: alive as long as it is counted.
        unsafe { self.core.as_ref() }
    }
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        // Relaxed: whoever clones has one already.
        if self.seldom.handles.fetch_add(1, Relaxed) > isize::MAX as usize {
            // Leaked clones by the quintillion: the count must not come round.
            std::process::abort();
        }
        Ref {
            core: self.core,
            _values: PhantomData,
        }
    }
}

impl<T> Drop for Ref<T> {
    fn drop(&mut self) {
        // Release what this handle did; acquire what all others did before freeing.
        if self.seldom.handles.fetch_sub(1, Release) == 1 {
            fence(Acquire);
            // SAFETY: this was the last handle.
            unsafe { free::<T>(self.core) }
        }
    }
}

/// Channels made earlier have smaller ones.
#[cfg(loom)]
fn serial() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Drops what is in the ring and frees the channel, also if a value panics when dropped.
///
/// # Safety
/// 1. Nobody else refers to the channel.
#[cold]
unsafe fn free<T>(core: NonNull<Core>) {
    struct Memory(NonNull<Core>, Layout);
    impl Drop for Memory {
        fn drop(&mut self) {
            // SAFETY: the last reference (duty 1 of `free`), and the layout it was made with.
            unsafe {
                self.0.drop_in_place();
                dealloc(self.0.as_ptr().cast(), self.1);
            }
        }
    }
    // SAFETY: 1. it was made as a channel of `T`. 2. the memory lives until `memory` is dropped.
    let channel = unsafe { Ref::<T>::borrow(core) };
    let (whole, _) = layout::<T>(channel.ring.cap()).expect("as when it was made");
    let memory = Memory(core, whole);
    channel.discard();
    drop(memory);
}
