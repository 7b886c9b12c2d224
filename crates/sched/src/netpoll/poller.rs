//! The poller: asks the system which sockets are ready, for the whole process.

use super::descriptor::{Descriptor, TABLE};
use gompa_park::{Lock, Unparker};
use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// How many events one call takes at most, as in Go.
const BATCH: usize = 128;

/// The token of the eventfd that breaks a blocked poll. No descriptor has it: there are not so many.
const WAKE: Token = Token(usize::MAX);

static POLLER: OnceLock<Poller> = OnceLock::new();

/// The poller of the process. Made when a goroutine first waits for a socket.
#[derive(Debug)]
pub struct Poller {
    /// Held by the one thread that polls.
    core: Lock<Core>,
    /// That thread waits for events, or is about to; it does not only look. Written by it.
    waits: AtomicBool,
    /// For registering, from anywhere.
    registry: Registry,
    /// Breaks a blocked poll.
    waker: Waker,
    /// Whether a blocking poll is asked to return. Set by [`wake`](Self::wake), which writes to the
    /// eventfd only if it was not set; reset by the blocking poll that obeys.
    woken: AtomicBool,
    /// Goroutines that wait for sockets.
    waiters: AtomicUsize,
}

#[derive(Debug)]
struct Core {
    poll: Poll,
    events: Events,
}

impl Poller {
    /// The poller of the process, made at the first call.
    ///
    /// # Errors
    /// The system's, when it has no descriptors or memory left.
    pub fn global() -> io::Result<&'static Poller> {
        static MAKING: Mutex<()> = Mutex::new(());
        if let Some(poller) = POLLER.get() {
            return Ok(poller);
        }
        let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(poller) = POLLER.get() {
            return Ok(poller);
        }
        let poller = Poller::new()?;
        Ok(POLLER.get_or_init(|| poller))
    }

    /// The poller of the process, if there has been a use for it.
    #[inline]
    pub fn get() -> Option<&'static Poller> {
        POLLER.get()
    }

    fn new() -> io::Result<Poller> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = Waker::new(&registry, WAKE)?;
        let events = Events::with_capacity(BATCH);
        Ok(Poller {
            core: Lock::new(Core { poll, events }),
            waits: AtomicBool::new(false),
            registry,
            waker,
            woken: AtomicBool::new(false),
            waiters: AtomicUsize::new(0),
        })
    }

    /// Collects goroutines whose sockets are ready, and gives each to `ready`, which sees to it that
    /// it is unparked, exactly once. Waits for the first one: `timeout` nanoseconds at most, rounded
    /// up to a millisecond; `Some(0)`: not at all, `None`: for ever. May return early with none.
    ///
    /// Returns how many there were, or `None` at once if another thread polls. (Where we would wait
    /// and the other only looks, we wait for that.)
    ///
    /// # Panics
    /// When the system refuses to poll, which it has no reason to.
    pub fn poll(&self, timeout: Option<u64>, ready: &mut dyn FnMut(Unparker)) -> Option<usize> {
        self.poll_unless(&|| false, timeout, ready)
    }

    /// As [`poll`](Self::poll), without waiting if `called_off` holds once we are the one that polls:
    /// a [`wake`](Self::wake) meant for us may have been taken by another runtime's poll.
    pub(crate) fn poll_unless(
        &self,
        called_off: &dyn Fn() -> bool,
        timeout: Option<u64>,
        ready: &mut dyn FnMut(Unparker),
    ) -> Option<usize> {
        let blocking = timeout != Some(0);
        let mut core = loop {
            if let Some(core) = self.core.try_lock() {
                break core;
            }
            // Who looks is gone in some microseconds. If the caller slept elsewhere meanwhile, as it
            // does beside one who waits, events would find nobody.
            if !blocking || self.waits.load(Relaxed) || called_off() {
                return None;
            }
            std::thread::yield_now();
        };
        let Core { poll, events } = &mut *core;
        // A wake-up that came before us is for us, also if a poll that does not block met it.
        let timeout = if blocking && (self.obey() || called_off()) {
            Some(Duration::ZERO)
        } else {
            timeout.map(Duration::from_nanos)
        };
        self.waits.store(timeout != Some(Duration::ZERO), Relaxed);
        let polled = poll.poll(events, timeout);
        self.waits.store(false, Relaxed);
        match polled {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Some(0),
            Err(e) => panic!("netpoll failed: {e}"),
        }
        let mut count = 0;
        for event in events.iter() {
            if event.token() == WAKE {
                if blocking {
                    self.obey();
                }
            } else if let Some(descriptor) = TABLE.find(event.token().0) {
                deliver(descriptor, event, &mut |unparker| {
                    count += 1;
                    ready(unparker);
                });
            }
        }
        Some(count)
    }

    /// Breaks a blocking [`poll`](Self::poll): the one in progress, or else the next one. Whatever
    /// the caller wrote before is visible to the poll's caller afterwards.
    pub fn wake(&self) {
        if !self.woken.swap(true, AcqRel)
            && let Err(e) = self.waker.wake()
        {
            panic!("netpoll cannot be woken: {e}");
        }
    }

    /// How many goroutines wait for sockets now. A goroutine that has been woken counts until it
    /// runs.
    #[inline]
    pub fn waiters(&self) -> usize {
        self.waiters.load(Relaxed)
    }

    /// Takes the request to return, if there is one.
    fn obey(&self) -> bool {
        self.woken.swap(false, AcqRel)
    }

    /// Asks the system to report what happens to `fd`.
    pub(super) fn register(&self, fd: BorrowedFd<'_>, descriptor: &Descriptor) -> io::Result<()> {
        let token = Token(descriptor.token());
        // Urgent data stops reads short, see `Ticket::is_plain`; hence also that.
        let interests = Interest::READABLE | Interest::WRITABLE | Interest::PRIORITY;
        self.registry
            .register(&mut SourceFd(&fd.as_raw_fd()), token, interests)
    }

    /// Asks it to stop.
    pub(super) fn deregister(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.registry.deregister(&mut SourceFd(&fd.as_raw_fd()))
    }

    /// A goroutine is about to wait.
    pub(super) fn enter(&self) {
        self.waiters.fetch_add(1, Relaxed);
    }

    /// It has waited.
    pub(super) fn leave(&self) {
        self.waiters.fetch_sub(1, Relaxed);
    }
}

/// Tells one socket's waiters.
fn deliver(descriptor: &Descriptor, event: &Event, ready: &mut dyn FnMut(Unparker)) {
    let read = event.is_readable() || event.is_read_closed() || event.is_error();
    let write = event.is_writable() || event.is_write_closed() || event.is_error();
    let plain = !(event.is_error()
        || event.is_read_closed()
        || event.is_write_closed()
        || event.is_priority());
    for (concerned, side) in [(read, &descriptor.read), (write, &descriptor.write)] {
        if concerned {
            side.fire(plain)
                .filter_map(|claim| claim.hand_over())
                .for_each(&mut *ready);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Or both would sleep beside ready sockets: one believes that the other is in the poller.
    #[test]
    fn who_would_wait_waits_for_one_who_only_looks() {
        let poller = Poller::new().unwrap();
        let looks = poller.core.lock();
        let (refused, was_refused) = mpsc::channel();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| {
                let called_off = || {
                    let _ = refused.send(());
                    false
                };
                poller.poll_unless(&called_off, Some(1), &mut |_| {})
            });
            was_refused.recv().unwrap();
            assert_eq!(poller.poll(Some(0), &mut |_| {}), None);
            drop(looks);
            assert_eq!(waits.join().unwrap(), Some(0));
        });
    }

    #[test]
    fn nobody_waits_for_one_who_waits() {
        let poller = Poller::new().unwrap();
        let _waits = poller.core.lock();
        poller.waits.store(true, Relaxed);
        assert_eq!(poller.poll(None, &mut |_| {}), None);
    }

    #[test]
    fn nobody_waits_who_is_called_off() {
        let poller = Poller::new().unwrap();
        let _looks = poller.core.lock();
        assert_eq!(poller.poll_unless(&|| true, None, &mut |_| {}), None);
    }
}
