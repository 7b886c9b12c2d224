//! Closing: nobody waits at a closed channel, so all who do are woken.

use super::Core;
use super::gate::{CLOSED, RECV_WAIT, SEND_WAIT};
use super::waiter::{Outcome, WakeList};

impl Core {
    /// Closes the channel; false if it was closed already.
    ///
    /// What is in the ring stays there to be received. Who has met its partner already (see
    /// [`promise`](super::promise)) is not concerned: their rendezvous came before.
    pub(crate) fn close(&self) -> bool {
        let mut list = WakeList::new();
        let closed = self.close_onto(&mut list);
        list.wake();
        closed
    }

    /// Closes the channel and leaves those to be woken on `list`; false if it was closed already.
    pub(crate) fn close_onto(&self, list: &mut WakeList) -> bool {
        let held = self.enter();
        if held.has(CLOSED) {
            return false;
        }
        for queue in [&self.gate.recvq, &self.gate.sendq] {
            // SAFETY: 1. held. 2. the list concludes it; it is unparked below.
            while let Some(waiter) = unsafe { queue.pop() } {
                list.push(waiter, Outcome::Closed);
            }
        }
        held.set(RECV_WAIT | SEND_WAIT, false);
        held.set(CLOSED, true);
        true
    }
}
