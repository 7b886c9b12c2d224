//! The stack of a goroutine that waits: frozen for a moment, walked from outside.
//!
//! ```text
//!   asker                                            goroutine, parked
//!   takes it out of its wait (hold): nobody runs it
//!   walks its stack from its saved registers
//!   puts it back (release)                           waits on, and has not noticed
//!     something ended the wait meanwhile? queues it
//! ```
//! It costs its goroutine nothing, and a waker that comes at the wrong microsecond that microsecond.
//! Nothing of its memory is written; each frame is read once.

use crate::goroutine::G;
use crate::host;
use crate::switch;
use gompa_unwind::{MOST_FRAMES, Memory, Registers, Unwinder};
use std::ptr::NonNull;

/// The addresses of a stack, innermost first: where it goes on, then return addresses.
pub(crate) type Frames = Vec<usize>;

/// A goroutine held out of its wait: nobody runs it, ends it, or writes to its stack.
struct Frozen<'a>(&'a G);

impl<'a> Frozen<'a> {
    /// `None`: it does not wait, or another looks at it at this moment.
    fn new(g: &'a G) -> Option<Frozen<'a>> {
        g.park.hold().then(|| Frozen(g))
    }

    fn registers(&self) -> (Registers, Memory) {
        let g = self.0;
        let sp = g.sp.load(std::sync::atomic::Ordering::Relaxed);
        // SAFETY: a goroutine that waits has been switched out, and is ours.
        let registers = unsafe { switch::saved_registers(sp) };
        let top = match g.block.get() {
            Some(block) => block.stack_top,
            // SAFETY: the goroutine is ours.
            None => unsafe { (*g.stack.get()).as_ref() }.map_or(sp, |stack| stack.top()),
        };
        // SAFETY: its stack's used part, mapped as long as it lives; it does not run.
        let memory = unsafe { Memory::new(registers.sp..top) };
        (registers, memory)
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        if !self.0.park.release() {
            host::runnable(NonNull::from(self.0));
        }
    }
}

/// The frames of a goroutine, if it waits and nobody else looks at it at this moment.
pub(crate) fn frames_of(g: &G, unwinder: &Unwinder) -> Option<Frames> {
    let mut frames = [0; MOST_FRAMES];
    let n = {
        let frozen = Frozen::new(g)?;
        let (registers, memory) = frozen.registers();
        unwinder.walk(registers, &memory, &mut frames)
    };
    Some(frames[..n].to_vec())
}

/// Writes the frames of the code that calls this to `frames`, innermost first, and returns how many.
/// On a goroutine it allocates nothing, and takes some tens of nanoseconds a frame; on a plain thread
/// a microsecond. The first time, and after a library was loaded, it reads the unwind tables.
#[inline(never)]
pub fn own_stack(frames: &mut [usize]) -> usize {
    let registers = Registers::here();
    let Some(g) = host::goroutine() else {
        let own = own_frames();
        let n = own.len().min(frames.len());
        frames[..n].copy_from_slice(&own[..n]);
        return n;
    };
    // SAFETY: the running goroutine's own.
    let top = unsafe { (*g.stack.get()).as_ref() }.map_or(registers.sp, |stack| stack.top());
    // SAFETY: from here up, the running stack: mapped, and ours.
    let memory = unsafe { Memory::new(registers.sp..top) };
    Unwinder::current().walk(registers, &memory, frames)
}

/// The frames of the code that calls this: a goroutine, or a plain thread.
#[inline(never)]
pub(crate) fn own_frames() -> Frames {
    let mut frames = Vec::with_capacity(32);
    // SAFETY: `trace_unsynchronized` only reads; there is no libc global it shares on this platform.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            // The outermost frame of a goroutine says that nobody called it.
            let ip = frame.ip() as usize;
            if ip != 0 {
                frames.push(ip);
            }
            frames.len() < MOST_FRAMES
        });
    }
    frames
}
