//! The stack of a thread that is asleep in the kernel, without waking it.

use crate::stack::owner_of;
use crate::switch::is_outermost;
use gompa_unwind::{MOST_FRAMES, Memory, Registers, Unwinder};

/// Where a thread in a system call will go on: its instruction and stack pointers. `None`: it runs, or
/// the kernel does not say.
fn where_asleep(tid: u32) -> Option<(usize, usize)> {
    // "NUMBER ARGUMENT*6 SP PC", or "running", or "-1 SP PC" where it sleeps outside of a call.
    let text = std::fs::read_to_string(format!("/proc/self/task/{tid}/syscall")).ok()?;
    let mut words = text.split_ascii_whitespace().rev();
    let mut address = || usize::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
    let (ip, sp) = (address()?, address()?);
    Some((ip, sp))
}

/// Words that are tried as the frame pointer.
const FRAME_POINTERS: usize = 512;

/// The frames, if the thread slept all the time, on a goroutine's stack.
pub(super) fn frames(tid: u32) -> Option<Vec<usize>> {
    let (ip, sp) = where_asleep(tid)?;
    let (_, top) = owner_of(sp)?;
    // SAFETY: the part of a goroutine's stack that is in use, which stays mapped as long as the
    // runtime lives. The thread sleeps, so nobody writes there but the kernel, for the call; should it
    // wake up, words are read that change meanwhile: each read is of one aligned word and volatile,
    // its address is checked against the bounds, and what was read is thrown away below.
    let memory = unsafe { Memory::new(sp..top) };
    let unwinder = Unwinder::current();
    let walk = |bp| {
        let mut frames = [0; MOST_FRAMES];
        let n = unwinder.walk(Registers { ip, sp, bp }, &memory, &mut frames);
        frames[..n].to_vec()
    };
    // The kernel does not tell the frame pointer, which some code is unwound by. It is the address of a
    // word on the stack: the first with which the walk comes to the goroutine's beginning.
    let end = top.min(sp + FRAME_POINTERS * size_of::<usize>());
    let candidates = (sp.next_multiple_of(8)..end).step_by(8);
    let whole = std::iter::once(0).chain(candidates).map(walk);
    let frames = whole
        .into_iter()
        .find(|frames| frames.last().is_some_and(|last| is_outermost(*last)))
        .unwrap_or_else(|| walk(0));
    (where_asleep(tid)? == (ip, sp)).then_some(frames)
}
