//! sched

pub mod alloc;
mod switch;
