//! `carrier_thread_locals`: goroutines on the thread-locals of their threads. Everything works but
//! what needs own ones; and both kinds of runtime live side by side.

use gompa::net::{TcpListener, TcpStream};
use gompa::{Builder, Runtime, chan, go, gosched, scope, select, time};
use std::cell::Cell;
use std::collections::HashSet;
use std::io::{Read, Write};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A runtime of this kind.
fn on_carriers(procs: usize) -> Runtime {
    // SAFETY: no goroutine here keeps anything of a thread-local across a call that may park; the
    // accesses on both sides of one are in functions of their own.
    unsafe { Builder::new().procs(procs).carrier_thread_locals() }.build()
}

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

#[inline(never)]
fn number() -> usize {
    NUMBER.get()
}

#[inline(never)]
fn set_number(n: usize) {
    NUMBER.set(n);
}

/// The OS thread that runs this, as the kernel knows it.
fn thread() -> i32 {
    // SAFETY: asks for a number.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

#[test]
fn goroutines_run_yield_and_are_joined() {
    for procs in [1, 2, 4] {
        let sum = on_carriers(procs).run(|| {
            let all: Vec<_> = (0..500usize)
                .map(|i| {
                    go(move || {
                        for _ in 0..20 {
                            gosched();
                        }
                        Box::new(i)
                    })
                })
                .collect();
            all.into_iter().map(|g| *g.join().unwrap()).sum::<usize>()
        });
        assert_eq!(sum, 500 * 499 / 2);
    }
}

#[test]
fn thread_locals_are_the_threads() {
    // Whatever was last written on this thread is what is read on it.
    on_carriers(1).run(|| {
        let guard = gompa::lock_os_thread();
        let here = thread();
        set_number(7);
        gosched();
        assert_eq!((thread(), number()), (here, 7));
        drop(guard);
    });
    let threads = Arc::new(Mutex::new(HashSet::new()));
    let seen = threads.clone();
    on_carriers(2).run(move || {
        let all: Vec<_> = (0..100)
            .map(|_| {
                let threads = threads.clone();
                go(move || {
                    for _ in 0..50 {
                        // Nobody else runs on this thread between the two.
                        set_number(thread() as usize);
                        assert_eq!(number(), thread() as usize);
                        gosched();
                    }
                    threads.lock().unwrap().insert(number());
                })
            })
            .collect();
        all.into_iter().for_each(|g| g.join().unwrap());
    });
    assert!(seen.lock().unwrap().len() < 100, "one each");
    assert_eq!(number(), 0);
}

#[test]
fn channels_and_select() {
    on_carriers(2).run(|| {
        let (numbers, done) = (chan::make::<usize>(3), chan::make::<usize>(0));
        for _ in 0..4 {
            let (numbers, done) = (numbers.clone(), done.clone());
            drop(go(move || {
                let mut sum = 0;
                for n in &numbers {
                    sum += n;
                }
                done.send(sum);
            }));
        }
        for n in 1..=1000 {
            numbers.send(n);
        }
        numbers.close();
        let timeout = time::after(Duration::from_secs(60));
        let mut sum = 0;
        for _ in 0..4 {
            select! {
                recv(done) -> part => sum += part.unwrap(),
                recv(timeout) -> _ => panic!("too slow"),
            }
        }
        assert_eq!(sum, 500_500);
    });
}

#[test]
fn timers() {
    on_carriers(2).run(|| {
        let start = Instant::now();
        time::sleep(Duration::from_millis(20));
        assert!(start.elapsed() >= Duration::from_millis(20));
        let ticker = time::tick(Duration::from_millis(2));
        for _ in 0..5 {
            ticker.recv().unwrap();
        }
        let fired = chan::make::<()>(1);
        let its = fired.clone();
        let _timer = time::after_func(Duration::from_millis(2), move || its.send(()));
        fired.recv().unwrap();
        let never = time::after_func(Duration::from_secs(3600), || unreachable!());
        assert!(never.stop());
    });
}

#[test]
fn panics_and_destructors() {
    struct Counts(Arc<AtomicUsize>);
    impl Drop for Counts {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = dropped.clone();
    on_carriers(2).run(move || {
        for i in 0..100 {
            let counts = Counts(count.clone());
            let ends = go(move || {
                let _counts = counts;
                gosched();
                std::panic::resume_unwind(Box::new(i));
            });
            assert_eq!(*ends.join().unwrap_err().downcast::<i32>().unwrap(), i);
        }
    });
    assert_eq!(dropped.load(SeqCst), 100);
    // A goroutine that waits when its runtime ends unwinds.
    let counts = Counts(dropped.clone());
    on_carriers(2).run(move || {
        let ready = chan::make::<()>(0);
        let its_ready = ready.clone();
        drop(go(move || {
            let _counts = counts;
            its_ready.send(());
            chan::Chan::<()>::nil().recv();
        }));
        ready.recv();
    });
    assert_eq!(dropped.load(SeqCst), 101);
}

#[test]
fn scopes_and_blocking_calls() {
    on_carriers(2).run(|| {
        let mut parts = vec![0; 10];
        scope(|s| {
            for (i, part) in parts.iter_mut().enumerate() {
                s.go(move || {
                    gompa::blocking(|| std::thread::sleep(Duration::from_millis(1)));
                    std::thread::sleep(Duration::from_millis(1)); // not declared
                    *part = i;
                });
            }
        });
        assert_eq!(parts, (0..10).collect::<Vec<_>>());
    });
}

#[test]
fn sockets() {
    on_carriers(2).run(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = go(move || {
            for _ in 0..5 {
                let (mut stream, _) = listener.accept().unwrap();
                drop(go(move || {
                    let mut bytes = [0; 4];
                    while stream.read_exact(&mut bytes).is_ok() {
                        stream.write_all(&bytes).unwrap();
                    }
                }));
            }
        });
        scope(|s| {
            for i in 0..5u32 {
                s.go(move || {
                    let mut stream = TcpStream::connect(address).unwrap();
                    for k in 0..20 {
                        stream.write_all(&(i + k).to_le_bytes()).unwrap();
                        let mut back = [0; 4];
                        stream.read_exact(&mut back).unwrap();
                        assert_eq!(u32::from_le_bytes(back), i + k);
                    }
                });
            }
        });
        server.join().unwrap();
    });
}

#[test]
fn many_blocks_wander_between_threads() {
    on_carriers(2).run(|| {
        let boxes = chan::make::<Box<[usize; 12]>>(64);
        let makers: Vec<_> = (0..4)
            .map(|i| {
                let boxes = boxes.clone();
                go(move || (0..2000).for_each(|k| boxes.send(Box::new([i + k; 12]))))
            })
            .collect();
        let theirs = boxes.clone();
        let taker = go(move || {
            let mut count = 0;
            for block in &theirs {
                assert!(block.iter().all(|n| *n == block[0]));
                count += 1;
            }
            count
        });
        makers.into_iter().for_each(|g| g.join().unwrap());
        boxes.close();
        assert_eq!(taker.join().unwrap(), 8000);
    });
}

#[cfg(not(feature = "interpose"))]
#[test]
fn without_interposition_there_is_no_other_kind() {
    let refused = std::panic::catch_unwind(|| Builder::new().build()).unwrap_err();
    let text = refused.downcast::<String>().unwrap();
    assert!(text.contains("`interpose`"), "{text}");
    assert_eq!(on_carriers(1).run(|| 5), 5);
}

#[cfg(feature = "interpose")]
#[test]
fn both_kinds_of_runtime_side_by_side() {
    // One within the other, both ways, and goroutines of both on one channel.
    fn own() -> Runtime {
        Builder::new().procs(2).build()
    }
    let within =
        on_carriers(2).run(|| own().run(|| on_carriers(1).run(|| go(|| 5).join().unwrap())));
    assert_eq!(within, 5);
    let (there, back) = (chan::make::<usize>(0), chan::make::<usize>(0));
    let (first, second) = (on_carriers(2), own());
    let (theirs_there, theirs_back) = (there.clone(), back.clone());
    let echo = second.go(move || {
        NUMBER.set(42);
        for n in &theirs_there {
            theirs_back.send(n + 1);
            assert_eq!(NUMBER.get(), 42, "its own");
        }
    });
    first.run(move || {
        for n in 0..500 {
            there.send(n);
            assert_eq!(back.recv(), Some(n + 1));
            set_number(9); // the thread's
        }
        there.close();
    });
    echo.join().unwrap();
}

#[test]
fn deep_stacks() {
    #[inline(never)]
    fn deep(levels: usize) -> usize {
        let here = std::hint::black_box([levels; 16]);
        if levels == 0 {
            gosched();
            return here[3];
        }
        deep(levels - 1) + here[7] - levels
    }
    on_carriers(2).run(|| {
        let all: Vec<_> = (0..20).map(|_| go(|| deep(300))).collect();
        all.into_iter()
            .for_each(|g| assert_eq!(g.join().unwrap(), 0));
    });
}
