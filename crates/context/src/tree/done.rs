//! The channel that is closed when a context ends: made when somebody asks for it.

use super::{ERROR, MADE, Node, Tree};
use gompa_chan::{self as chan, Chan, Receiver};
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::LazyLock;

/// Both faces of the channel: one to close it, one to show.
pub(super) struct Done {
    pub(super) channel: Chan<()>,
    receiver: Receiver<()>,
}

impl Node {
    /// The channel that is closed when it ends.
    #[inline]
    pub(crate) fn done(&self) -> &Receiver<()> {
        if self.rest.state.load(Acquire) & MADE != 0 {
            return self.rest.made();
        }
        self.rest.make_done()
    }
}

impl Tree {
    fn made(&self) -> &Receiver<()> {
        // SAFETY: MADE has been seen: written before that and never again.
        let done = self.done.with(|d| unsafe { (*d).as_ref() });
        &done.expect("made").receiver
    }

    #[cold]
    fn make_done(&self) -> &Receiver<()> {
        // In a model each has a channel of its own: one for all would outlive the model.
        let shared = |state: u8| !cfg!(loom) && state & MADE == 0 && state & ERROR != 0;
        if shared(self.state.load(Acquire)) {
            return closed();
        }
        let channel = chan::make(0);
        let receiver = channel.receiver();
        let mut done = Some(Done { channel, receiver });
        let state = self.locked(|tree| {
            let state = tree.state.load(Relaxed);
            if state & MADE != 0 || shared(state) {
                return state;
            }
            if let Some(done) = &done
                && state & ERROR != 0
            {
                done.channel.close_quietly(&mut chan::Wakes::default());
            }
            // SAFETY: nobody reads it before MADE, and nobody else writes under the lock.
            tree.done.with_mut(|d| unsafe { *d = done.take() });
            tree.state.store(state | MADE, Release);
            state | MADE
        });
        if shared(state) { closed() } else { self.made() }
    }
}

/// A closed channel, for those who ask for the first time after the end.
fn closed() -> &'static Receiver<()> {
    static CLOSED: LazyLock<Receiver<()>> = LazyLock::new(|| {
        let channel = chan::make(0);
        channel.close();
        channel.into()
    });
    &CLOSED
}
