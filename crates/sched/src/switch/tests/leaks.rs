//! A goroutine that has ended leaves nothing behind.

use super::child::in_child;
use super::world::{hop, run};
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

/// What goroutines do, and how many bytes each may leave behind. A few are those of the carriers,
/// whose threads come and go. The name service and the loader keep a text per thread that libc
/// frees at the thread's end, from places we cannot reach.
const WORK: [(&str, fn(), usize); 8] = [
    ("nothing", hop, 16),
    (
        "a thread-local",
        || LIST.with_borrow_mut(|list| list.push(1)),
        16,
    ),
    ("a map", || assert_eq!(HashMap::from([(1, 2)])[&1], 2), 16),
    (
        "a handle",
        || assert!(std::thread::current().name().is_none()),
        16,
    ),
    (
        "a directory",
        || assert!(std::fs::read_dir("/").unwrap().count() > 0),
        16,
    ),
    (
        "a panic",
        || assert!(catch_unwind(|| resume_unwind(Box::new(1))).is_err()),
        16,
    ),
    (
        "a name",
        || assert!(("localhost", 1).to_socket_addrs().unwrap().count() > 0),
        64,
    ),
    ("an error of the loader", fail_to_load, 200),
];

fn fail_to_load() {
    // SAFETY: a look-up that fails; the text is there until the next error here.
    let text = unsafe {
        assert!(libc::dlsym(libc::RTLD_DEFAULT, c"no such symbol".as_ptr()).is_null());
        CStr::from_ptr(libc::dlerror())
    };
    assert!(text.to_string_lossy().contains("no such symbol"));
}

fn goroutines(n: usize, work: fn()) {
    // In small lots: their stacks are memory in use as well.
    for _ in 0..n / 20 {
        run(2, |world| (0..20).for_each(|i| world.go_on(i % 2, work)));
    }
}

#[test]
fn nothing_is_left_of_goroutines() {
    let output = in_child(
        concat!(module_path!(), "::nothing_is_left_of_goroutines"),
        || {
            for (name, work, allowed) in WORK {
                goroutines(200, work);
                let before = in_use().unwrap_or(0);
                goroutines(1000, work);
                let left = in_use().unwrap_or(0).saturating_sub(before) / 1000;
                assert!(left <= allowed, "{name}: each leaves {left} bytes");
            }
        },
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn no_mapping_is_left_of_random_numbers() {
    let mappings = || {
        std::fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .count()
    };
    let draw = || {
        let mut bytes = [0u8; 16];
        // SAFETY: the buffer is as long as said.
        let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), 16, 0) };
        assert_eq!(got, 16);
    };
    let output = in_child(
        concat!(module_path!(), "::no_mapping_is_left_of_random_numbers"),
        || {
            goroutines(200, draw);
            let before = mappings();
            goroutines(4000, draw);
            assert!(
                mappings() < before + 10,
                "{} mappings, then {}",
                before,
                mappings()
            );
        },
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
