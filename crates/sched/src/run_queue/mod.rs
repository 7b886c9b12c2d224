//! A P's local run queue: a ring of goroutines with one owner and many thieves, and the `runnext`
//! slot.
//!
//! ```text
//!          head (owner and thieves take: compare-and-swap)
//!           v
//!   [ ][ ][G][G][G][G][ ][ ]        256 slots, index = counter mod 256
//!                       ^
//!                      tail (the owner alone puts: plain store)
//! ```
//!
//! `head` and `tail` count freely and wrap at 2^32; `tail - head` is the length. A taker reads the
//! slots first and makes them its own by moving `head`; if the move fails it forgets what it read.
//! A slot is overwritten only once `head` has passed it, so what a successful taker read was whole.
//!
//! A full ring gives half of itself, and the newcomer, to the global queue.
//!
//! `runnext` holds the goroutine readied last. It runs next and inherits the time slice, so two
//! goroutines that wake each other share one slice and cannot starve the rest. Thieves take it last
//! (see `find::steal`).

mod ring;
#[cfg(test)]
mod tests;

pub(crate) use ring::RunQueue;
