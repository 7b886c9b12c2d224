//! How a plain thread that polls one socket can be woken for another reason.
//!
//! Such a thread sleeps in the kernel, on the socket itself, so that sockets work where no
//! scheduler runs. A closed source or a changed deadline must reach it all the same: beside the
//! socket it polls an eventfd, its doorbell. A thread has one, made when it first waits and kept in
//! a thread-local between waits. Each ring is answered, so the eventfd is at zero between waits.

use super::Interest;
use super::side::Slept;
use gompa_park::time::{self, NEVER, Nanos};
use std::cell::Cell;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

thread_local! {
    /// The thread's doorbell, unless it is in use.
    static SPARE: Cell<Option<OwnedFd>> = const { Cell::new(None) };
}

/// The waiting thread's end.
#[derive(Debug)]
pub(super) struct Doorbell {
    /// An eventfd whose reads block. `None` only while it is dropped.
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

impl Doorbell {
    /// The running thread's doorbell.
    pub(super) fn take() -> io::Result<Doorbell> {
        // A thread that is ending has no thread-locals any more: a doorbell for this wait, then.
        if let Ok(Some(spare)) = SPARE.try_with(Cell::take) {
            return Ok(Doorbell { bell: Some(spare) });
        }
        // SAFETY: no duties.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
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
            let left = (until != NEVER).then(|| timespec(until.saturating_sub(time::now())));
            let left_ptr = left.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
            // SAFETY: two initialised pollfds; the timespec, if any, outlives the call; no mask.
            let n = unsafe { libc::ppoll(fds.as_mut_ptr(), 2, left_ptr, std::ptr::null()) };
            if n > 0 {
                break;
            }
            if n == 0 {
                return Slept::TimedOut;
            }
            // A signal (or no memory in the kernel for a moment): again, with what is left.
        }
        if fds[1].revents != 0 {
            self.answer();
            return Slept::Woken;
        }
        Slept::Ready
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
