//! Making a runtime and running in it.

use super::procs::{MAX, Procs};
use super::sleeper::Sleeper;
use super::{OPEN, Sched};
use crate::deadlock;
use crate::fatal;
use crate::global::Global;
use crate::goroutine::slab::Slab;
use crate::goroutine::task;
use crate::host;
use crate::machine::Machines;
use crate::monitor::{self, Monitor};
use crate::netpoll::Poller;
use crate::stack::overflow;
use crate::stack::pool::Pool;
use crate::switch;
use crate::trace;
use gompa_park::init_trace::traced;
use gompa_park::time;
use gompa_park::waiter::Goexit;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};
use std::sync::{Arc, OnceLock, Weak};

/// Usable bytes of a stack unless said otherwise. Virtual: touched pages are what counts. Code
/// without optimization needs several times as much.
const STACK_SIZE: usize = if cfg!(debug_assertions) {
    1 << 20
} else {
    256 << 10
};
/// The smallest stack: what unwinding with a backtrace needs, and a thread-local block.
const MIN_STACK: usize = 32 << 10;
/// The largest: a region holds a few at least.
const MAX_STACK: usize = 1 << 30;

/// What a runtime was asked to be.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) procs: usize,
    pub(crate) stack_size: usize,
    pub(crate) max_threads: usize,
    pub(crate) carrier_thread_locals: bool,
    pub(crate) dump_on_quit: bool,
}

/// Makes a [`Runtime`] that differs from the default one.
///
/// ```
/// let answer = gompa_sched::Builder::new().procs(2).run(|| 42);
/// assert_eq!(answer, 42);
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    config: Config,
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

impl Builder {
    /// Defaults: as many Ps as `GOMAXPROCS` in the environment says, else one for each processor
    /// this process may use; stacks of 256 KiB (1 MiB in builds without optimization); at most
    /// 10 000 threads.
    pub fn new() -> Builder {
        Builder {
            config: Config {
                procs: default_procs(),
                stack_size: STACK_SIZE,
                max_threads: 10_000,
                carrier_thread_locals: false,
                dump_on_quit: false,
            },
        }
    }

    /// How many goroutines may run at the same time.
    ///
    /// # Panics
    /// If `n` is 0 or above 1024.
    #[track_caller]
    pub fn procs(mut self, n: usize) -> Builder {
        assert!(
            (1..=MAX).contains(&n),
            "procs must be between 1 and {MAX}, not {n}"
        );
        self.config.procs = n;
        self
    }

    /// Usable bytes of each goroutine's stack, at the least: rounded up to a power of two, and
    /// to 64 KiB. Address space, not memory: a stack costs the pages it has touched.
    ///
    /// # Panics
    /// If it is below 32 KiB (a panic with a backtrace would overflow it) or above 1 GiB.
    #[track_caller]
    pub fn stack_size(mut self, bytes: usize) -> Builder {
        assert!(
            (MIN_STACK..=MAX_STACK).contains(&bytes),
            "stack_size must be between 32 KiB and 1 GiB, not {bytes}"
        );
        self.config.stack_size = bytes;
        self
    }

    /// How many threads there may be. One more ends the process with Go's "thread exhaustion".
    ///
    /// # Panics
    /// If it is not above the number of Ps by at least one at [`build`](Self::build).
    pub fn max_threads(mut self, n: usize) -> Builder {
        self.config.max_threads = n;
        self
    }

    /// `SIGQUIT` shows every goroutine and ends the process, as in Go: see
    /// [`debug::dump_on_quit`](crate::debug::dump_on_quit). It is the process's from then on, whatever
    /// becomes of the runtime.
    pub fn dump_on_quit(mut self) -> Builder {
        self.config.dump_on_quit = true;
        self
    }

    /// Goroutines use the thread-locals of whichever thread carries them: a switch is some 12 ns
    /// cheaper, and runs where own thread-locals are not possible.
    ///
    /// # Safety
    /// 1. No goroutine of the runtime keeps a borrow of, or a handle into, a thread-local across a
    ///    call that may park (nor does any library it uses, the lock of stdout included).
    /// 2. The compiler may keep a thread-local's address across such a call where both are in one
    ///    function after inlining; code that touches a thread-local on both sides of a switch keeps
    ///    each access in a function of its own that is never inlined.
    pub unsafe fn carrier_thread_locals(mut self) -> Builder {
        self.config.carrier_thread_locals = true;
        self
    }

    /// Starts the runtime.
    ///
    /// # Panics
    /// If it is not possible here (see `crates/sched/src/switch/README.md`): the message names what is missing.
    #[track_caller]
    pub fn build(self) -> Runtime {
        let Config {
            procs, max_threads, ..
        } = self.config;
        assert!(
            max_threads > procs,
            "max_threads must be above the number of Ps ({procs}), not {max_threads}"
        );
        let layout = if self.config.carrier_thread_locals {
            None
        } else {
            match traced("gompa_sched::switch", switch::own_thread_locals) {
                Ok(layout) => Some(layout),
                Err(why) => panic!("goroutines cannot have their own thread-locals here: {why}"),
            }
        };
        if let Err(e) = traced("gompa_sched::netpoll", Poller::global) {
            panic!("cannot make the network poller: {e}");
        }
        traced("gompa_sched", || self.start(layout))
    }

    fn start(self, layout: Option<&'static switch::Layout>) -> Runtime {
        gompa_park::barrier::register();
        overflow::install_handler();
        trace::ticks::begin();
        trace::listen_to_notes();
        if self.config.dump_on_quit {
            crate::debug::dump_on_quit();
        }
        let sched = Arc::new_cyclic(|me: &Weak<Sched>| Sched {
            me: me.clone(),
            layout,
            slab: Slab::new(),
            stacks: Pool::new(self.config.stack_size),
            config: self.config,
            global: Global::new(),
            procs: Procs::new(),
            machines: Machines::new(),
            monitor: Monitor::new(),
            sleeper: Sleeper::new(),
            state: AtomicU8::new(OPEN),
            orphaned: AtomicBool::new(false),
            clock: AtomicU64::new(time::now()),
            outside_spawned: AtomicU64::new(0),
            outside_ended: AtomicU64::new(0),
            system: AtomicU64::new(0),
            started: time::now(),
        });
        sched.set_procs(sched.config.procs);
        deadlock::register(&sched);
        monitor::start(&sched);
        Runtime { sched }
    }

    /// Makes a runtime, runs `f` as its main goroutine, shuts it down and returns what `f` returned.
    /// See [`run`].
    #[track_caller]
    pub fn run<T: Send + 'static>(self, f: impl FnOnce() -> T + Send + 'static) -> T {
        self.build().run(f)
    }
}

fn default_procs() -> usize {
    let asked = std::env::var("GOMAXPROCS")
        .ok()
        .and_then(|s| s.trim().parse::<usize>().ok());
    asked
        .filter(|n| *n > 0)
        .or_else(|| std::thread::available_parallelism().ok().map(|n| n.get()))
        .unwrap_or(1)
        .min(MAX)
}

/// A scheduler with its threads. Dropping it shuts it down and waits for that: waiting and yielding
/// goroutines unwind (their destructors run), fresh ones end without having run, threads end.
///
/// A goroutine that stays in user code, or waits in a destructor, is not waited for longer than some
/// 400 ms. It goes on, its waits end as said, and threads and memory go when it has ended. Nor does a
/// goroutine wait that drops its own runtime.
#[derive(Debug)]
pub struct Runtime {
    pub(super) sched: Arc<Sched>,
}

impl Runtime {
    /// Runs `f` as a goroutine of this runtime and waits for it, parking the calling goroutine or
    /// blocking the calling thread. Other goroutines are not waited for.
    ///
    /// # Panics
    /// With what `f` panicked with.
    #[track_caller]
    pub fn run<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> T {
        // SAFETY: both are 'static.
        let (task, promise) = unsafe { task::new(f) };
        host::spawn_on(&self.sched, task, Location::caller());
        match promise.join() {
            Ok(value) => value,
            Err(payload) if payload.is::<Goexit>() => self.sched.main_has_exited(),
            Err(payload) => std::panic::resume_unwind(payload),
        }
    }

    /// Starts a goroutine of this runtime. See [`go`](crate::go).
    #[track_caller]
    pub fn go<T: Send + 'static>(
        &self,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> crate::JoinHandle<T> {
        crate::handle::go_on(&self.sched, f)
    }
}

impl Sched {
    /// Go's rule for `Goexit` in the main goroutine: the others go on; when none is left, the
    /// program has failed.
    fn main_has_exited(&self) -> ! {
        let _nobody_is_woken_from_here = gompa_park::thread::AsleepForGood::new();
        while self.goroutines() > 0 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        fatal::error(
            self,
            "",
            "no goroutines (main called runtime.Goexit) - deadlock!",
        )
    }
}

/// Runs `f` as the main goroutine of a new runtime and returns what it returned. Other goroutines
/// are not waited for: what they hold is dropped (see [`Runtime`]).
///
/// Works anywhere: from `main`, from any thread, from a goroutine of another runtime.
///
/// # Panics
/// With what `f` panicked with.
///
/// ```
/// let sum = gompa_sched::run(|| {
///     let parts: Vec<_> = (0..10).map(|i| gompa_sched::go(move || i * i)).collect();
///     parts.into_iter().map(|p| p.join().unwrap()).sum::<u32>()
/// });
/// assert_eq!(sum, 285);
/// ```
#[track_caller]
pub fn run<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    Builder::new().run(f)
}

/// The runtime of goroutines that plain threads start. Lives as long as the process.
#[track_caller]
pub(crate) fn default_runtime() -> &'static Sched {
    static DEFAULT: OnceLock<Runtime> = OnceLock::new();
    &DEFAULT.get_or_init(|| Builder::new().build()).sched
}
