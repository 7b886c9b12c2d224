//! Functions of libc that must know goroutines, defined in the executable and hence in front of
//! libc's own: everybody's calls come here, the loader's and libc's included.
//!
//! On an OS thread's own thread-locals each of them is libc's function and nothing more.
//!
//! - [`malloc`]: the malloc family, on the carrier's thread-locals.
//! - [`thread_end`]: where destructors of thread-locals are registered, and `pthread_exit`.
//! - [`random`]: random numbers, there as well.
//! - [`stack_bounds`]: the bounds of the stack.
//! - [`next`]: libc's function behind one of ours.
//!
//! Not here: `raise` and `abort`. libc asks the kernel for the id of the thread that calls them, so
//! they work on a goroutine, and a handler runs on the goroutine's thread-locals, as it should.

mod malloc;
mod next;
mod random;
mod stack_bounds;
mod thread_end;

use super::carrier::{current, on_carrier};
use super::unsupported::Unsupported;
use std::ffi::{CStr, c_void};

/// A name and what it must stand for in this process.
type Symbol = (&'static CStr, *const c_void);

/// Do the names stand for our functions?
///
/// They do in an executable that links this crate. They do not in a library that another program
/// loads, nor if the linker was told to keep the executable's symbols to itself. To ask is also
/// what makes the linker keep the functions.
pub(super) fn check() -> Result<(), Unsupported> {
    let symbols = malloc::symbols().into_iter().chain(thread_end::symbols());
    let symbols = symbols
        .chain(random::symbols())
        .chain(stack_bounds::symbols());
    for (name, ours) in symbols {
        // SAFETY: a look-up by name.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        if !std::ptr::eq(found, ours) {
            let name = name.to_str().expect("written here, in ASCII");
            return Err(Unsupported::Interposition { name });
        }
    }
    Ok(())
}

/// Runs `f` on the OS thread's thread-locals; if it `failed`, errno is passed on.
#[inline]
fn on_carrier_with_errno<R>(f: impl FnOnce() -> R, failed: impl FnOnce(&R) -> bool) -> R {
    if current().is_null() {
        return f();
    }
    let (result, errno) = on_carrier(|| {
        let result = f();
        // SAFETY: errno is always there.
        let errno = failed(&result).then(|| unsafe { *libc::__errno_location() });
        (result, errno)
    });
    if let Some(errno) = errno {
        // SAFETY: as above, now the goroutine's.
        unsafe { *libc::__errno_location() = errno };
    }
    result
}
