//! Why goroutines cannot own their thread-locals in this process.

/// What is missing; the report of the layout follows where there is one.
#[derive(Debug, thiserror::Error)]
pub enum Unsupported {
    /// `wrfsbase` would trap.
    #[error(
        "the kernel has not enabled FSGSBASE \
         (Linux 5.9 or later does; valgrind hides it)"
    )]
    Fsgsbase,
    /// The first word of the control block is not its address.
    #[error(
        "the FS base is {fs:#x}, \
         but the thread control block says {control_block:#x}"
    )]
    ThreadPointer {
        /// What the processor has.
        fs: usize,
        /// What `fs:0` holds.
        control_block: usize,
    },
    /// A system call that the look at the layout needs failed.
    #[error("{call} failed: {error}")]
    System {
        /// Its name.
        call: &'static str,
        /// What it said.
        error: std::io::Error,
    },
    /// The feature `interpose` is off.
    #[cfg(not(feature = "interpose"))]
    #[error(
        "gompa-sched was built without its feature \
         `interpose`, so that libc would take each goroutine for a thread that never ends"
    )]
    NoInterposition,
    /// A name we define stands for somebody else's function.
    #[error(
        "{name} is not the one that gompa-sched defines \
         (it must be linked into the executable, not into a library that is loaded)"
    )]
    Interposition {
        /// The name.
        name: &'static str,
    },
    /// The program's global allocator would leave a cache behind for each goroutine.
    #[error(
        "the program's global allocator keeps caches in \
         thread-locals; wrap it: #[global_allocator] static A: Allocator<_> = Allocator::over(...)"
    )]
    Allocator,
    /// A library loaded later could claim memory of goroutines.
    #[error(
        "the loader's surplus of static thread-locals \
         cannot be closed, so a library loaded later could overwrite a goroutine's stack: {error}"
    )]
    Surplus {
        /// What the loader said.
        error: String,
    },
    /// libc does something with its threads that is not understood here.
    #[error(
        "libc lays out its threads in a way that is \
         not understood here: {oddity}\n{report}"
    )]
    Layout {
        /// The first thing that could not be explained.
        oddity: String,
        /// What was understood.
        report: String,
    },
}

impl Unsupported {
    /// The failure of `call`, from errno.
    pub(super) fn last_os_error(call: &'static str) -> Self {
        Unsupported::System {
            call,
            error: std::io::Error::last_os_error(),
        }
    }
}
