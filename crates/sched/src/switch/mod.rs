//! Context switch, and a goroutine's own thread-locals.
//!
//! A goroutine owns a thread control block and static thread-locals at the top of its stack; the
//! switch sets the FS base. For the compiler, std, libc and every crate it is a thread: the address
//! of a thread-local is fixed for its life, wherever it runs. README.md beside this file tells the
//! protocol between block, carrier and libc.
//!
//! - [`context`]: the instructions: switch, first frame, FS base.
//! - [`layout`]: the block; [`image`]: writing it fast; [`learn`]: how its layout is found out.
//! - [`carrier`]: the OS thread under a goroutine.
//! - [`destructors`], [`dtv`]: what is left to do at a goroutine's end.
//! - [`interpose`]: functions of libc that must know goroutines, defined in front of it.
//! - [`surplus`]: why no library loaded later can claim memory of goroutines.
//! - [`platform`], [`unsupported`]: where all this is possible, and why not.

// Without interposition no goroutine has thread-locals of its own: much of this is unused then.
#![cfg_attr(not(feature = "interpose"), allow(dead_code))]

pub(crate) mod carrier;
mod context;
mod destructors;
mod dtv;
mod image;
#[cfg_attr(not(feature = "interpose"), path = "interpose_off.rs")]
mod interpose;
mod layout;
mod learn;
mod platform;
mod surplus;
mod unsupported;

pub(crate) use carrier::{Carrier, arrived, on_carrier};
#[cfg(test)]
pub(crate) use context::fs_base;
pub(crate) use context::{is_outermost, prepare, saved_registers, switch, switch_keep_fs};
pub(crate) use destructors::end_thread_locals;
pub(crate) use layout::{Block, Layout, own_thread_locals};

#[cfg(test)]
pub(crate) mod tests;
