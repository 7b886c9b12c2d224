//! Under this crate's tests lies an [`Allocator`] over one that checks it: every block goes back
//! with the layout it came with.

mod caches;
mod checked;
mod classes;
mod depot;
mod stress;

use super::Allocator;
use checked::Checked;

#[global_allocator]
static GLOBAL: Allocator<Checked> = Allocator::over(Checked);
