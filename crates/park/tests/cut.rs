//! Waits that are cut short, on plain threads.
#![cfg(not(loom))]

use gompa_park::cut::{self, Entries, Entry, Source, Why};
use gompa_park::thread::{Polled, poll_cuttable};
use gompa_park::time::{self, ENDLESS, NEVER};
use gompa_park::{Parker, WaitReason, Wake};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

/// A context without everything else.
#[derive(Default)]
struct Ends(Mutex<Under>);

#[derive(Default)]
struct Under {
    ended: bool,
    entries: Entries,
}

// SAFETY: all under the mutex.
unsafe impl Send for Ends {}
// SAFETY: as above.
unsafe impl Sync for Ends {}

impl Ends {
    fn end(&self) {
        let mut under = self.0.lock().unwrap();
        under.ended = true;
        // SAFETY: 1. the lock is held.
        unsafe { under.entries.cut_all() };
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap().entries.is_empty()
    }
}

// SAFETY: 1. kept or refused. 2. `end` cuts under the lock.
unsafe impl Source for Ends {
    fn list(&self, entry: &Entry) -> bool {
        let under = self.0.lock().unwrap();
        if !under.ended {
            // SAFETY: 1. held. 2. as given.
            unsafe { under.entries.add(entry) };
        }
        !under.ended
    }

    fn unlist(&self, entry: &Entry) {
        let under = self.0.lock().unwrap();
        if !under.ended {
            // SAFETY: 1. held. 2. added, and not cut.
            unsafe { under.entries.remove(entry) };
        }
    }

    fn why(&self) -> Option<Why> {
        self.0.lock().unwrap().ended.then_some(Why::TimeOver)
    }
}

fn wait(deadline: u64) -> Wake {
    Parker::current().park_cuttable(WaitReason::None, deadline)
}

#[test]
fn many_are_cut_at_once_and_at_any_time() {
    for _ in 0..50 {
        let source = Ends::default();
        thread::scope(|s| {
            for i in 0..8 {
                let source = &source;
                s.spawn(move || {
                    cut::within(source, || {
                        let deadline = if i % 2 == 0 {
                            ENDLESS
                        } else {
                            time::now() + 3_600_000_000_000
                        };
                        assert_eq!(wait(deadline), Wake::TimedOut);
                        assert_eq!(cut::in_force(), Some(Why::TimeOver));
                        assert_eq!(wait(ENDLESS), Wake::TimedOut);
                    });
                    assert_eq!(cut::in_force(), None);
                });
            }
            s.spawn(|| source.end());
        });
        assert!(source.is_empty());
    }
}

#[test]
fn what_has_ended_cuts_from_the_start_and_only_what_can_be_cut() {
    let source = Ends::default();
    source.end();
    cut::within(&source, || {
        assert_eq!(wait(ENDLESS), Wake::TimedOut);
        let parker = Parker::current();
        let unparker = parker.unparker();
        // SAFETY: 1. and 2.: for the wait below, once each.
        unsafe { unparker.unpark() };
        assert_eq!(wait(NEVER), Wake::Unparked);
        // What has been claimed has happened, cut or not.
        // SAFETY: as above.
        unsafe { unparker.unpark() };
        assert_eq!(wait(ENDLESS), Wake::Unparked);
    });
}

#[test]
fn leaving_is_leaving_also_by_a_panic() {
    let source = Ends::default();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        cut::within(&source, || panic!("out"));
    }));
    assert!(caught.is_err());
    assert!(source.is_empty());
    source.end();
    assert_eq!(cut::in_force(), None);
    assert_eq!(wait(time::now()), Wake::TimedOut, "for its own time");
}

fn eventfd() -> OwnedFd {
    // SAFETY: no duties.
    let fd = unsafe { libc::eventfd(0, libc::EFD_SEMAPHORE) };
    assert!(fd >= 0);
    // SAFETY: made just now.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

fn poll(bell: &OwnedFd, ms: i32) -> bool {
    let mut fd = libc::pollfd {
        fd: bell.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one pollfd.
    unsafe { libc::poll(&raw mut fd, 1, ms) == 1 }
}

#[test]
fn who_polls_is_rung() {
    use std::os::fd::AsFd;
    let source = Ends::default();
    let bell = eventfd();
    let ready = Barrier::new(2);
    thread::scope(|s| {
        s.spawn(|| {
            ready.wait();
            thread::sleep(Duration::from_millis(5)); // any moment will do
            source.end();
        });
        cut::within(&source, || {
            ready.wait();
            match poll_cuttable(bell.as_fd(), || poll(&bell, -1)) {
                Polled::Rung(true) => {}
                // The end came before the beginning.
                Polled::Unbegun => return,
                other => panic!("{other:?}"),
            }
            let mut count = [0u8; 8];
            // SAFETY: eight writable bytes.
            let got = unsafe { libc::read(bell.as_raw_fd(), count.as_mut_ptr().cast(), 8) };
            assert_eq!(got, 8);
            let again = poll_cuttable(bell.as_fd(), || -> bool { unreachable!("it has ended") });
            assert_eq!(again, Polled::Unbegun);
        });
    });
    assert!(!poll(&bell, 0), "rung once, at most");
    assert_eq!(poll_cuttable(bell.as_fd(), || 7), Polled::Done(7));
}
