//! Errors.

use crate::raw::NoMemory;
use std::alloc::Layout;

/// There is no memory for as many entries as were asked for. The map is as it was: ask for less, or
/// go on without.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TryReserveError {
    /// More than there can be addresses for.
    #[error("memory allocation failed because the computed capacity exceeded the maximum")]
    CapacityOverflow,
    /// The system has not got it.
    #[error("memory allocation of {} bytes failed", layout.size())]
    AllocError {
        /// What was asked for.
        layout: Layout,
    },
}

impl From<NoMemory> for TryReserveError {
    fn from(error: NoMemory) -> Self {
        match error {
            NoMemory::Size => TryReserveError::CapacityOverflow,
            NoMemory::Alloc(layout) => TryReserveError::AllocError { layout },
        }
    }
}
