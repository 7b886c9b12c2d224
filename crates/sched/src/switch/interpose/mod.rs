//! Functions of libc that must know goroutines, defined in the executable and hence in front of
//! libc's own: everybody's calls come here, the loader's and libc's included.
//!
//! On an OS thread's own thread-locals each of them is libc's function and nothing more.
//!
//! - [`malloc`]: the malloc family, on the carrier's thread-locals.
//! - [`thread_end`]: where destructors of thread-locals are registered, and `pthread_exit`.
//! - [`stack_bounds`]: `pthread_getattr_np`.
//! - [`next`]: libc's function behind one of ours.
//!
//! Not here: `raise` and `abort`. libc asks the kernel for the id of the thread that calls them, so
//! they work on a goroutine, and a handler runs on the goroutine's thread-locals, as it should.

mod malloc;
mod next;
mod stack_bounds;
mod thread_end;

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
    for (name, ours) in symbols.chain(stack_bounds::symbols()) {
        // SAFETY: a look-up by name.
        let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
        if !std::ptr::eq(found, ours) {
            let name = name.to_str().expect("written here, in ASCII");
            return Err(Unsupported::Interposition { name });
        }
    }
    Ok(())
}
