//! The room with the unsafe code: memory, and which cells of it hold entries.
//!
//! Everything that this room shows to the others is safe to call, however wrongly. It rests on one
//! invariant, which only this room can break:
//!
//! > A cell holds an entry if and only if its tophash byte is at least `MIN_TOP`.
//!
//! Thus a byte is set to such a value only as an entry is written, and taken back before an entry is
//! moved out or dropped. No foreign code (hashing, comparing, dropping, cloning) runs in between.
//! The other rooms decide *where* entries go; if they err, entries may be lost or found twice, but
//! memory stays sound.
//!
//! - `mapping`: pages from the system.
//! - [`block`]: memory for so many buckets.
//! - [`table`]: buckets and their overflow chains.
//! - [`look`]: looking for an entry.
//! - [`change`]: writing, taking out, moving single entries.
//! - [`bulk`]: dropping, cloning and giving back all of a table.
//! - [`sweep`]: references to all entries, one after another.

mod block;
mod bulk;
mod change;
mod look;
mod mapping;
mod matches;
mod prefetch;
mod sweep;
mod table;

pub use block::NoMemory;
pub use bulk::Remains;
pub use look::Probe;
pub use sweep::{Sweep, SweepMut, disjoint};
pub use table::{Place, Table};
