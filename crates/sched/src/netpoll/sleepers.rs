//! The two ways to sleep until a socket is ready: a goroutine parks, a plain thread polls.

use super::doorbell::Doorbell;
use super::side::{Sleeper, Slept};
use super::waiters::Caller;
use super::{Interest, Poller};
use gompa_park::time::Nanos;
use gompa_park::{Parker, WaitReason, Wake};
use std::io;
use std::os::fd::BorrowedFd;

/// A goroutine, woken by whoever polls. Counted in [`Poller::waiters`] while it lives.
#[derive(Debug)]
pub(super) struct Parked<'a> {
    parker: Parker,
    poller: &'a Poller,
}

impl<'a> Parked<'a> {
    pub(super) fn new(poller: &'a Poller) -> Self {
        poller.enter();
        Parked {
            parker: Parker::current(),
            poller,
        }
    }
}

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        self.poller.leave();
    }
}

impl Sleeper for Parked<'_> {
    fn caller(&self) -> Caller {
        Caller::Parked(self.parker.unparker())
    }

    fn sleep(&self, until: Nanos) -> Slept {
        match self.parker.park_cuttable(WaitReason::IoWait, until) {
            Wake::Unparked => Slept::Woken,
            Wake::TimedOut => Slept::TimedOut,
            Wake::Interrupted => Slept::Interrupted,
        }
    }

    fn sleep_claimed(&self) {
        self.parker.park_claimed(WaitReason::IoWait);
    }

    fn abandon(&self) -> ! {
        self.parker.abandon()
    }
}

/// A plain thread. It needs nobody who polls: it asks the system about this one socket.
#[derive(Debug)]
pub(super) struct Polling<'a> {
    doorbell: Doorbell,
    fd: BorrowedFd<'a>,
    interest: Interest,
}

impl<'a> Polling<'a> {
    pub(super) fn new(fd: BorrowedFd<'a>, interest: Interest) -> io::Result<Self> {
        Ok(Polling {
            doorbell: Doorbell::take()?,
            fd,
            interest,
        })
    }
}

impl Sleeper for Polling<'_> {
    fn caller(&self) -> Caller {
        Caller::Polling(self.doorbell.ringer())
    }

    fn sleep(&self, until: Nanos) -> Slept {
        self.doorbell.sleep(self.fd, self.interest, until)
    }

    fn sleep_claimed(&self) {
        self.doorbell.answer();
    }

    fn abandon(&self) -> ! {
        unreachable!("nobody interrupts a plain thread")
    }
}
