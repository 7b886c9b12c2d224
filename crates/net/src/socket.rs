//! What all sockets have in common: how an operation is tried, waits and is limited.

use gompa_park::time::{self, NEVER, Nanos};
use gompa_sched::netpoll::{Interest, Source, Ticket};
use std::cell::LazyCell;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

/// No ticket: see [`Socket::drained`].
const NOT_DRAINED: u64 = u64::MAX;

/// A socket and what its handles share.
#[derive(Debug)]
pub(crate) struct Socket<T: AsFd> {
    source: Source<T>,
    /// Whether operations return `WouldBlock` rather than wait. Written by `set_nonblocking`.
    nonblocking: AtomicBool,
    /// How long a reading operation may wait, in nanoseconds; [`NEVER`] for no limit.
    read_timeout: AtomicU64,
    /// Likewise for a writing one.
    write_timeout: AtomicU64,
    /// The ticket of the latest read that proved the stream empty. While the ticket is the same, it
    /// still is, and an attempt to read would be for nothing. Streams alone use it.
    drained: AtomicU64,
}

impl<T: AsFd> Socket<T> {
    /// `io` is in non-blocking mode.
    pub(crate) fn new(io: T) -> Socket<T> {
        Socket {
            source: Source::new(io),
            nonblocking: AtomicBool::new(false),
            read_timeout: AtomicU64::new(NEVER),
            write_timeout: AtomicU64::new(NEVER),
            drained: AtomicU64::new(NOT_DRAINED),
        }
    }

    #[inline]
    pub(crate) fn get_ref(&self) -> &T {
        self.source.get_ref()
    }

    pub(crate) fn into_inner(self) -> T {
        self.source.into_inner()
    }

    /// Does `attempt` as soon as it does not block, within the socket's limits.
    #[inline]
    pub(crate) fn io<R>(
        &self,
        interest: Interest,
        mut attempt: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.io_within(interest, || self.limit(interest), |io, _| attempt(io))
    }

    /// Likewise, but waits until `limit` at most, which is asked for when the wait begins; and tells
    /// `attempt` the ticket under which it is made.
    #[inline]
    pub(crate) fn io_within<R>(
        &self,
        interest: Interest,
        limit: impl FnOnce() -> Nanos,
        mut attempt: impl FnMut(&T, Ticket) -> io::Result<R>,
    ) -> io::Result<R> {
        self.source.check(interest)?;
        let limit = LazyCell::new(limit);
        loop {
            let seen = self.source.ticket(interest);
            match attempt(self.get_ref(), seen) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock && !self.nonblocking() => {
                    self.source.wait(interest, seen, *limit)?;
                }
                done => return done,
            }
        }
    }

    /// Does `read` on a stream, for at most `room` bytes. A read that gives fewer has emptied the
    /// stream: as long as nothing happens the next one need not be tried before it waits.
    #[inline]
    pub(crate) fn read_stream(
        &self,
        room: usize,
        mut read: impl FnMut(&T) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut may_be_empty = room > 0 && !self.nonblocking();
        let limit = || self.limit(Interest::Read);
        self.io_within(Interest::Read, limit, |io, seen| {
            if may_be_empty && seen.to_bits() == self.drained.load(Relaxed) {
                may_be_empty = false;
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let n = read(io)?;
            if 0 < n && n < room && seen.is_plain() {
                self.drained.store(seen.to_bits(), Relaxed);
            }
            Ok(n)
        })
    }

    /// Waits until a stream can be read from, as `peek` tells, unless it is known to be empty.
    #[inline(never)]
    pub(crate) fn wait_readable(&self, peek: impl Fn(&T) -> io::Result<usize>) -> io::Result<()> {
        let mut waited = false;
        let limit = || self.limit(Interest::Read);
        self.io_within(Interest::Read, limit, |io, seen| {
            if waited {
                return Ok(());
            }
            waited = true;
            if !self.nonblocking() && seen.to_bits() == self.drained.load(Relaxed) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            peek(io).map(drop)
        })
    }

    /// Until when an operation that waits from now on may wait.
    pub(crate) fn limit(&self, interest: Interest) -> Nanos {
        match self.timeout_cell(interest).load(Relaxed) {
            NEVER => NEVER,
            ns => time::after(Duration::from_nanos(ns)),
        }
    }

    /// Whether operations may start at all now.
    pub(crate) fn check(&self, interest: Interest) -> io::Result<()> {
        self.source.check(interest)
    }

    pub(crate) fn nonblocking(&self) -> bool {
        self.nonblocking.load(Relaxed)
    }

    pub(crate) fn set_nonblocking(&self, on: bool) {
        self.nonblocking.store(on, Relaxed);
    }

    pub(crate) fn timeout(&self, interest: Interest) -> Option<Duration> {
        let ns = self.timeout_cell(interest).load(Relaxed);
        (ns != NEVER).then(|| Duration::from_nanos(ns))
    }

    pub(crate) fn set_timeout(
        &self,
        interest: Interest,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        let ns = match timeout {
            None => NEVER,
            Some(Duration::ZERO) => return Err(zero_timeout()),
            Some(d) => u64::try_from(d.as_nanos()).unwrap_or(NEVER),
        };
        self.timeout_cell(interest).store(ns, Relaxed);
        Ok(())
    }

    pub(crate) fn set_deadline(&self, interest: Interest, at: Option<Instant>) {
        let at = at.map_or(NEVER, time::from_instant);
        self.source.set_deadline(interest, at);
    }

    /// Ends the connection, the listening, and every operation in progress.
    pub(crate) fn close(&self) {
        self.source.close();
        let fd = self.get_ref().as_fd().as_raw_fd();
        // SAFETY: no duties; the descriptor is open. Fails where nothing is connected: fine.
        unsafe { libc::shutdown(fd, libc::SHUT_RDWR) };
    }

    fn timeout_cell(&self, interest: Interest) -> &AtomicU64 {
        match interest {
            Interest::Read => &self.read_timeout,
            Interest::Write => &self.write_timeout,
        }
    }
}

/// std's answer to a timeout of nothing.
pub(crate) fn zero_timeout() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "cannot set a 0 duration timeout",
    )
}
