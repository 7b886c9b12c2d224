//! What a runtime may tell the collector, and be told. Nothing here is needed: alone the crate works
//! on plain threads.

use std::sync::OnceLock;
use std::thread::available_parallelism;

/// What a runtime wants to know, and what it knows better than we do.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Hooks {
    /// Called once after each cycle, on the cleanup thread, where destructors run: pools whose
    /// contents age, say.
    pub after_cycle: fn(),
    /// Processors that the program's code may use: GOMAXPROCS.
    pub procs: fn() -> usize,
}

impl Default for Hooks {
    fn default() -> Self {
        Hooks {
            after_cycle: || {},
            procs: system,
        }
    }
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// Installs them, once for the process; false if some are installed already.
pub fn install(hooks: Hooks) -> bool {
    HOOKS.set(hooks).is_ok()
}

pub(super) fn is_any() -> bool {
    HOOKS.get().is_some()
}

pub(super) fn after_cycle() {
    if let Some(hooks) = HOOKS.get() {
        (hooks.after_cycle)();
    }
}

/// Processors there are for us.
pub(super) fn procs() -> usize {
    HOOKS
        .get()
        .map_or_else(system, |hooks| (hooks.procs)())
        .max(1)
}

fn system() -> usize {
    static SYSTEM: OnceLock<usize> = OnceLock::new();
    *SYSTEM.get_or_init(|| available_parallelism().map_or(1, usize::from))
}
