//! The collector's knobs and numbers: what is set is what was asked for, and has its effect. Each test
//! is a process of its own, for these are matters of the whole process.

use crate::common::alone;
use gompa_gc::{
    collect, free_os_memory, read_gc_stats, scope, set_memory_limit, set_percent, stats,
};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::time::{Duration, Instant};

const MIB: u64 = 1 << 20;

/// So many MiB of garbage.
fn litter(mib: u64) {
    scope(|s| {
        for _ in 0..mib * 16 {
            s.nested(|s| (0..1024u64).for_each(|i| _ = s.alloc([i; 8])));
        }
    });
}

/// So many MiB, let go together.
fn heap_of(mib: usize) {
    scope(|s| _ = s.array(mib * 1024, |_| s.alloc([7u64; 128])));
}

#[test]
fn knobs_tell_what_was_set() {
    let environment = [("GOGC", "50"), ("GOMEMLIMIT", "3GiB")];
    alone("control::knobs_tell_what_was_set", &environment, || {
        // The first use of the heap reads the environment.
        collect();
        assert_eq!(stats().memory_limit, 3 << 30);
        assert_eq!(set_percent(200), 50);
        assert_eq!(set_percent(-1), 200);
        assert_eq!(set_percent(100), -1);
        assert_eq!(set_memory_limit(1 << 30), 3 << 30);
        assert_eq!(stats().memory_limit, 1 << 30);
        assert_eq!(set_memory_limit(u64::MAX), 1 << 30);
        assert_eq!(stats().memory_limit, i64::MAX as u64);
    });
}

#[test]
fn no_cycle_where_none_is_wanted() {
    let environment = [("GOGC", "off"), ("GOMEMLIMIT", "off")];
    alone(
        "control::no_cycle_where_none_is_wanted",
        &environment,
        || {
            litter(40);
            assert_eq!(stats().num_gc, 0);
            // A limit counts all the same.
            set_memory_limit(64 * MIB);
            litter(200);
            assert!(stats().num_gc > 0);
            assert!(stats().heap_inuse < 84 * MIB, "{:?}", stats());
        },
    );
}

#[test]
fn the_percentage_is_the_heaps_goal() {
    alone("control::the_percentage_is_the_heaps_goal", &[], || {
        scope(|s| {
            let kept = s.array(32 * 1024, |_| s.alloc([7u64; 128]));
            for percent in [50, 100, 300] {
                set_percent(percent);
                collect();
                let goal = stats().next_gc as f64 / (stats().heap_alloc as f64);
                let wanted = 1.0 + f64::from(percent) / 100.0;
                assert!((goal - wanted).abs() < 0.1, "{goal} at {percent} %");
            }
            assert_eq!(kept.len(), 32 * 1024);
        });
    });
}

#[test]
fn free_memory_goes_back() {
    fn resident() -> u64 {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages = statm.split_whitespace().nth(1).unwrap();
        pages.parse::<u64>().unwrap() * 4096
    }
    alone("control::free_memory_goes_back", &[("GOGC", "off")], || {
        heap_of(64);
        let before = (stats(), resident());
        assert!(before.0.heap_inuse >= 64 * MIB, "{before:?}");
        free_os_memory();
        let after = (stats(), resident());
        assert!(after.0.heap_inuse < 8 * MIB, "{after:?}");
        assert!(after.0.heap_idle < MIB, "{after:?}");
        assert!(after.1 + 48 * MIB < before.1, "{before:?} {after:?}");
        // What went is there again when it is wanted.
        heap_of(64);
        assert!(resident() + 16 * MIB > before.1);
    });
}

#[test]
fn numbers_fit_together() {
    alone("control::numbers_fit_together", &[("GOGC", "off")], || {
        let first = stats();
        litter(8);
        scope(|s| _ = s.on_free(s.alloc(1u64), || ()));
        let then = stats();
        assert!(then.mallocs - first.mallocs >= 8 * 16 * 1024);
        assert!(then.total_alloc - first.total_alloc >= 8 * MIB);
        assert!(then.heap_alloc >= 8 * MIB);
        assert!(then.heap_alloc <= then.heap_inuse, "{then:?}");
        assert!(
            then.heap_inuse + then.heap_idle <= then.heap_sys,
            "{then:?}"
        );
        assert_eq!((then.num_gc, then.num_forced_gc, then.cleanups), (0, 0, 0));
        assert_eq!((read_gc_stats().num_gc, read_gc_stats().last_gc), (0, 0));
        collect();
        collect();
        let last = stats();
        assert_eq!((last.num_gc, last.num_forced_gc), (2, 2));
        assert!(last.heap_alloc < MIB, "{last:?}");
        assert!(last.total_alloc >= then.total_alloc);
        let gc = read_gc_stats();
        assert_eq!(gc.num_gc, 2);
        assert!(
            gc.last_gc > 0 && !gc.cpu.is_zero() && !gc.marking.is_zero(),
            "{gc:?}"
        );
    });
}

/// `gc 1 @0.049s 0%: 0.099+0.37+0.002 ms clock, 0.19+0.041/0.23/0+0.005 ms cpu, 7->11->9 MB, 8 MB goal,
/// 0 MB stacks, 0 MB globals, 2 P (forced)`: what scripts for Go's lines take apart.
#[test]
fn the_trace_is_in_gos_form() {
    fn numbers(text: &str, between: &[char], how_many: usize) {
        let all: Vec<_> = text.split(between).map(str::parse::<f64>).collect();
        assert!(
            all.len() == how_many && all.iter().all(Result::is_ok),
            "{text}"
        );
    }
    let said = alone(
        "control::the_trace_is_in_gos_form",
        &[("GODEBUG", "gctrace=1"), ("GOGC", "off")],
        || (0..3).for_each(|_| collect()),
    );
    let Some(said) = said else { return };
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    for (n, line) in (1..).zip(lines) {
        let rest = line.strip_prefix(&format!("gc {n} @")).expect(line);
        let (when, rest) = rest.split_once("s ").expect(line);
        numbers(when, &[], 1);
        let (percent, rest) = rest.split_once("%: ").expect(line);
        numbers(percent, &[], 1);
        let parts: Vec<&str> = rest.split(", ").collect();
        let [clock, cpu, sizes, goal, stacks, globals, procs] = parts[..] else {
            panic!("{line}")
        };
        numbers(clock.strip_suffix(" ms clock").expect(line), &['+'], 3);
        numbers(cpu.strip_suffix(" ms cpu").expect(line), &['+', '/'], 5);
        numbers(
            &sizes.strip_suffix(" MB").expect(line).replace("->", " "),
            &[' '],
            3,
        );
        numbers(goal.strip_suffix(" MB goal").expect(line), &[], 1);
        assert_eq!((stacks, globals), ("0 MB stacks", "0 MB globals"));
        numbers(procs.strip_suffix(" P (forced)").expect(line), &[], 1);
    }
}

/// A program that runs without the limit it was given would be worse.
#[test]
fn malformed_environment_ends_the_process() {
    const TEST: &str = "control::knobs_tell_what_was_set";
    for (name, value) in [
        ("GOGC", "much"),
        ("GOMEMLIMIT", "4MB"),
        ("GODEBUG", "gcstress=often"),
    ] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", TEST, "--nocapture"]);
        child.env("GOMPA_GC_TEST_CHILD", "1").env(name, value);
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("malformed") && said.contains(name), "{said}");
    }
}

/// Somebody keeps std's lock of stderr while cycles want to print their lines, and allocates meanwhile.
#[test]
fn lines_need_no_lock() {
    let environment = [("GODEBUG", "gctrace=1,gcperiod=5")];
    let said = alone("control::lines_need_no_lock", &environment, || {
        let held = std::io::stderr().lock();
        let begun = Instant::now();
        while stats().num_gc < 5 {
            litter(1);
            assert!(begun.elapsed() < Duration::from_secs(60));
        }
        drop(held);
    });
    if let Some(said) = said {
        assert!(said.contains("gc 1 @"), "{said}");
    }
}

/// As in Go, whether anybody reads the lines is no matter of the program.
#[test]
fn lines_that_nobody_reads() {
    let environment = [("GODEBUG", "gctrace=1,gcperiod=5")];
    alone("control::lines_that_nobody_reads", &environment, || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        // SAFETY: makes stderr the end of a pipe whose other end is closed; both are open here.
        assert_eq!(unsafe { libc::dup2(writer.as_raw_fd(), 2) }, 2);
        let begun = Instant::now();
        while stats().num_gc < 5 {
            std::thread::sleep(Duration::from_millis(5));
            collect();
            assert!(begun.elapsed() < Duration::from_secs(60));
        }
    });
}
