//! A future driven by whoever runs here: the goroutine (or thread) parks, its worker does not.
//!
//! A [`Waker`](std::task::Waker) may be cloned, kept and called at any time, from anywhere, so it
//! cannot be an [`Unparker`], which is for one call. It shares a slot with the waiter: the waiter
//! leaves its `Unparker` there before it parks, and whoever takes it out (the first `wake`, or the
//! waiter itself) has the claim.

use crate::lock::Lock;
use crate::reason::WaitReason;
use crate::time::NEVER;
use crate::waiter::{Parker, Unparker, Wake};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Where the waiter and its wakers meet.
enum Slot {
    /// Nobody waits, nobody has called.
    Idle,
    /// Called since the last poll: poll again.
    Called,
    /// The waiter waits; whoever takes this wakes it.
    Waiting(Unparker),
}

struct Signal {
    slot: Lock<Slot>,
}

impl std::task::Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let before = std::mem::replace(&mut *self.slot.lock(), Slot::Called);
        if let Slot::Waiting(unparker) = before {
            // SAFETY: 1. taking it out of the slot is the claim. 2. a waiter withdraws only by
            // finding it still there.
            unsafe { unparker.unpark() }
        }
    }
}

impl Signal {
    /// Returns once called since the last return.
    fn wait(&self) {
        let parker = Parker::current();
        {
            let mut slot = self.slot.lock();
            if let Slot::Called = *slot {
                *slot = Slot::Idle;
                return;
            }
            *slot = Slot::Waiting(parker.unparker());
        }
        if parker.park(WaitReason::Future, NEVER) != Wake::Unparked {
            let mut slot = self.slot.lock();
            if let Slot::Waiting(_) = *slot {
                *slot = Slot::Idle;
                drop(slot);
                parker.abandon();
            }
            drop(slot);
            parker.park_claimed(WaitReason::Future);
        }
        *self.slot.lock() = Slot::Idle;
    }
}

/// Runs `future` to its end. The goroutine (or, outside of one, the thread) parks while the future
/// is not ready; its worker runs others.
///
/// # Panics
/// Where the future does.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let signal = Arc::new(Signal {
        slot: Lock::new(Slot::Idle),
    });
    let waker = std::task::Waker::from(signal.clone());
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        signal.wait();
    }
}
