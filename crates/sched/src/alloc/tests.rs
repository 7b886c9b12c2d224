//! Under this crate's tests lies an [`Allocator`]; here it is shaken.

use super::*;

#[global_allocator]
static GLOBAL: Allocator = Allocator::new();
