//! For signal handlers: which goroutine did this interrupt?
//!
//! A goroutine is known by the stack it runs on. So neither thread-locals are read, which belong to
//! whoever was interrupted, perhaps in the middle of a switch, nor anything of the thread's.

use crate::goroutine::GoroutineId;
use crate::stack::owner_of;
use gompa_unwind::{Memory, Registers};
use std::panic::Location;

/// The goroutine that a signal has interrupted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Interrupted {
    /// Its number.
    pub id: GoroutineId,
    /// Where it was started.
    pub created_at: &'static Location<'static>,
    /// Its stack's part in use: for a [walk](gompa_unwind::Unwinder::walk).
    pub memory: Memory,
}

/// The goroutine on whose stack the interrupted code was; `None`: it was none's, say the scheduler's
/// own. Async-signal-safe; some nanoseconds for each 256 MiB of stacks there are.
///
/// # Safety
/// 1. Called by a signal handler that runs on a stack of its own (`SA_ONSTACK`), with the registers
///    it was given.
/// 2. The result is not used after the handler has returned.
pub unsafe fn interrupted(registers: &Registers) -> Option<Interrupted> {
    let (g, top) = owner_of(registers.sp)?;
    // SAFETY: it runs on that stack (duty 1), so it and its runtime are alive.
    let g = unsafe { g.as_ref() };
    // SAFETY: its stack; it does not run while the handler does.
    let memory = unsafe { Memory::new(registers.sp..top) };
    Some(Interrupted {
        id: GoroutineId::new(g.id())?,
        created_at: g.created_at()?,
        memory,
    })
}
