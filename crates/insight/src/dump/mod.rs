//! Every goroutine with its stack, in the texts of Go's goroutine profile.
//!
//! - [`write_each`]: one after the other, with state, minutes waited, creator (`debug=2`).
//! - [`write_grouped`]: equal stacks once, with how many (`debug=1`).
//! - [`write_sample`]: about so many of them, where all would be too many to read.
//!
//! # What it costs
//! Nobody is stopped. A goroutine that waits is held where it is for the about one microsecond its
//! stack is walked in; it does not run for that, and touches no memory. Whoever wakes it just then
//! waits for it so long. One that runs is listed without its stack, one that has not begun without
//! any. Names cost some ten microseconds for each address that was not seen before.

use crate::profile::{Profile, write_profile_text};
use gompa_sched::debug::{Look, Of, Text, each_stack};
use std::io::{self, Write};
use std::ops::ControlFlow;

/// Writes every goroutine of the process.
///
/// # Errors
/// Those of `out`.
pub fn write_each(out: &mut dyn Write) -> io::Result<()> {
    write_sample(out, usize::MAX)
}

/// Writes about `most` goroutines of the process, taken evenly.
///
/// # Errors
/// Those of `out`.
pub fn write_sample(out: &mut dyn Write, most: usize) -> io::Result<()> {
    let mut text = Text::new();
    let mut result = Ok(());
    each_stack(Look::at(Of::All).most(most), |g| {
        result = text.write(out, g);
        match result {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    result
}

/// Writes the goroutines of the process, those with equal stacks and states together.
///
/// # Errors
/// Those of `out`.
pub fn write_grouped(out: &mut impl Write) -> io::Result<()> {
    write_profile_text(Profile::Goroutine, out)
}
