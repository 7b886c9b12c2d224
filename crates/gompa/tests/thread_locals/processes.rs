//! Child processes: started by std, by C, by fork.

use super::world::{goroutines, hop, join, world};
use gompa::go;
use std::cell::Cell;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

#[test]
fn commands() {
    goroutines(6, |i| {
        hop();
        let mut echo = Command::new("echo");
        let output = echo.arg(format!("n{i}")).env("A", "b").output().unwrap();
        hop();
        assert_eq!(output.stdout, format!("n{i}\n").as_bytes());
        assert!(Command::new("/nonexistent/x").status().is_err());
    });
}

#[test]
fn commands_with_something_to_do_between_fork_and_exec() {
    goroutines(4, |i| {
        NUMBER.set(i);
        hop();
        let mut command = Command::new("sh");
        command.args(["-c", "exit $N"]).env("N", i.to_string());
        // SAFETY: the child looks at a thread-local, which is the goroutine's still.
        unsafe {
            command.pre_exec(move || {
                if NUMBER.get() != i {
                    return Err(std::io::Error::from_raw_os_error(libc::EDOM));
                }
                Ok(())
            });
        }
        let status = command.status().unwrap();
        assert_eq!(status.code(), Some(i as i32));
        assert_eq!(NUMBER.get(), i);
    });
}

#[test]
fn a_conversation_with_a_child() {
    goroutines(4, |i| {
        let mut cat = Command::new("cat");
        let mut child = cat
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        for k in 0..10 {
            let line = format!("{i} {k}\n");
            input.write_all(line.as_bytes()).unwrap();
            hop();
            let mut back = vec![0; line.len()];
            output.read_exact(&mut back).unwrap();
            assert_eq!(back, line.as_bytes());
        }
        drop(input);
        hop();
        assert!(child.wait().unwrap().success());
    });
}

#[test]
fn commands_of_c() {
    goroutines(4, |i| {
        let command = format!("exit {i}\0");
        hop();
        // SAFETY: the text ends with a NUL.
        let status = unsafe { libc::system(command.as_ptr().cast()) };
        assert_eq!(libc::WEXITSTATUS(status), i as i32);
    });
}

/// Waits for a child by fork and returns its status.
fn wait_for(child: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: the child is ours.
    let waited = gompa::blocking(|| unsafe { libc::waitpid(child, &mut status, 0) });
    assert_eq!(waited, child);
    status
}

#[test]
fn a_forked_child_executes() {
    goroutines(4, |i| {
        let script = format!("exit {}\0", 40 + i);
        hop();
        // SAFETY: the child executes at once, or leaves; the texts end with NULs.
        let child = unsafe {
            let child = libc::fork();
            if child == 0 {
                let null = std::ptr::null::<libc::c_char>();
                libc::execlp(
                    c"sh".as_ptr(),
                    c"sh".as_ptr(),
                    c"-c".as_ptr(),
                    script.as_ptr().cast::<libc::c_char>(),
                    null,
                );
                libc::_exit(1);
            }
            child
        };
        assert!(child > 0);
        hop();
        assert_eq!(libc::WEXITSTATUS(wait_for(child)), 40 + i as i32);
    });
}

#[test]
fn a_forked_child_allocates_starts_threads_and_executes() {
    world(|| {
        // Others allocate meanwhile, so that the fork meets them in the middle of it.
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let allocating: Vec<_> = (0..4)
            .map(|_| {
                let stop = stop.clone();
                go(move || {
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                        let blocks: Vec<_> = (0..500).map(|i| vec![i; i % 40]).collect();
                        assert_eq!(blocks[77].len(), 37);
                        gompa::gosched();
                    }
                })
            })
            .collect();
        for round in 0..10 {
            NUMBER.set(round);
            hop();
            // SAFETY: the child has one thread, this goroutine; it allocates, which goes on to work,
            // and leaves.
            let child = unsafe {
                let child = libc::fork();
                if child == 0 {
                    libc::alarm(20);
                    libc::_exit(i32::from(!works_in_a_child(round)));
                }
                child
            };
            assert!(child > 0);
            assert_eq!(wait_for(child), 0, "the child failed");
            assert_eq!(NUMBER.get(), round);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        allocating.into_iter().for_each(join);
    });
}

fn works_in_a_child(round: usize) -> bool {
    let blocks: Vec<_> = (0..2000).map(|i| vec![i; i % 60]).collect();
    let text = format!("{:?}", (0..100).collect::<Vec<_>>());
    drop(blocks);
    let started = std::thread::Builder::new().spawn(|| NUMBER.get());
    let fresh = started.is_ok_and(|thread| thread.join().is_ok_and(|number| number == 0));
    let executed = Command::new("true")
        .status()
        .is_ok_and(|status| status.success());
    text.len() > 100 && fresh && executed && NUMBER.get() == round
}
