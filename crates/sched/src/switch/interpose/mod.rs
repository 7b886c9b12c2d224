//! Functions of libc that must know goroutines, defined in the executable and hence in front of
//! libc's own: everybody's calls come here, the loader's and libc's included.
//!
//! On an OS thread's own thread-locals each of them is libc's function and nothing more.

pub(super) mod malloc;
pub(super) mod thread_end;
