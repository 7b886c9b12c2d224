//! What goes wrong when goroutines share the thread-locals of the threads that carry them, tried.
//!
//! Everything here runs on goroutines that change threads all the time (see [`world`]): values and
//! borrows of thread-locals, their destructors, panics, locks that know their owner, what libc
//! keeps for a thread, libraries loaded later, child processes. Most of it fails or hangs where a
//! goroutine's thread-locals are its thread's.

#![cfg(feature = "interpose")]

mod destructors;
mod leaks;
mod libc_state;
mod libraries;
mod locks;
mod panics;
mod processes;
mod randomness;
mod stress;
mod threads;
mod values;
mod world;
