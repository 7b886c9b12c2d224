//! Inflaters.

/// What a connection needs to inflate.
#[derive(Debug)]
pub(crate) struct Inflater;
