//! Goroutines in their barest form, [`world`], and what must hold on their thread-locals.

mod blocks;
mod destructors;
mod fatal;
mod libc_state;
mod libraries;
mod panics;
mod values;
mod world;
