//! What happens when a goroutine runs into its guard: the process ends with a message that names it.
//!
//! The handler runs on an alternate stack of the thread (the goroutine's is full). It allocates
//! nothing and takes no lock. Faults elsewhere go to the handler that was there before (std's, which
//! reports overflows of plain threads).

use super::PAGE;
use super::region::Region;
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::fmt::Write;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::Once;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes of an alternate stack. The kernel alone puts some 4 KiB there (AVX-512 state).
const ALTERNATE: usize = 64 << 10;

/// The handler that was there before. Written once, before ours is installed.
struct Previous(UnsafeCell<MaybeUninit<libc::sigaction>>);
// SAFETY: written once under `Once`, before anybody reads it.
unsafe impl Sync for Previous {}
static PREVIOUS: Previous = Previous(UnsafeCell::new(MaybeUninit::uninit()));

/// Installs the handler, once per process.
pub(crate) fn install_handler() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: zero is a valid sigaction; the handler has the type SA_SIGINFO wants; PREVIOUS is
        // written before the handler can run.
        unsafe {
            libc::sigaction(
                libc::SIGSEGV,
                std::ptr::null(),
                (*PREVIOUS.0.get()).as_mut_ptr(),
            );
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_fault as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(libc::SIGSEGV, &action, null_mut());
        }
    });
}

/// A thread's stack for signal handlers, while this lives.
pub(crate) struct AlternateStack {
    memory: *mut c_void,
    before: libc::stack_t,
}

impl AlternateStack {
    /// Makes one and tells the kernel. Without memory for it an overflow ends the process silently.
    pub(crate) fn install() -> Option<AlternateStack> {
        // SAFETY: a fresh mapping, and a stack_t that names it.
        unsafe {
            let memory = libc::mmap(
                null_mut(),
                ALTERNATE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK,
                -1,
                0,
            );
            if memory == libc::MAP_FAILED {
                return None;
            }
            let stack = libc::stack_t {
                ss_sp: memory,
                ss_flags: 0,
                ss_size: ALTERNATE,
            };
            let mut before: libc::stack_t = std::mem::zeroed();
            libc::sigaltstack(&stack, &mut before);
            Some(AlternateStack { memory, before })
        }
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        // SAFETY: the kernel gets the thread's former stack back before ours goes.
        unsafe {
            libc::sigaltstack(&self.before, null_mut());
            libc::munmap(self.memory, ALTERNATE);
        }
    }
}

extern "C" fn on_fault(signal: i32, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel gives a valid siginfo.
    let address = unsafe { (*info).si_addr() } as usize;
    if let Some((region, slot)) = Region::find(address) {
        // SAFETY: found, hence alive.
        let region = unsafe { region.as_ref() };
        let offset = address - region.base() - slot as usize * region.stride();
        if offset < PAGE {
            report(region, slot);
        }
    }
    // SAFETY: written before this handler was installed.
    let previous = unsafe { (*PREVIOUS.0.get()).assume_init() };
    match previous.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: the default action, then the same fault again.
            unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
        }
        handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: with SA_SIGINFO the handler has this type.
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut c_void) =
                unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: without SA_SIGINFO the handler has this type.
            let handler: extern "C" fn(i32) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}

/// Says whose stack it was, and ends the process with SIGABRT.
fn report(region: &Region, slot: u32) -> ! {
    let mut text = Text {
        bytes: [0; 512],
        len: 0,
    };
    let kib = (region.stride() - PAGE) / 1024;
    // SAFETY: goroutines' memory is never freed while its runtime lives, and it lives: the one that
    // overflowed is running.
    let owner = unsafe { region.owner(slot).load(Relaxed).as_ref() };
    let _ = writeln!(
        text,
        "runtime: goroutine stack exceeds {kib} KiB limit\nfatal error: stack overflow\n"
    );
    let _ = match owner {
        Some(g) => match g.created_at() {
            Some(at) => writeln!(text, "goroutine {} [running], created at {at}", g.id()),
            None => writeln!(text, "goroutine {} [running]", g.id()),
        },
        None => writeln!(text, "a goroutine that has ended"),
    };
    let _ = writeln!(
        text,
        "(Builder::stack_size sets the size; the default is larger without optimization)"
    );
    gompa_park::stderr::write(&text.bytes[..text.len]);
    // SAFETY: SIGABRT with its default action ends the process. The
    // process's own abort and raise may take locks.
    unsafe {
        libc::signal(libc::SIGABRT, libc::SIG_DFL);
        libc::syscall(
            libc::SYS_tgkill,
            libc::getpid(),
            libc::syscall(libc::SYS_gettid),
            libc::SIGABRT,
        );
        libc::_exit(134)
    }
}

/// A text on the stack; what does not fit is cut.
struct Text {
    bytes: [u8; 512],
    len: usize,
}

impl Write for Text {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        let n = s.len().min(self.bytes.len() - self.len);
        self.bytes[self.len..self.len + n].copy_from_slice(&s.as_bytes()[..n]);
        self.len += n;
        Ok(())
    }
}
