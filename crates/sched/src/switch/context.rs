//! The machine level: the FS base and the context switch, x86-64 System V.
//!
//! A context that does not run is one number, its stack pointer. There lies what the compiler cannot
//! be told that a switch changes:
//!
//! ```text
//!   stack pointer + 16   rbp
//!                 +  8   rbx
//!                 +  0   where it goes on
//! ```
//! The other registers count as overwritten: whoever switches keeps what it still needs of them.
//!
//! The switch is inline assembly that ends in a jump, with neither a `call` nor a `ret`. The
//! processor predicts returns by pairing them with calls, in order; a call that never returns here,
//! or a return to somebody else's call, shifts that pairing, and then every return on the way out of
//! the runtime is mispredicted: some 25 ns a switch where the switch itself takes 14.
//!
//! The control words of SSE and x87 (rounding, exceptions) are not switched: Rust code may not run
//! with others than the default ones, so no two goroutines can differ in them; C code that sets
//! them must set them back before it calls anything that may park.

use gompa_unwind::Registers;
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
#[inline(always)]
pub(crate) unsafe fn switch(save: *mut usize, to: usize, fs: usize) {
    // SAFETY: the duties; rbx and rbp, which cannot be named as overwritten, are saved here, all
    // other registers are named. Memory counts as changed.
    unsafe {
        asm!(
            "push rbp",
            "push rbx",
            "lea rax, [rip + 2f]",
            "push rax",
            "mov [rdi], rsp",
            "mov rsp, rsi",
            "wrfsbase rdx",
            "pop rax",
            "jmp rax",
            "2:",
            "pop rbx",
            "pop rbp",
            inout("rdi") save => _,
            inout("rsi") to => _,
            inout("rdx") fs => _,
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            clobber_abi("C"),
        );
    }
}

/// As [`switch`], but both contexts run on the thread-locals of the OS thread.
///
/// # Safety
/// 1. `to` is a context saved by this function or made by [`prepare`], used once.
/// 2. No code of the two contexts keeps an address of a thread-local across the switch, unless
///    they never change threads.
/// 3. `save` as for [`switch`].
#[inline(always)]
pub(crate) unsafe fn switch_keep_fs(save: *mut usize, to: usize) {
    // SAFETY: as in `switch`.
    unsafe {
        asm!(
            "push rbp",
            "push rbx",
            "lea rax, [rip + 2f]",
            "push rax",
            "mov [rdi], rsp",
            "mov rsp, rsi",
            "pop rax",
            "jmp rax",
            "2:",
            "pop rbx",
            "pop rbp",
            inout("rdi") save => _,
            inout("rsi") to => _,
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            clobber_abi("C"),
        );
    }
}

/// The registers that the context saved at `sp` will go on with: as the unwind tables of the place
/// where it goes on expect them.
///
/// # Safety
/// 1. `sp` is that of a context saved by [`switch`] or [`switch_keep_fs`] that has not gone on.
pub(crate) unsafe fn saved_registers(sp: usize) -> Registers {
    // SAFETY: (1) three words lie there.
    let [ip, _rbx, bp] = unsafe { *(sp as *const [usize; SAVED_WORDS]) };
    let sp = sp + size_of::<[usize; SAVED_WORDS]>();
    Registers { ip, sp, bp }
}

/// Words of a saved context, the place to go on included.
const SAVED_WORDS: usize = 3;

/// Lays out the first context of a stack: once switched to, `entry(arg)` runs. Backtraces and
/// unwinding end below it.
///
/// # Safety
/// 1. `stack_top` is a multiple of 16 and the 24 bytes below it are writable and in nobody's use.
/// 2. The returned context is switched to only while the stack exists.
pub(crate) unsafe fn prepare(
    stack_top: usize,
    entry: extern "C" fn(usize) -> !,
    arg: usize,
) -> usize {
    debug_assert_eq!(stack_top % 16, 0);
    let context = stack_top - SAVED_WORDS * size_of::<usize>();
    let words: [usize; SAVED_WORDS] = [
        first_frame as *const () as usize, // where it goes on
        entry as *const () as usize,
        arg,
    ];
    // SAFETY: (1) the 24 bytes are ours and aligned.
    unsafe { (context as *mut [usize; SAVED_WORDS]).write(words) };
    context
}

/// The outermost frame: the stack pointer is at the entry, with the argument above, then the top.
#[unsafe(naked)]
unsafe extern "C" fn first_frame() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip", // nobody called this: backtraces end here
        "pop rax",
        "pop rdi",
        "xor ebp, ebp",
        "call rax",
        "ud2",
        ".cfi_endproc",
    )
}

/// Whether this return address is that of a goroutine's outermost frame.
pub(crate) fn is_outermost(address: usize) -> bool {
    let begin = first_frame as *const () as usize;
    (begin..begin + 16).contains(&address)
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
