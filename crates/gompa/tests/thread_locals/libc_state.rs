//! What libc keeps for a thread it keeps for a goroutine: errno, locale, buffers; and what it does
//! with it works.

use super::world::{goroutines, hop};
use std::ffi::{CStr, CString};
use std::net::ToSocketAddrs;

#[test]
fn errno() {
    goroutines(8, |i| {
        for _ in 0..20 {
            let wanted = if i % 2 == 0 {
                libc::EBADF
            } else {
                libc::ENOENT
            };
            // SAFETY: both fail.
            unsafe {
                if i % 2 == 0 {
                    libc::close(-1);
                } else {
                    libc::open(c"/nonexistent".as_ptr(), 0);
                }
            }
            hop();
            let error = std::io::Error::last_os_error();
            assert_eq!(error.raw_os_error(), Some(wanted));
        }
    });
}

#[test]
fn texts_of_errors() {
    goroutines(8, |i| {
        for k in 0..5 {
            let number = 5000 + (i * 10 + k) as i32;
            // SAFETY: the text is this goroutine's until its next call.
            let text = unsafe { CStr::from_ptr(libc::strerror(number)) };
            hop();
            let text = text.to_str().unwrap();
            assert!(text.contains(&number.to_string()), "{text}");
        }
    });
}

#[test]
fn locale() {
    goroutines(8, |i| {
        // SAFETY: a locale is made, used here, put off before it is freed.
        unsafe {
            let global = libc::uselocale(std::ptr::null_mut());
            assert_eq!(global.addr(), usize::MAX, "LC_GLOBAL_LOCALE");
            let own = libc::newlocale(libc::LC_ALL_MASK, c"C".as_ptr(), std::ptr::null_mut());
            assert!(!own.is_null());
            if i % 2 == 0 {
                libc::uselocale(own);
            }
            for _ in 0..5 {
                hop();
                let now = libc::uselocale(std::ptr::null_mut());
                assert_eq!(now, if i % 2 == 0 { own } else { global });
            }
            libc::uselocale(global);
            libc::freelocale(own);
        }
    });
}

#[test]
fn names() {
    goroutines(8, |_| {
        for _ in 0..3 {
            let found = ("localhost", 80).to_socket_addrs().unwrap().count();
            assert!(found > 0);
            hop();
        }
    });
}

#[test]
fn directories() {
    goroutines(4, |_| {
        for _ in 0..2 {
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
            hop();
            assert!(std::fs::canonicalize("/usr/bin/../lib").is_ok());
            assert!(std::env::current_dir().is_ok());
        }
    });
}

#[test]
fn numbers() {
    goroutines(8, |i| {
        for k in 0..50 {
            let number = i as f64 + f64::from(k) / 7.0;
            let text = format!("{number} {number:e} {number:.3}");
            let mut buffer = [0; 64];
            // SAFETY: the buffer is as long as said.
            unsafe { libc::snprintf(buffer.as_mut_ptr(), 64, c"%.17g".as_ptr(), number) };
            if k % 5 == 0 {
                hop();
            }
            let first = text.split(' ').next().unwrap();
            assert_eq!(first.parse::<f64>().unwrap(), number);
            // SAFETY: snprintf ends it with a NUL; strtod reads no further.
            let back = unsafe { libc::strtod(buffer.as_ptr(), std::ptr::null_mut()) };
            assert_eq!(back, number);
        }
    });
}

#[test]
fn files() {
    // A FILE has a buffer and a lock, and libc has a list of all of them.
    goroutines(4, |i| {
        let path = std::env::temp_dir().join(format!("gompa-{}-{i}", std::process::id()));
        let name = CString::new(path.as_os_str().as_encoded_bytes()).unwrap();
        // SAFETY: the file is opened, used and closed here; the buffer is as long as said.
        unsafe {
            let file = libc::fopen(name.as_ptr(), c"w+".as_ptr());
            assert!(!file.is_null());
            for k in 0..10 {
                assert!(libc::fprintf(file, c"%d %d\n".as_ptr(), i as i32, k) > 0);
                hop();
            }
            libc::rewind(file);
            for k in 0..10 {
                let mut line = [0; 32];
                assert!(!libc::fgets(line.as_mut_ptr(), 32, file).is_null());
                let line = CStr::from_ptr(line.as_ptr()).to_str().unwrap();
                assert_eq!(line, format!("{i} {k}\n"));
            }
            assert_eq!(libc::fclose(file), 0);
        }
        std::fs::remove_file(path).unwrap();
    });
}

#[test]
fn c_memory() {
    goroutines(4, |_| {
        // SAFETY: each block is used within its size and freed once.
        unsafe {
            let mut blocks = Vec::new();
            for size in [1, 100, 5000, 300_000] {
                let zeroed = libc::calloc(size, 2).cast::<u8>();
                assert!((0..2 * size).all(|i| *zeroed.add(i) == 0));
                hop();
                zeroed.write_bytes(7, 2 * size);
                let grown = libc::realloc(zeroed.cast(), 3 * size).cast::<u8>();
                assert!((0..2 * size).all(|i| *grown.add(i) == 7));
                blocks.push(grown);
                blocks.push(libc::strdup(c"text".as_ptr()).cast());
            }
            hop();
            blocks
                .into_iter()
                .for_each(|block| libc::free(block.cast()));
        }
    });
}
