//! Goroutines in their barest form, [`world`], and what must hold on their thread-locals.

mod blocks;
mod carrier;
mod child;
mod context;
mod destructors;
mod fatal;
mod leaks;
mod libc_state;
mod libraries;
mod panics;
mod values;
pub(crate) mod world;
