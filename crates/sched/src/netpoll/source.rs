//! A socket that whoever runs here can wait for.

use super::descriptor::{Descriptor, REGISTERED, REGISTERING, TABLE, UNREGISTERED};
use super::side::{Refusal, Side, Ticket};
use super::sleepers::{Parked, Polling};
use super::{Closed, Interest, Poller};
use gompa_park::host;
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use gompa_park::time::{self, NEVER, Nanos};
use gompa_park::waiter::yield_now;
use std::fmt;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::ptr;

/// A non-blocking socket and what the poller knows of it. The socket is `io`, whose descriptor
/// stays the same; nothing is set on it.
///
/// An operation goes like this:
/// ```text
///   source.check(interest)?;                      closed? deadline passed?
///   loop {
///       let seen = source.ticket(interest);
///       match attempt(source.get_ref()) {
///           would block => source.wait(interest, seen, limit)?,
///           done => return done,
///       }
///   }
/// ```
/// Any number of goroutines and threads may do so at once, in either direction. The system is asked
/// to report events when a goroutine first waits.
pub struct Source<T: AsFd> {
    io: T,
    /// Ours until we are dropped.
    descriptor: &'static Descriptor,
}

impl<T: AsFd> Source<T> {
    /// A source for `io`, which must be in non-blocking mode for waits to make sense.
    pub fn new(io: T) -> Source<T> {
        Source {
            io,
            descriptor: TABLE.take(),
        }
    }

    /// The socket itself.
    #[inline]
    pub fn get_ref(&self) -> &T {
        &self.io
    }

    /// The socket, no longer a source.
    pub fn into_inner(self) -> T {
        let this = ManuallyDrop::new(self);
        this.retire();
        // SAFETY: `this` is not dropped and not used again, so `io` is moved out once.
        unsafe { ptr::read(&this.io) }
    }

    /// Fails if the source is closed or its deadline for `interest` has passed: what every
    /// operation asks first.
    ///
    /// # Errors
    /// [`Closed`] inside a `NotConnected`, or `TimedOut`.
    #[inline]
    pub fn check(&self, interest: Interest) -> io::Result<()> {
        if self.descriptor.closed.load(Acquire) {
            return Err(Closed.into());
        }
        match self.side(interest).deadline() {
            NEVER => Ok(()),
            at if time::now() < at => Ok(()),
            _ => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// What has happened so far. Taken before an attempt, shown to [`wait`](Self::wait) after it.
    #[inline]
    pub fn ticket(&self, interest: Interest) -> Ticket {
        self.side(interest).ticket()
    }

    /// Waits until something has happened since `seen`: another attempt may succeed then. Waits no
    /// longer than until `limit` or the deadline.
    ///
    /// # Errors
    /// `TimedOut`; [`Closed`] inside a `NotConnected`; the system's when it cannot watch the socket.
    pub fn wait(&self, interest: Interest, seen: Ticket, limit: Nanos) -> io::Result<()> {
        let side = self.side(interest);
        let closed = &self.descriptor.closed;
        let result = if host::current().is_some() {
            let poller = self.register()?;
            side.wait(&Parked::new(poller), closed, seen, limit)
        } else {
            let polling = Polling::new(self.io.as_fd(), interest)?;
            side.wait(&polling, closed, seen, limit)
        };
        result.map_err(|refusal| match refusal {
            Refusal::Closed => Closed.into(),
            Refusal::TimedOut => io::ErrorKind::TimedOut.into(),
        })
    }

    /// From `at` on operations of `interest` fail with `TimedOut`, those in progress too.
    /// [`NEVER`] for no deadline.
    pub fn set_deadline(&self, interest: Interest, at: Nanos) {
        self.side(interest).set_deadline(at);
    }

    /// From now on every wait and [`check`](Self::check) fails with [`Closed`], those in progress
    /// too. The socket stays open until the source is dropped.
    pub fn close(&self) {
        self.descriptor.closed.store(true, Release);
        self.descriptor.read.disturb();
        self.descriptor.write.disturb();
    }

    /// Whether [`close`](Self::close) has been called.
    pub fn is_closed(&self) -> bool {
        self.descriptor.closed.load(Acquire)
    }

    #[inline]
    fn side(&self, interest: Interest) -> &Side {
        self.descriptor.side(interest)
    }

    /// Sees to it that the system reports events of the socket. What is ready already is reported
    /// at once, so it is not too late after an attempt.
    fn register(&self) -> io::Result<&'static Poller> {
        let poller = Poller::global()?;
        let state = &self.descriptor.registration;
        while state.load(Acquire) != REGISTERED {
            if state
                .compare_exchange(UNREGISTERED, REGISTERING, Acquire, Relaxed)
                .is_err()
            {
                // Another waits first at the same time; it has done so soon.
                yield_now();
                continue;
            }
            let done = poller.register(self.io.as_fd(), self.descriptor);
            let now = if done.is_ok() {
                REGISTERED
            } else {
                UNREGISTERED
            };
            state.store(now, Release);
            done?;
        }
        Ok(poller)
    }

    /// Ends our use of the descriptor.
    fn retire(&self) {
        if self.descriptor.registration.load(Acquire) == REGISTERED
            && let Some(poller) = Poller::get()
        {
            // It fails only if the socket's descriptor is not what it was; nothing is left to do.
            let _ = poller.deregister(self.io.as_fd());
        }
        TABLE.give_back(self.descriptor);
    }
}

impl<T: AsFd> Drop for Source<T> {
    fn drop(&mut self) {
        self.retire();
    }
}

impl<T: AsFd + fmt::Debug> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("io", &self.io)
            .field("closed", &self.is_closed())
            .field("readers_wait", &!self.descriptor.read.is_idle())
            .field("writers_wait", &!self.descriptor.write.is_idle())
            .finish()
    }
}
