//! The machine level: the FS base and the context switch, x86-64 System V.
//!
//! A context that does not run is one number, its stack pointer. Below it lies what the ABI lets a
//! function keep across a call:
//!
//! ```text
//!   stack pointer + 48   where it goes on
//!                 + 40   rbp
//!                 + 32   rbx
//!                 + 24   r12
//!                 + 16   r13
//!                 +  8   r14
//!                 +  0   r15
//! ```
//!
//! Each switch ends in an indirect jump, not in `ret`: the return would be mispredicted every time
//! (the processor pairs it with the call of the *other* stack) and costs three times as much.
//!
//! The control words of SSE and x87 (rounding, exceptions) are not switched: Rust code may not run
//! with others than the default ones, so no two goroutines can differ in them; C code that sets
//! them must set them back before it calls anything that may park.

use std::arch::{asm, naked_asm};

/// The thread pointer of the running code: where its thread-locals and its thread control block
/// meet. The first word of the control block holds its own address.
#[inline]
pub(crate) fn fs_base() -> usize {
    let base: usize;
    // SAFETY: reads a word that every thread of this ABI has; nothing else.
    unsafe {
        asm!("mov {}, fs:[0]", out(reg) base, options(nostack, preserves_flags, readonly));
    }
    base
}

/// The FS base as the processor has it.
///
/// # Safety
/// 1. The kernel has enabled FSGSBASE.
pub(super) unsafe fn fs_register() -> usize {
    let base: usize;
    // SAFETY: (1) passed on; the instruction only reads.
    unsafe { asm!("rdfsbase {}", out(reg) base, options(nostack, preserves_flags, nomem)) };
    base
}

/// Saves the running context in `*save`, makes `fs` the FS base and goes on at `to`.
///
/// # Safety
/// 1. `to` is a context saved by this function or made by [`prepare`], used once.
/// 2. `fs` is the thread pointer of the thread-locals `to` ran with, or shall start with.
/// 3. `save` is valid for a write. Whoever may resume this context does so only after `*save` has
///    been written, that is: it is told by the code at `to`.
/// 4. The kernel has enabled FSGSBASE.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn switch(save: *mut usize, to: usize, fs: usize) {
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbp, 0",
        "push rbx",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbx, 0",
        "push r12",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r12, 0",
        "push r13",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r13, 0",
        "push r14",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r14, 0",
        "push r15",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r15, 0",
        "mov [rdi], rsp",
        "mov rsp, rsi",
        "wrfsbase rdx",
        "pop r15",
        ".cfi_adjust_cfa_offset -8",
        "pop r14",
        ".cfi_adjust_cfa_offset -8",
        "pop r13",
        ".cfi_adjust_cfa_offset -8",
        "pop r12",
        ".cfi_adjust_cfa_offset -8",
        "pop rbx",
        ".cfi_adjust_cfa_offset -8",
        "pop rbp",
        ".cfi_adjust_cfa_offset -8",
        "pop rcx",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_register rip, rcx",
        "jmp rcx",
        ".cfi_endproc",
    )
}

/// As [`switch`], but both contexts run on the thread-locals of the OS thread.
///
/// # Safety
/// 1. `to` is a context saved by this function or made by [`prepare`], used once.
/// 2. No code of the two contexts keeps an address of a thread-local across the switch, unless
///    they never change threads.
/// 3. `save` as for [`switch`].
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn switch_keep_fs(save: *mut usize, to: usize) {
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbp, 0",
        "push rbx",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbx, 0",
        "push r12",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r12, 0",
        "push r13",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r13, 0",
        "push r14",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r14, 0",
        "push r15",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r15, 0",
        "mov [rdi], rsp",
        "mov rsp, rsi",
        "pop r15",
        ".cfi_adjust_cfa_offset -8",
        "pop r14",
        ".cfi_adjust_cfa_offset -8",
        "pop r13",
        ".cfi_adjust_cfa_offset -8",
        "pop r12",
        ".cfi_adjust_cfa_offset -8",
        "pop rbx",
        ".cfi_adjust_cfa_offset -8",
        "pop rbp",
        ".cfi_adjust_cfa_offset -8",
        "pop rcx",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_register rip, rcx",
        "jmp rcx",
        ".cfi_endproc",
    )
}

/// Words of a saved context, the place to go on included.
const SAVED_WORDS: usize = 7;

/// Lays out the first context of a stack: once switched to, `entry(arg)` runs. Backtraces and
/// unwinding end below it.
///
/// # Safety
/// 1. `stack_top` is a multiple of 16 and the 56 bytes below it are writable and in nobody's use.
/// 2. The returned context is switched to only while the stack exists.
pub(crate) unsafe fn prepare(
    stack_top: usize,
    entry: extern "C" fn(usize) -> !,
    arg: usize,
) -> usize {
    debug_assert_eq!(stack_top % 16, 0);
    let context = stack_top - SAVED_WORDS * size_of::<usize>();
    let words: [usize; SAVED_WORDS] = [
        0,                                 // r15
        0,                                 // r14
        entry as *const () as usize,       // r13
        arg,                               // r12
        0,                                 // rbx
        0,                                 // rbp
        first_frame as *const () as usize, // where it goes on
    ];
    // SAFETY: (1) the 56 bytes are ours and aligned.
    unsafe { (context as *mut [usize; SAVED_WORDS]).write(words) };
    context
}

/// The outermost frame: r12 = argument, r13 = entry, the stack pointer at the top.
#[unsafe(naked)]
unsafe extern "C" fn first_frame() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip", // nobody called this: backtraces end here
        "mov rdi, r12",
        "xor ebp, ebp",
        "call r13",
        "ud2",
        ".cfi_endproc",
    )
}

/// Runs `f(data)` with `fs` as the FS base, then puts the present one back.
///
/// The compiler sees a call of unknown code: no address of a thread-local survives into `f`, and
/// nothing of `f` is inlined here.
///
/// # Safety
/// 1. `fs` is the thread pointer of the OS thread that runs this.
/// 2. `f` may be called with `data`; it neither parks nor unwinds.
/// 3. The kernel has enabled FSGSBASE.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn call_with_fs(
    fs: usize,
    data: *mut (),
    f: unsafe extern "C" fn(*mut ()),
) {
    naked_asm!(
        ".cfi_startproc",
        "push rbx",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbx, 0",
        "mov rbx, fs:[0]",
        "wrfsbase rdi",
        "mov rdi, rsi",
        "call rdx",
        "wrfsbase rbx",
        "pop rbx",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore rbx",
        "ret",
        ".cfi_endproc",
    )
}
