//! The protocol of one direction of a socket under loom: every interleaving of events, deadlines,
//! the end and several waiters.
//!
//! The socket is a count of bytes; the thread that adds one then fires an event, as the system and
//! the poller do. Each model ends only if no wake-up is lost: loom reports a deadlock otherwise.

use super::side::{Refusal, Side, Sleeper, Slept};
use super::waiters::Caller;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use gompa_park::sync::atomic::{AtomicBool, AtomicUsize};
use gompa_park::sync::{Arc, thread};
use gompa_park::time::{ENDLESS, NEVER, Nanos};
use gompa_park::{Parker, WaitReason, Wake};

/// A deadline the clock does not reach; under the model any deadline may pass at any time.
const SOME_TIME: Nanos = ENDLESS - 1;

struct Thread(Parker);

impl Sleeper for Thread {
    fn caller(&self) -> Caller {
        Caller::Parked(self.0.unparker())
    }

    fn sleep(&self, until: Nanos) -> Slept {
        match self.0.park_cuttable(WaitReason::IoWait, until) {
            Wake::Unparked => Slept::Woken,
            Wake::TimedOut => Slept::TimedOut,
            Wake::Interrupted => Slept::Interrupted,
        }
    }

    fn sleep_claimed(&self) {
        self.0.park_claimed(WaitReason::IoWait);
    }

    fn abandon(&self) -> ! {
        self.0.abandon()
    }
}

struct Socket {
    side: Side,
    closed: AtomicBool,
    /// What the system holds for readers.
    bytes: AtomicUsize,
}

impl Socket {
    fn new() -> Arc<Socket> {
        Arc::new(Socket {
            side: Side::new(),
            closed: AtomicBool::new(false),
            bytes: AtomicUsize::new(0),
        })
    }

    /// Bytes come in; the poller hears of it.
    fn arrive(&self, n: usize) {
        self.bytes.fetch_add(n, AcqRel);
        drop(self.side.fire(true));
    }

    fn close(&self) {
        self.closed.store(true, Release);
        self.side.disturb();
    }

    /// One attempt to read a byte.
    fn attempt(&self) -> bool {
        let n = self.bytes.load(Acquire);
        n > 0
            && self
                .bytes
                .compare_exchange(n, n - 1, AcqRel, Relaxed)
                .is_ok()
    }

    /// Reads a byte, waiting no longer than `limit`.
    fn read(&self, limit: Nanos) -> Result<(), Refusal> {
        let sleeper = Thread(Parker::current());
        loop {
            let seen = self.side.ticket();
            if self.attempt() {
                return Ok(());
            }
            if self.bytes.load(Acquire) > 0 {
                // Another reader was quicker; the system would have given us the next byte.
                continue;
            }
            self.side.wait(&sleeper, &self.closed, seen, limit)?;
        }
    }
}

fn check(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(f);
}

#[test]
fn an_event_reaches_the_one_who_waits() {
    check(4, || {
        let socket = Socket::new();
        let reader = thread::spawn({
            let socket = socket.clone();
            move || socket.read(NEVER)
        });
        socket.arrive(1);
        assert_eq!(reader.join().unwrap(), Ok(()));
        assert!(socket.side.is_idle());
    });
}

#[test]
fn one_event_serves_several_readers() {
    check(3, || {
        let socket = Socket::new();
        let readers = [(); 2].map(|()| {
            let socket = socket.clone();
            thread::spawn(move || socket.read(NEVER))
        });
        // One edge for both bytes: a reader that stops after one must not take it from the other.
        socket.arrive(2);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), Ok(()));
        }
    });
}

#[test]
fn a_deadline_against_an_event_leaves_nothing_behind() {
    check(3, || {
        let socket = Socket::new();
        let reader = thread::spawn({
            let socket = socket.clone();
            move || {
                let first = socket.read(SOME_TIME);
                // A wake-up left over from the first wait would end this one, or hang it.
                let second = socket.read(NEVER);
                (first, second)
            }
        });
        socket.arrive(1);
        socket.arrive(1);
        let (first, second) = reader.join().unwrap();
        assert_eq!(second, Ok(()));
        let left = usize::from(first.is_err());
        assert_eq!(socket.bytes.load(Acquire), left);
    });
}

#[test]
fn who_gives_up_does_not_take_the_others_with_it() {
    check(2, || {
        let socket = Socket::new();
        let patient = thread::spawn({
            let socket = socket.clone();
            move || socket.read(NEVER)
        });
        let hasty = thread::spawn({
            let socket = socket.clone();
            move || socket.read(SOME_TIME)
        });
        socket.arrive(1);
        if hasty.join().unwrap().is_ok() {
            socket.arrive(1);
        }
        assert_eq!(patient.join().unwrap(), Ok(()));
    });
}

#[test]
fn closing_ends_every_wait() {
    check(3, || {
        let socket = Socket::new();
        let readers = [NEVER, SOME_TIME].map(|limit| {
            let socket = socket.clone();
            thread::spawn(move || socket.read(limit))
        });
        socket.close();
        for (i, reader) in readers.into_iter().enumerate() {
            let end = reader.join().unwrap();
            assert!(end == Err(Refusal::Closed) || i == 1 && end == Err(Refusal::TimedOut));
        }
    });
}

#[test]
fn closing_against_an_event() {
    check(3, || {
        let socket = Socket::new();
        let reader = thread::spawn({
            let socket = socket.clone();
            move || (socket.read(NEVER), socket.read(NEVER))
        });
        let closer = thread::spawn({
            let socket = socket.clone();
            move || socket.close()
        });
        socket.arrive(1);
        let (first, second) = reader.join().unwrap();
        closer.join().unwrap();
        // The byte is read at most once, and only a wait fails: who finds the byte there takes it.
        assert!(first == Err(Refusal::Closed) || second == Err(Refusal::Closed));
        let read = usize::from(first.is_ok()) + usize::from(second.is_ok());
        assert_eq!(socket.bytes.load(Acquire), 1 - read);
    });
}

#[test]
fn a_new_deadline_reaches_a_wait_in_progress() {
    check(4, || {
        let socket = Socket::new();
        let reader = thread::spawn({
            let socket = socket.clone();
            move || socket.read(NEVER)
        });
        // Long past: the wait must end though nothing arrives.
        socket.side.set_deadline(0);
        assert_eq!(reader.join().unwrap(), Err(Refusal::TimedOut));
    });
}
