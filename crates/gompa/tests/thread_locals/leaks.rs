//! A goroutine that has ended leaves nothing behind, whatever it used.

use super::world::{all, in_child, stderr};
use gompa::{Builder, gosched};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, c_void};
use std::net::ToSocketAddrs;
use std::panic::{catch_unwind, resume_unwind};

/// Bytes of libc's heap in use; `None`: this libc is too old to tell.
fn in_use() -> Option<usize> {
    // SAFETY: a look-up by name; the function of this name has this type.
    let info = unsafe {
        let address = libc::dlsym(libc::RTLD_DEFAULT, c"mallinfo2".as_ptr());
        std::mem::transmute::<*mut c_void, Option<extern "C" fn() -> libc::mallinfo2>>(address)?()
    };
    Some(info.uordblks + info.hblkhd)
}

thread_local! {
    static LIST: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// What goroutines do, and how many bytes each may leave behind: a few are those of caches that
/// happen to be fuller than before. The loader keeps a text per thread that libc frees at the
/// thread's end, from a place that cannot be reached.
const WORK: [(&str, fn(), usize); 10] = [
    ("nothing", || (), 64),
    (
        "a box",
        || drop(std::hint::black_box(Box::new([0u8; 100]))),
        64,
    ),
    ("texts", texts, 64),
    (
        "a thread-local",
        || LIST.with_borrow_mut(|list| list.push(1)),
        64,
    ),
    ("a map", || assert_eq!(HashMap::from([(1, 2)])[&1], 2), 64),
    (
        "a handle",
        || assert!(std::thread::current().name().is_none()),
        64,
    ),
    (
        "a directory",
        || assert!(std::fs::read_dir("/").unwrap().count() > 0),
        64,
    ),
    (
        "a panic",
        || assert!(catch_unwind(|| resume_unwind(Box::new(1))).is_err()),
        64,
    ),
    (
        "a name",
        || assert!(("localhost", 1).to_socket_addrs().unwrap().count() > 0),
        128,
    ),
    ("an error of the loader", fail_to_load, 256),
];

fn texts() {
    let texts: Vec<String> = (0..40).map(|i| "x".repeat(i * 20 + 8)).collect();
    assert_eq!(texts[39].len(), 788);
}

fn fail_to_load() {
    // SAFETY: a look-up that fails; the text is there until the next error here.
    let text = unsafe {
        assert!(libc::dlsym(libc::RTLD_DEFAULT, c"no such symbol".as_ptr()).is_null());
        CStr::from_ptr(libc::dlerror())
    };
    assert!(text.to_string_lossy().contains("no such symbol"));
}

#[test]
fn nothing_is_left_of_goroutines() {
    const GOROUTINES: usize = 2000;
    let output = in_child("leaks::nothing_is_left_of_goroutines", || {
        Builder::new().procs(2).run(|| {
            let run = |work: fn(), n: usize| {
                for _ in 0..n / 100 {
                    all(100, move |_| {
                        gosched();
                        work();
                    });
                }
            };
            for (name, work, allowed) in WORK {
                run(work, GOROUTINES);
                // What is left is left each time; how full the caches are differs.
                let left = (0..3).map(|_| {
                    let before = in_use().unwrap_or(0);
                    run(work, GOROUTINES);
                    in_use().unwrap_or(0).saturating_sub(before) / GOROUTINES
                });
                let left = left.min().unwrap();
                assert!(left <= allowed, "{name}: each leaves {left} bytes");
            }
        });
    });
    assert!(output.status.success(), "{}", stderr(&output));
}

/// Bytes of memory this process has.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[test]
fn memory_goes_back_after_a_burst() {
    const BLOCKS: usize = 200_000;
    let output = in_child("leaks::memory_goes_back_after_a_burst", || {
        Builder::new().procs(2).run(|| {
            let before = resident();
            let blocks: Vec<_> = (0..BLOCKS).map(|i| Box::new([i; 13])).collect();
            let most = resident();
            assert!(most - before > BLOCKS * 104, "they take memory");
            drop(blocks);
            let start = std::time::Instant::now();
            // Half of it, in a time that is long for a busy machine.
            while resident() - before.min(resident()) > (most - before) / 2 {
                assert!(
                    start.elapsed().as_secs() < 60,
                    "{} bytes stay",
                    resident() - before
                );
                gompa::time::sleep(std::time::Duration::from_millis(100));
            }
        });
    });
    assert!(output.status.success(), "{}", stderr(&output));
}
