//! Netpoll on real sockets, without the scheduler: on plain threads, and on parked code with a thread
//! that polls in the scheduler's place. A process of its own: nobody else polls.

#![cfg(not(loom))]

use gompa_park::host::{self, Host, Vtable};
use gompa_park::time::{self, NEVER, Nanos};
use gompa_park::timer::Timers;
use gompa_park::waiter::Then;
use gompa_park::{WaitReason, Wake};
use gompa_sched::netpoll::{Closed, Interest, Poller, Source};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::ptr::NonNull;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// What a goroutine is here: a thread that parks by a condition variable, so that `Source` takes
/// the goroutine's way.
#[derive(Default)]
struct Goroutine {
    woken: Mutex<bool>,
    cond: Condvar,
}

static VTABLE: Vtable = Vtable {
    park,
    unpark,
    yield_now,
    timers,
    spawn,
    cutting: None,
};

unsafe fn timers(_: NonNull<()>) -> Option<Arc<Timers>> {
    None
}

unsafe fn spawn(_: NonNull<()>, f: Box<dyn FnOnce() + Send>) {
    std::thread::spawn(f);
}

unsafe fn park(data: NonNull<()>, reason: WaitReason, deadline: Nanos, then: Option<Then>) -> Wake {
    assert_eq!(reason, WaitReason::IoWait);
    assert!(
        then.is_none(),
        "sockets' waiters are known before they wait"
    );
    // SAFETY: `Goroutine`s are leaked.
    let g: &Goroutine = unsafe { data.cast().as_ref() };
    let mut woken = g.woken.lock().unwrap();
    while !*woken {
        if deadline == NEVER {
            woken = g.cond.wait(woken).unwrap();
        } else {
            let left = deadline.saturating_sub(time::now());
            if left == 0 {
                return Wake::TimedOut;
            }
            woken = g
                .cond
                .wait_timeout(woken, Duration::from_nanos(left))
                .unwrap()
                .0;
        }
    }
    *woken = false;
    Wake::Unparked
}

unsafe fn unpark(data: NonNull<()>) {
    // SAFETY: `Goroutine`s are leaked.
    let g: &Goroutine = unsafe { data.cast().as_ref() };
    let before = std::mem::replace(&mut *g.woken.lock().unwrap(), true);
    assert!(!before, "woken twice for one wait");
    g.cond.notify_one();
}

unsafe fn yield_now(_: NonNull<()>) {
    std::thread::yield_now();
}

/// Runs `f` as a goroutine does; the handle joins it.
fn go<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::spawn(|| {
        let data = NonNull::from(Box::leak(Box::<Goroutine>::default())).cast();
        let vtable = &VTABLE;
        // SAFETY: 1. the data is leaked. 2. the thread is the goroutine.
        unsafe { host::enter(Some(Host { data, vtable })) };
        f()
    })
}

/// Polls as long as it lives.
struct Scheduler {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Scheduler {
    fn start() -> Scheduler {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let stop = stop.clone();
            move || {
                let poller = Poller::global().unwrap();
                while !stop.load(Relaxed) {
                    // SAFETY: each waiter is handed to us once.
                    let polled = poller.poll(None, &mut |unparker| unsafe { unparker.unpark() });
                    if polled.is_none() {
                        // A test beside us polls as well.
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
            }
        });
        Scheduler {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        let thread = self.thread.take().unwrap();
        while !thread.is_finished() {
            Poller::global().unwrap().wake();
            std::thread::sleep(Duration::from_millis(1));
        }
        thread.join().unwrap();
    }
}

type Socket = Source<UnixStream>;

fn pair() -> (Arc<Socket>, Arc<Socket>) {
    let (a, b) = UnixStream::pair().unwrap();
    let ends = [a, b].map(|end| {
        end.set_nonblocking(true).unwrap();
        Arc::new(Source::new(end))
    });
    ends.into()
}

fn io<R>(
    socket: &Socket,
    interest: Interest,
    limit: Nanos,
    mut attempt: impl FnMut(&UnixStream) -> io::Result<R>,
) -> io::Result<R> {
    socket.check(interest)?;
    loop {
        let seen = socket.ticket(interest);
        match attempt(socket.get_ref()) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                socket.wait(interest, seen, limit)?
            }
            done => return done,
        }
    }
}

fn read(socket: &Socket, limit: Nanos) -> io::Result<u8> {
    let mut byte = [0];
    let n = io(socket, Interest::Read, limit, |mut s| s.read(&mut byte))?;
    assert_eq!(n, 1);
    Ok(byte[0])
}

fn write(socket: &Socket, buf: &[u8]) -> io::Result<usize> {
    io(socket, Interest::Write, NEVER, |mut s| s.write(buf))
}

/// A way to run code that waits: as a goroutine or on a plain thread.
type Spawn = fn(Box<dyn FnOnce() + Send>) -> std::thread::JoinHandle<()>;

/// Runs `test` on plain threads alone, then on goroutines with somebody who polls.
fn both(test: fn(Spawn)) {
    test(std::thread::spawn);
    let _scheduler = Scheduler::start();
    test(go);
}

#[test]
fn ping_pong() {
    both(|spawn| {
        let (a, b) = pair();
        let echo = spawn(Box::new(move || {
            while let Ok(byte) = read(&b, NEVER) {
                write(&b, &[byte + 1]).unwrap();
                if byte == 200 {
                    return;
                }
            }
        }));
        let caller = spawn(Box::new(move || {
            for i in 0..=200 {
                write(&a, &[i]).unwrap();
                assert_eq!(read(&a, NEVER).unwrap(), i + 1);
            }
        }));
        caller.join().unwrap();
        echo.join().unwrap();
    });
}

#[test]
fn writers_wait_for_room() {
    both(|spawn| {
        const TOTAL: usize = 4 << 20;
        let (a, b) = pair();
        let writer = spawn(Box::new(move || {
            let chunk = [7; 64 << 10];
            let mut left = TOTAL;
            while left > 0 {
                left -= write(&a, &chunk[..left.min(chunk.len())]).unwrap();
            }
        }));
        let reader = spawn(Box::new(move || {
            let mut left = TOTAL;
            let mut buf = [0; 10_000];
            while left > 0 {
                let n = io(&b, Interest::Read, NEVER, |mut s| s.read(&mut buf)).unwrap();
                assert!(buf[..n].iter().all(|&byte| byte == 7));
                left -= n;
            }
        }));
        writer.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn several_readers_share_what_comes() {
    both(|spawn| {
        const EACH: usize = 50;
        let (a, b) = pair();
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let b = b.clone();
                spawn(Box::new(move || {
                    for _ in 0..EACH {
                        read(&b, NEVER).unwrap();
                    }
                }))
            })
            .collect();
        for _ in 0..EACH {
            write(&a, &[1; 8]).unwrap();
        }
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn a_limit_ends_a_wait() {
    both(|spawn| {
        let (_a, b) = pair();
        let waiter = spawn(Box::new(move || {
            let start = Instant::now();
            let limit = time::after(Duration::from_millis(30));
            let error = read(&b, limit).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            assert!(start.elapsed() >= Duration::from_millis(30));
        }));
        waiter.join().unwrap();
    });
}

#[test]
fn a_deadline_reaches_waits_in_progress_and_can_be_lifted() {
    both(|spawn| {
        let (a, b) = pair();
        let waiter = spawn(Box::new({
            let b = b.clone();
            move || {
                let error = read(&b, NEVER).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            }
        }));
        std::thread::sleep(Duration::from_millis(20));
        b.set_deadline(Interest::Read, time::now());
        waiter.join().unwrap();
        // Past: not even a byte that is there is read, as in Go. Lifted: it is.
        write(&a, &[9]).unwrap();
        assert_eq!(
            b.check(Interest::Read).unwrap_err().kind(),
            io::ErrorKind::TimedOut
        );
        b.check(Interest::Write).unwrap();
        b.set_deadline(Interest::Read, NEVER);
        assert_eq!(read(&b, NEVER).unwrap(), 9);
    });
}

#[test]
fn closing_wakes_everybody() {
    both(|spawn| {
        let (_a, b) = pair();
        let waiters: Vec<_> = (0..4)
            .map(|_| {
                let b = b.clone();
                spawn(Box::new(move || {
                    let error = read(&b, NEVER).unwrap_err();
                    assert!(error.get_ref().unwrap().is::<Closed>());
                    assert_eq!(error.to_string(), "use of closed network connection");
                }))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(20));
        b.close();
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert!(b.check(Interest::Write).is_err());
        assert!(b.is_closed());
    });
}

#[test]
fn descriptors_are_used_again() {
    let _scheduler = Scheduler::start();
    go(|| {
        for i in 0..300u32 {
            let (a, b) = pair();
            let peer = go(move || {
                write(&a, &[i as u8]).unwrap();
            });
            assert_eq!(read(&b, NEVER).unwrap(), i as u8);
            peer.join().unwrap();
            let inner = Arc::into_inner(b).unwrap().into_inner();
            assert_eq!((&inner).read(&mut [0]).unwrap(), 0);
        }
    })
    .join()
    .unwrap();
}

#[test]
fn waiting_goroutines_are_counted() {
    let _scheduler = Scheduler::start();
    let poller = Poller::global().unwrap();
    let (a, b) = pair();
    let waiter = go(move || read(&b, NEVER).unwrap());
    while poller.waiters() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    write(&a, &[1]).unwrap();
    assert_eq!(waiter.join().unwrap(), 1);
}

#[test]
fn a_hang_up_is_not_plain() {
    let _scheduler = Scheduler::start();
    go(|| {
        let (a, b) = pair();
        let peer = go(move || {
            write(&a, &[1]).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        });
        assert_eq!(read(&b, NEVER).unwrap(), 1);
        assert!(b.ticket(Interest::Read).is_plain());
        let end = io(&b, Interest::Read, NEVER, |mut s| s.read(&mut [0])).unwrap();
        assert_eq!(end, 0);
        peer.join().unwrap();
        // The end was found by an attempt; its event comes at once or is there.
        while b.ticket(Interest::Read).is_plain() {
            std::thread::sleep(Duration::from_millis(1));
        }
    })
    .join()
    .unwrap();
}

#[test]
fn a_wake_up_is_kept_for_the_poll_that_blocks() {
    let poller = Poller::global().unwrap();
    let ready = &mut |unparker: gompa_park::Unparker| {
        // A goroutine of a test beside us. SAFETY: handed to us once.
        unsafe { unparker.unpark() }
    };
    for _ in 0..3 {
        poller.wake();
        poller.wake();
        // Meets the eventfd, perhaps, but must not take the request.
        poller.poll(Some(0), ready);
        // Would last for ever if the request were lost. Another test's scheduler may poll in our
        // place; then the request is served too.
        let served = loop {
            match poller.poll(None, ready) {
                Some(n) => break n,
                None => {
                    poller.wake();
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        };
        assert!(served < 128);
    }
}
