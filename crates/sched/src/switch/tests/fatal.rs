//! What ends the process, tried in a process of its own.

use super::child::in_child;
use super::world::{move_to, run_one};
use std::ffi::c_void;
use std::os::unix::process::ExitStatusExt;

#[test]
fn pthread_exit_on_a_goroutine() {
    let output = in_child(
        concat!(module_path!(), "::pthread_exit_on_a_goroutine"),
        || {
            run_one(|| {
                move_to(1);
                // SAFETY: it ends the process, as this test is to show.
                unsafe { libc::pthread_exit(std::ptr::null_mut()) }
            });
        },
    );
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{message}");
    assert!(
        message.contains("pthread_exit called on a goroutine"),
        "{message}"
    );
}

#[test]
fn pthread_exit_on_an_os_thread() {
    extern "C" fn leave(_argument: *mut c_void) -> *mut c_void {
        // SAFETY: no frame with a destructor lies above.
        unsafe { libc::pthread_exit(7 as *mut c_void) }
    }
    let mut value = std::ptr::null_mut();
    // SAFETY: the thread is started and joined once.
    unsafe {
        let mut thread = 0;
        let attributes = std::ptr::null();
        assert_eq!(
            libc::pthread_create(&mut thread, attributes, leave, std::ptr::null_mut()),
            0
        );
        assert_eq!(libc::pthread_join(thread, &mut value), 0);
    }
    assert_eq!(value.addr(), 7);
}

#[test]
fn abort_on_a_goroutine() {
    let output = in_child(concat!(module_path!(), "::abort_on_a_goroutine"), || {
        run_one(|| {
            move_to(1);
            std::process::abort();
        });
    });
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
}

#[test]
fn exit_on_a_goroutine() {
    let output = in_child(concat!(module_path!(), "::exit_on_a_goroutine"), || {
        run_one(|| {
            move_to(1);
            print!("flushed at exit");
            std::process::exit(3);
        });
    });
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.ends_with("flushed at exit"), "{text}");
}

#[test]
fn a_panic_in_on_carrier() {
    let output = in_child(concat!(module_path!(), "::a_panic_in_on_carrier"), || {
        run_one(|| super::super::on_carrier(|| panic!("on the carrier")));
    });
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{message}");
    assert!(message.contains("on the carrier"), "{message}");
}
