//! How a plain thread that polls one socket can be woken for another reason.
//!
//! Such a thread sleeps in the kernel, on the socket itself, so that sockets work where no
//! scheduler runs. A closed source or a changed deadline must reach it all the same, and so must the
//! end of a context: beside the socket it polls an eventfd, its doorbell. A thread has one, made when
//! it first waits and kept in a thread-local between waits. The eventfd counts rings, and each is
//! answered for itself, so it is at zero between waits. Rings look alike: who polls is rung once if
//! its wait is claimed, and once if it is cut, and knows of the latter.

use super::Interest;
use super::side::Slept;
use gompa_park::thread::{Polled, poll_cuttable};
use gompa_park::time::{self, ENDLESS, Nanos};
use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

thread_local! {
    /// The thread's doorbell, unless it is in use.
    static SPARE: Cell<Option<OwnedFd>> = const { Cell::new(None) };
}

/// The waiting thread's end.
#[derive(Debug)]
pub(super) struct Doorbell {
    /// An eventfd whose reads block, and take one ring each. `None` only while it is dropped.
    bell: Option<OwnedFd>,
}

/// The other end: rings once for each claim.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ringer {
    /// The eventfd. Open until the ring is answered: the waiter waits for that.
    bell: RawFd,
}

impl Ringer {
    pub(super) fn ring(self) {
        let one = 1u64;
        // SAFETY: eight readable bytes. The eventfd is open: its thread keeps it until it has
        // answered this ring.
        let written = unsafe { libc::write(self.bell, (&raw const one).cast(), 8) };
        debug_assert_eq!(
            written, 8,
            "one waiter, one ring: the counter cannot overflow"
        );
    }
}

/// What ended a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Polling {
    Bell,
    Ready,
    TimedOut,
}

impl Doorbell {
    /// The running thread's doorbell.
    pub(super) fn take() -> io::Result<Doorbell> {
        // A thread that is ending has no thread-locals any more: a doorbell for this wait, then.
        if let Ok(Some(spare)) = SPARE.try_with(Cell::take) {
            return Ok(Doorbell { bell: Some(spare) });
        }
        // SAFETY: no duties.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_SEMAPHORE) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a descriptor just made, owned by nobody else.
        let bell = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Doorbell { bell: Some(bell) })
    }

    fn raw(&self) -> RawFd {
        self.bell.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    pub(super) fn ringer(&self) -> Ringer {
        Ringer { bell: self.raw() }
    }

    /// Waits for the ring and answers it.
    pub(super) fn answer(&self) {
        let mut count = 0u64;
        loop {
            // SAFETY: eight writable bytes.
            let got = unsafe { libc::read(self.raw(), (&raw mut count).cast(), 8) };
            if got == 8 {
                return;
            }
            // Anything else is a signal: the descriptor is ours and blocks.
        }
    }

    /// Sleeps until `fd` is ready, the bell has rung, or `until`.
    pub(super) fn sleep(&self, fd: BorrowedFd<'_>, interest: Interest, until: Nanos) -> Slept {
        let Some(bell) = &self.bell else {
            unreachable!("there until it is dropped");
        };
        match poll_cuttable(bell.as_fd(), || self.poll(fd, interest, until)) {
            Polled::Done(Polling::Bell) => {
                self.answer();
                Slept::Woken
            }
            Polled::Done(Polling::Ready) => Slept::Ready,
            Polled::Done(Polling::TimedOut) | Polled::Unbegun => Slept::TimedOut,
            Polled::Rung(_) => {
                self.answer(); // one ring; if there is another, it is the claimer's
                Slept::TimedOut
            }
        }
    }

    fn poll(&self, fd: BorrowedFd<'_>, interest: Interest, until: Nanos) -> Polling {
        let events = match interest {
            Interest::Read => libc::POLLIN,
            Interest::Write => libc::POLLOUT,
        };
        let mut fds = [(fd.as_raw_fd(), events), (self.raw(), libc::POLLIN)].map(|(fd, events)| {
            libc::pollfd {
                fd,
                events,
                revents: 0,
            }
        });
        loop {
            let left = (until < ENDLESS).then(|| timespec(until.saturating_sub(time::now())));
            let left_ptr = left.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
            // SAFETY: two initialised pollfds; the timespec, if any, outlives the call; no mask.
            let n = unsafe { libc::ppoll(fds.as_mut_ptr(), 2, left_ptr, std::ptr::null()) };
            if n > 0 {
                break;
            }
            if n == 0 {
                return Polling::TimedOut;
            }
            // A signal (or no memory in the kernel for a moment): again, with what is left.
        }
        if fds[1].revents != 0 {
            return Polling::Bell;
        }
        Polling::Ready
    }
}

impl Drop for Doorbell {
    fn drop(&mut self) {
        let bell = self.bell.take();
        let _ = SPARE.try_with(|spare| spare.set(bell));
    }
}

fn timespec(ns: Nanos) -> libc::timespec {
    libc::timespec {
        tv_sec: (ns / 1_000_000_000) as libc::time_t,
        tv_nsec: (ns % 1_000_000_000) as libc::c_long,
    }
}
