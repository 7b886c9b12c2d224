//! What libc keeps for a thread it keeps for a goroutine: owners of locks, files, signals, fork.

use super::world::{go_on, hop, move_to, run, run_one, yield_now};
use std::cell::Cell;
use std::hint::black_box;
use std::io::Write;
use std::net::ToSocketAddrs;
use std::process::Command;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::{self, park, park_timeout};
use std::time::{Duration, Instant};

/// Long enough for somebody who is not stopped to get in.
const A_WHILE: Duration = Duration::from_millis(30);

#[test]
fn the_lock_of_stdout_has_a_goroutine_as_owner() {
    static HELD: AtomicBool = AtomicBool::new(false);
    run_one(|| {
        let mut lock = std::io::stdout().lock();
        HELD.store(true, SeqCst);
        go_on(0, || {
            let mut lock = std::io::stdout().lock();
            assert!(!HELD.load(SeqCst), "two hold the lock");
            lock.flush().unwrap();
        });
        move_to(1);
        thread::sleep(A_WHILE);
        lock.flush().unwrap();
        HELD.store(false, SeqCst);
    });
}

#[test]
fn a_recursive_mutex_has_a_goroutine_as_owner() {
    #[derive(Clone, Copy)]
    struct Shared(*mut libc::pthread_mutex_t);
    // SAFETY: a mutex is for several threads.
    unsafe impl Send for Shared {}
    impl Shared {
        fn get(self) -> *mut libc::pthread_mutex_t {
            self.0
        }
    }
    static HELD: AtomicBool = AtomicBool::new(false);
    let mut mutex = Box::new(libc::PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP);
    let shared = Shared(&mut *mutex);
    run(2, |world| {
        world.go_on(0, move || {
            // SAFETY: the mutex lives until all have ended; unlocked by its owner.
            unsafe {
                assert_eq!(libc::pthread_mutex_lock(shared.get()), 0);
                HELD.store(true, SeqCst);
                move_to(1);
                assert_eq!(libc::pthread_mutex_trylock(shared.get()), 0);
                assert_eq!(libc::pthread_mutex_unlock(shared.get()), 0);
                thread::sleep(A_WHILE);
                HELD.store(false, SeqCst);
                assert_eq!(libc::pthread_mutex_unlock(shared.get()), 0);
            }
        });
        world.go_on(0, move || {
            while !HELD.load(SeqCst) {
                yield_now();
            }
            // SAFETY: as above.
            let result = unsafe { libc::pthread_mutex_trylock(shared.get()) };
            assert_eq!(result, libc::EBUSY);
        });
    });
}

unsafe extern "C" {
    fn flockfile(file: *mut libc::FILE);
    fn ftrylockfile(file: *mut libc::FILE) -> i32;
    fn funlockfile(file: *mut libc::FILE);
    static stderr: *mut libc::FILE;
}

#[test]
fn the_lock_of_a_c_file_has_a_goroutine_as_owner() {
    run_one(|| {
        // SAFETY: stderr lives; unlocked by its owner.
        unsafe { flockfile(stderr) };
        go_on(0, || {
            // SAFETY: as above.
            assert_ne!(unsafe { ftrylockfile(stderr) }, 0, "two hold the lock");
        });
        yield_now();
        move_to(1);
        // SAFETY: as above.
        unsafe { funlockfile(stderr) };
    });
}

#[test]
fn the_token_of_park_is_the_goroutines() {
    let (tx, rx) = mpsc::channel();
    run(2, |world| {
        world.go_on(0, move || {
            tx.send(thread::current()).unwrap();
            move_to(1);
            park();
        });
        world.go_on(0, move || {
            let other = rx.recv().unwrap();
            let start = Instant::now();
            other.unpark();
            park_timeout(A_WHILE); // not our token
            assert!(start.elapsed() >= A_WHILE);
        });
    });
}

#[test]
fn locks_and_condition_variables_of_std_work() {
    let turn = Arc::new((Mutex::new(0), Condvar::new()));
    run(2, |world| {
        for me in 0..2 {
            let turn = Arc::clone(&turn);
            world.go_on(me, move || {
                for k in 0..300 {
                    let mut now = turn.0.lock().unwrap();
                    while *now % 2 != me {
                        now = turn.1.wait(now).unwrap();
                    }
                    assert_eq!(*now / 2, k);
                    *now += 1;
                    turn.1.notify_all();
                    drop(now);
                    if k % 10 == 0 {
                        yield_now();
                    }
                }
            });
        }
    });
    assert_eq!(*turn.0.lock().unwrap(), 600);
}

#[test]
fn channels_of_std_work() {
    // Their contexts for waiting are cached in thread-locals.
    let (tx, rx) = mpsc::sync_channel(0);
    run(2, |world| {
        world.go_on(0, move || {
            for i in 0..500 {
                tx.send(i).unwrap();
                if i % 7 == 0 {
                    yield_now();
                }
            }
        });
        world.go_on(1, move || {
            for i in 0..500 {
                assert_eq!(rx.recv().unwrap(), i);
                if i % 5 == 0 {
                    yield_now();
                }
            }
        });
    });
}

#[test]
fn processes_are_started_and_waited_for() {
    run(2, |world| {
        for i in 0..4 {
            world.go_on(i % 2, move || {
                hop();
                let output = Command::new("echo").arg(i.to_string()).output().unwrap();
                hop();
                assert_eq!(output.stdout, format!("{i}\n").as_bytes());
                assert!(Command::new("/nonexistent/x").status().is_err());
            });
        }
    });
}

#[test]
fn names_are_looked_up_and_directories_read() {
    run(2, |world| {
        for i in 0..4 {
            world.go_on(i % 2, || {
                for _ in 0..3 {
                    let found = ("localhost", 80).to_socket_addrs().unwrap().count();
                    assert!(found > 0);
                    hop();
                    let entries = std::fs::read_dir("/usr/bin").unwrap();
                    let mut count = 0;
                    for entry in entries {
                        entry.unwrap();
                        count += 1;
                        if count % 100 == 0 {
                            hop();
                        }
                    }
                    assert_eq!(count, std::fs::read_dir("/usr/bin").unwrap().count());
                }
            });
        }
    });
}

#[test]
fn numbers_are_printed_and_parsed() {
    run(2, |world| {
        for i in 0..4 {
            world.go_on(i % 2, move || {
                for k in 0..100 {
                    let x = i as f64 + f64::from(k) / 7.0;
                    let mut buffer = [0; 64];
                    // SAFETY: the buffer is as long as said.
                    unsafe { libc::snprintf(buffer.as_mut_ptr(), 64, c"%.17g".as_ptr(), x) };
                    hop();
                    // SAFETY: snprintf ends it with a NUL; strtod reads no further.
                    let back = unsafe { libc::strtod(buffer.as_ptr(), std::ptr::null_mut()) };
                    assert_eq!(back, x);
                }
            });
        }
    });
}

thread_local! {
    static HANDLED: Cell<usize> = const { Cell::new(0) };
}

#[test]
fn a_signal_raised_here_is_handled_here() {
    extern "C" fn handler(_signal: i32) {
        HANDLED.set(HANDLED.get() + 1);
    }
    // SAFETY: the handler touches one thread-local without a destructor. Nobody else uses the
    // signal.
    unsafe { libc::signal(libc::SIGUSR2, handler as *const () as usize) };
    run(2, |world| {
        for i in 0..4 {
            world.go_on(i % 2, || {
                hop();
                for times in 1..=3 {
                    // SAFETY: the signal has a handler.
                    assert_eq!(unsafe { libc::raise(libc::SIGUSR2) }, 0);
                    assert_eq!(HANDLED.get(), times);
                    hop();
                }
            });
        }
    });
    assert_eq!(HANDLED.get(), 0);
}

#[test]
fn a_forked_child_goes_on_as_a_thread() {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    run_one(|| {
        move_to(1);
        // SAFETY: the child uses what libc allows (its malloc survives a fork), and leaves.
        unsafe {
            let child = libc::fork();
            if child == 0 {
                let text = format!("{:?}", (0..100).collect::<Vec<_>>());
                let started = thread::Builder::new().spawn(|| NUMBER.fetch_add(1, SeqCst));
                let joined = started.is_ok_and(|thread| thread.join().is_ok());
                let executed = Command::new("true").status().is_ok_and(|s| s.success());
                let mut bounds = std::mem::zeroed();
                let known = libc::pthread_getattr_np(libc::pthread_self(), &mut bounds) == 0;
                libc::_exit(i32::from(
                    !(text.len() > 100 && joined && executed && known),
                ));
            }
            let mut status = 0;
            assert_eq!(libc::waitpid(child, &mut status, 0), child);
            assert_eq!(status, 0, "the child failed");
        }
        hop();
    });
}

#[test]
fn the_stack_is_known_by_its_bounds() {
    run_one(|| {
        let (mut low, mut size) = (std::ptr::null_mut(), 0);
        // SAFETY: the attributes are written, read, destroyed.
        unsafe {
            let mut attributes = std::mem::zeroed();
            assert_eq!(
                libc::pthread_getattr_np(libc::pthread_self(), &mut attributes),
                0
            );
            libc::pthread_attr_getstack(&attributes, &mut low, &mut size);
            libc::pthread_attr_destroy(&mut attributes);
        }
        let bounds = low.addr()..low.addr() + size;
        assert!(bounds.contains(&std::ptr::from_ref(&bounds).addr()));
    });
}

#[test]
fn malloc_tells_the_goroutine_why_it_failed() {
    run_one(|| {
        // SAFETY: errno is the goroutine's own; nothing is allocated.
        unsafe {
            let errno = libc::__errno_location();
            *errno = 0;
            // An optimizer may leave out an allocation that nobody uses, and assume it worked.
            assert!(black_box(libc::malloc(black_box(usize::MAX / 2))).is_null());
            assert_eq!(*errno, libc::ENOMEM);
            *errno = 0;
            assert!(black_box(libc::calloc(black_box(usize::MAX / 2), 2)).is_null());
            assert_eq!(*errno, libc::ENOMEM);
            *errno = 0;
            assert_eq!(libc::getrandom(std::ptr::dangling_mut(), 1, u32::MAX), -1);
            assert_eq!(*errno, libc::EINVAL);
        }
    });
}

#[test]
fn the_c_allocator_serves_goroutines() {
    run(2, |world| {
        world.go_on(0, || {
            // SAFETY: each block is used within its size, aligned as asked for, freed once.
            unsafe {
                let mut blocks = Vec::new();
                for size in [1, 100, 5000, 300_000] {
                    let zeroed = libc::calloc(size, 2).cast::<u8>();
                    assert!((0..2 * size).all(|i| *zeroed.add(i) == 0));
                    let grown = libc::realloc(zeroed.cast(), 3 * size);
                    hop();
                    let aligned = libc::memalign(256, size);
                    assert_eq!(aligned.addr() % 256, 0);
                    let also = libc::aligned_alloc(64, size.next_multiple_of(64));
                    assert_eq!(also.addr() % 64, 0);
                    let mut posix = std::ptr::null_mut();
                    assert_eq!(libc::posix_memalign(&mut posix, 4096, size), 0);
                    assert_eq!(posix.addr() % 4096, 0);
                    assert_eq!(libc::posix_memalign(&mut posix, 3, size), libc::EINVAL);
                    blocks.extend([grown, aligned, also, posix, libc::malloc(size)]);
                }
                hop();
                blocks.into_iter().for_each(|block| libc::free(block));
            }
        });
    });
}
