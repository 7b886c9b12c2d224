//! Stack overflow: the process ends with a message that names the goroutine; other faults are left
//! as they are.

use super::{Case, Ended};
use gompa_chan::{make, time};
use gompa_sched::{Builder, go, gosched, run};
use std::hint::black_box;
use std::time::Duration;

pub const CASES: &[Case] = &[
    Case::new(
        "overflow::of_the_main_goroutine",
        || run(|| overflow(1)),
        |e| {
            // The default size; debug builds have more.
            let kib = if cfg!(debug_assertions) { 1024 } else { 256 };
            reported(e, kib, "run(|| overflow(1))");
        },
    ),
    Case::new(
        "overflow::of_a_fresh_stack",
        || {
            Builder::new().stack_size(100 << 10).run(|| {
                let fresh = go(|| overflow(1)); // here
                println!("{}", fresh.id());
                fresh.join().unwrap()
            })
        },
        |e| reported(e, 128, "// here"),
    ),
    Case::new(
        "overflow::of_a_reused_stack",
        || {
            Builder::new().procs(1).stack_size(100 << 10).run(|| {
                for _ in 0..200 {
                    go(|| deep(50)).join().unwrap();
                }
                let reused = go(|| overflow(1)); // reused
                println!("{}", reused.id());
                reused.join().unwrap()
            })
        },
        |e| reported(e, 128, "// reused"),
    ),
    Case::new(
        "overflow::after_a_wait",
        || {
            Builder::new().procs(2).stack_size(100 << 10).run(|| {
                let ch = make::<u32>(0);
                let rx = ch.clone();
                let waited = go(move || overflow(rx.recv().unwrap())); // waited
                println!("{}", waited.id());
                gosched();
                ch.send(1);
                waited.join().unwrap()
            })
        },
        |e| reported(e, 128, "// waited"),
    ),
    Case::new(
        "overflow::while_others_run",
        || {
            Builder::new().procs(2).stack_size(100 << 10).run(|| {
                for _ in 0..4 {
                    drop(go(|| {
                        loop {
                            deep(20);
                            gosched();
                        }
                    }));
                    drop(go(|| {
                        loop {
                            time::sleep(Duration::from_millis(1));
                        }
                    }));
                }
                time::sleep(Duration::from_millis(20));
                let guilty = go(|| overflow(1)); // guilty
                println!("{}", guilty.id());
                guilty.join().unwrap()
            })
        },
        |e| reported(e, 128, "// guilty"),
    ),
    Case::new(
        "overflow::in_a_blocking_call",
        || {
            Builder::new().stack_size(100 << 10).run(|| {
                let blocks = go(|| gompa_sched::blocking(|| overflow(1))); // blocks
                println!("{}", blocks.id());
                blocks.join().unwrap()
            })
        },
        |e| reported(e, 128, "// blocks"),
    ),
    Case::new(
        "overflow::of_a_plain_thread_is_stds_affair",
        || {
            go(|| ()).join().unwrap();
            let thread = std::thread::Builder::new()
                .name("small".into())
                .stack_size(64 << 10)
                .spawn(|| overflow(1));
            thread.unwrap().join().unwrap()
        },
        |e| {
            assert_eq!(e.signal(), Some(libc::SIGABRT));
            e.says("thread 'small'");
            e.says("has overflowed its stack");
        },
    ),
    Case::new(
        "overflow::another_fault_is_none",
        || {
            run(|| {
                // SAFETY: none: the fault is what is tested.
                unsafe { std::ptr::null_mut::<u32>().write_volatile(1) }
            })
        },
        |e| {
            assert_eq!(e.signal(), Some(libc::SIGSEGV));
            assert!(!e.stderr.contains("stack"));
        },
    ),
    Case::new(
        "overflow::deep_stacks_that_fit_are_fine",
        || {
            run(|| {
                for _ in 0..50 {
                    go(|| deep(100)).join().unwrap();
                }
            })
        },
        Ended::well,
    ),
];

/// Recurses for ever, as far as the compiler knows.
#[expect(unconditional_recursion, reason = "that is what is tested")]
#[inline(never)]
fn overflow(n: u32) {
    let frame = black_box([n; 64]);
    overflow(black_box(frame[1].wrapping_add(1)));
    black_box(frame);
}

/// Uses some stack: a KiB a step, in round numbers.
#[inline(never)]
fn deep(n: u32) {
    let frame = black_box([n; 128]);
    if n > 0 {
        deep(n - 1);
    }
    black_box(frame);
}

/// The message, with the size, the goroutine's number where the scenario printed it, and the line of
/// this file that contains `created`.
#[track_caller]
fn reported(e: &Ended, kib: u32, created: &str) {
    assert_eq!(e.signal(), Some(libc::SIGABRT));
    e.says(&format!(
        "runtime: goroutine stack exceeds {kib} KiB limit\n"
    ));
    e.says("fatal error: stack overflow\n");
    let line = include_str!("overflow.rs")
        .lines()
        .position(|line| line.contains(created))
        .unwrap();
    e.says(&format!("overflow.rs:{}:", line + 1));
    if let Some(id) = e.stdout.lines().next() {
        e.says(&format!("\ngoroutine {id} [running], created at "));
    }
}
