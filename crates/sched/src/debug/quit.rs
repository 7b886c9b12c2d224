//! `SIGQUIT`, as Go takes it: every goroutine on stderr (of each runtime the first
//! thousand, and how many more there are), exit status 2.
//!
//! The handler does what a handler may: it raises a flag and wakes a thread that waits for it, which
//! does the rest. So a dump comes while every P is busy, and while every goroutine is stuck.

use crate::fatal;
use gompa_park::futex;
use gompa_park::thread::AsleepForGood;
use std::io;
use std::sync::Once;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

static QUIT: AtomicU32 = AtomicU32::new(0);

/// From now on, `SIGQUIT` (Ctrl-\ at a terminal) makes the process write `SIGQUIT: quit` and every
/// goroutine of every runtime to stderr and end with status 2, as a Go program does. How much it
/// writes `GOTRACEBACK` says. Whatever handled the signal before does not any more.
///
/// It costs a sleeping thread. Calling it again does nothing.
///
/// # Panics
/// If there can be no such thread.
pub fn dump_on_quit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let watch = || {
            std::thread::Builder::new()
                .name("gompa-quit".into())
                .stack_size(1 << 20)
                .spawn(watch)
        };
        crate::switch::on_carrier(watch).expect("a thread that waits for SIGQUIT");
        // SAFETY: zero is a valid sigaction; the handler only does what a handler may.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_quit as *const () as usize;
            action.sa_flags = libc::SA_ONSTACK | libc::SA_RESTART;
            libc::sigaction(libc::SIGQUIT, &action, std::ptr::null_mut());
        }
    });
}

extern "C" fn on_quit(_: i32) {
    let errno = io::Error::last_os_error().raw_os_error().unwrap_or(0);
    QUIT.store(1, SeqCst);
    futex::wake(&QUIT, 1);
    // SAFETY: the thread's own.
    unsafe { *libc::__errno_location() = errno };
}

fn watch() {
    // It wakes no goroutine, so it does not speak against a deadlock.
    let _asleep = AsleepForGood::new();
    while QUIT.load(SeqCst) == 0 {
        futex::wait(&QUIT, 0, None);
    }
    fatal::quit()
}
