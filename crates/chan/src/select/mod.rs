//! Waiting at many channels at once, and doing exactly one thing.
//!
//! # How a select goes
//! 1. **Look**: see which cases seem ready, without a lock; try those in random order, each on its
//!    own, until one is done. Most selects end here, with the lock of one channel.
//! 2. **Hold**: if none was ready, take all channels at once, in the order of their addresses, and
//!    look again. Now it is certain: at this moment none is ready, and the default may run.
//! 3. **Queue**: still holding all, put a node into each channel's queue, then leave all and park.
//! 4. **Wake**: one case was claimed by somebody (or the time is over, and the select claims its own
//!    wait). Take the other nodes out of their queues. Nothing remains there.
//!
//! In the end a receive case has its value, and a send case a [promise](crate::hchan::promise),
//! since its value is made only now.
//!
//! # Rooms
//! - [`run`] and [`all`]: the above. [`case`]: a case. [`order`]: random and address order. [`rng`]: chance.
//! - [`ends`]: what may stand in a case. [`slots`], [`macros`]: `select!`.
//! - [`dynamic`], [`operation`]: [`Select`], cases that are known only at run time.

pub(crate) mod all;
pub(crate) mod case;
pub(crate) mod dynamic;
pub(crate) mod ends;
pub(crate) mod few;
pub(crate) mod macros;
pub(crate) mod operation;
pub(crate) mod order;
pub(crate) mod rng;
pub(crate) mod run;
pub(crate) mod slots;

pub use all::channels_of;
pub use dynamic::{Select, SelectTimeoutError, TrySelectError};
pub use ends::{Receives, Sends};
pub use operation::SelectedOperation;
