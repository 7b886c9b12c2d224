//! A context below a foreign one, which ends by means of its own.
//!
//! If that can register functions, ours is registered. If not, a goroutine (or thread) waits at its
//! done channel: the only one this crate starts for the sake of waiting, and the reason why the end
//! of such a context reaches those below it a little later.

use super::{Ended, Node, of};
use crate::error::Error;
use crate::foreign::Stranger;
use crate::node::{NodeRef, NodeWeak, Of};
use gompa_chan::{self as chan, select};
use gompa_park::{host, timer};
use std::ptr::NonNull;

/// Lets the new `child` end when the foreign context above it does.
pub(super) fn join(child: &NodeRef, stranger: NonNull<Of<Stranger>>) {
    // SAFETY: above the child, hence there.
    let foreign = &*unsafe { stranger.as_ref() }.rest.0;
    if foreign.err().is_some() {
        follow(&child.downgrade());
        return;
    }
    let weak = child.downgrade();
    let leave: Box<dyn FnOnce() + Send> = match foreign.after_func(Box::new(move || follow(&weak)))
    {
        Some(stop) => Box::new(move || {
            stop();
        }),
        None => wait_beside(
            child,
            foreign
                .done()
                .cloned()
                .unwrap_or_else(|| chan::Chan::nil().into()),
        ),
    };
    let mut late = Some(leave);
    of(child).rest.locked(|tree| {
        // SAFETY: 1. the lock is held.
        if let Some(rare) = unsafe { tree.rare() }
            && !tree.has_ended()
        {
            rare.leave = late.take();
        }
    });
    if let Some(leave) = late {
        leave();
    }
}

/// Starts somebody who waits at `done`; returns what calls that off.
fn wait_beside(child: &NodeRef, done: chan::Receiver<()>) -> Box<dyn FnOnce() + Send> {
    let weak = child.downgrade();
    let gone = chan::make::<()>(0);
    let quit = gone.clone();
    host::spawn(Box::new(move || {
        select! {
            recv(done) -> _ => follow(&weak),
            recv(gone) -> _ => {}
        }
    }));
    Box::new(move || quit.close())
}

/// The foreign parent has ended: so does the child, if it is still there.
fn follow(child: &NodeWeak) {
    if let Some(child) = child.upgrade() {
        let parent = child.parent();
        // Its promise is to have an error now; it is foreign, so we make do without.
        let error = parent.err().unwrap_or(Error::Canceled);
        let cause = parent.cause();
        child.end(Ended { error, cause });
    }
}

impl Node {
    /// It has ended by itself: tells the foreign parent, if it knows of us.
    pub(super) fn leave_stranger(&self) {
        if self.rest.rare.is_none() {
            return;
        }
        let leave = self.rest.locked(|tree| {
            // SAFETY: 1. the lock is held.
            unsafe { tree.rare() }.and_then(|rare| rare.leave.take())
        });
        match leave {
            None => {}
            // Foreign code, which may block.
            Some(leave) if timer::in_callback() => host::spawn(leave),
            Some(leave) => leave(),
        }
    }
}
