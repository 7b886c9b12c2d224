//! Walks the stack of code that does not run at the moment: from a stack pointer and what lies
//! there, by the unwind tables of the executable and its libraries.
//!
//! The walk allocates nothing and takes no lock, so a signal handler may do it; it reads the stack
//! through bounds the caller gives, so wrong tables end it early and cannot fault. The tables are
//! read by `framehop`.
//!
//! - [`modules`]: where the tables are.
//! - [`walk`]: [`Unwinder`], [`Registers`], the walk itself.
//! - [`names`]: functions, files and lines for the addresses, inlined calls included.
//!
//! Linux, x86-64.

pub mod names;

mod modules;
mod walk;

pub use walk::{MOST_FRAMES, Memory, Registers, Unwinder};
