//! The stack of a thread that is asleep in the kernel, without waking it.

use crate::stack::owner_of;
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

/// The frames, if the thread slept all the time, on a goroutine's stack.
pub(super) fn frames(tid: u32) -> Option<Vec<usize>> {
    let (ip, sp) = where_asleep(tid)?;
    let (_, top) = owner_of(sp)?;
    // The frame pointer is not known; code of a library that uses it ends the walk early.
    let registers = Registers { ip, sp, bp: 0 };
    // SAFETY: the part of a goroutine's stack that is in use, which stays mapped as long as the
    // runtime lives. The thread sleeps, so nobody writes there but the kernel, for the call; should it
    // wake up, words are read that change meanwhile: each read is of one aligned word and volatile,
    // its address is checked against the bounds, and what was read is thrown away below.
    let memory = unsafe { Memory::new(sp..top) };
    let mut frames = [0; MOST_FRAMES];
    let n = Unwinder::current().walk(registers, &memory, &mut frames);
    (where_asleep(tid)? == (ip, sp)).then(|| frames[..n].to_vec())
}
