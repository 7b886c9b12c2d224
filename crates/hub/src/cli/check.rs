//! `gompa-hub check`: what this machine allows, and what to raise for more.

use std::fmt::Write as _;
use std::fs;

use rustix::process::{Resource, getrlimit};

/// Connections that a hub should carry without a thought.
const WANTED: u64 = 100_000;

/// Stacks in one mapping of the runtime.
const STACKS_A_MAPPING: u64 = 256;

/// One limit.
struct Limit {
    name: &'static str,
    /// What it is now, in words.
    is: String,
    /// Connections it allows, if it limits them.
    allows: Option<u64>,
    /// How to raise it, and why.
    raise: &'static str,
}

/// The report.
pub fn check() -> String {
    report(&limits(), memory())
}

fn report(limits: &[Limit], memory: Option<u64>) -> String {
    let mut out = String::new();
    let least = limits.iter().filter_map(|l| l.allows).min();
    for limit in limits {
        let low = limit.allows.is_some_and(|n| n < WANTED);
        let mark = if low { "low" } else { "ok " };
        let _ = write!(out, "{mark}  {:<32} {}", limit.name, limit.is);
        if let Some(allows) = limit.allows {
            let _ = write!(out, ": {}", connections(allows));
        }
        out.push('\n');
        if low {
            let _ = writeln!(out, "     {}", limit.raise);
        }
    }
    if let Some(available) = memory {
        // The hub's own, and the kernel's socket, descriptor and epoll entry.
        let each = 5 << 10;
        let kernel = 4 << 10;
        let _ = writeln!(
            out,
            "     {:<32} {} MiB: room for {} idle (5 KiB of the hub's and 4 KiB of the kernel's each)",
            "memory available",
            available >> 20,
            connections(available / (each + kernel)),
        );
    }
    if let Some(least) = least {
        let _ = writeln!(out, "\nA hub here carries {}.", connections(least));
        if least < WANTED {
            out.push_str(
                "Where the limit of open files cannot be raised, several hubs on neighbouring ports,\n\
                 joined by --redis behind one proxy, carry the rest: see docs/hub.md.\n",
            );
        }
    }
    out
}

fn connections(n: u64) -> String {
    match n {
        u64::MAX => "any number of connections".into(),
        n => format!("{n} connections"),
    }
}

fn limits() -> Vec<Limit> {
    let files = getrlimit(Resource::Nofile);
    let (soft, hard) = (files.current, files.maximum);
    let number = |n: Option<u64>| n.map_or("unlimited".to_owned(), |n| n.to_string());
    let spare = 64;
    let hard_allows = hard.map_or(u64::MAX, |n| n.saturating_sub(spare));
    let guard = guards_without_mappings();
    let maps = read("/proc/sys/vm/max_map_count");
    let map_allows = maps.map(|n| {
        if guard {
            n.saturating_mul(STACKS_A_MAPPING)
        } else {
            n / 2
        }
    });
    let ports = port_range();
    let plain = |name, path, raise| Limit {
        name,
        is: number(read(path)),
        allows: None,
        raise,
    };
    vec![
        Limit {
            name: "open files of a process, hard",
            is: format!("{} (soft: {}, raised to it)", number(hard), number(soft)),
            allows: Some(hard_allows),
            raise: "raise: LimitNOFILE=1000000 in the service's unit, or ulimit -Hn 1000000 as root",
        },
        Limit {
            name: "fs.nr_open",
            is: number(read("/proc/sys/fs/nr_open")),
            allows: read("/proc/sys/fs/nr_open").map(|n| n.saturating_sub(spare)),
            raise: "raise: sysctl -w fs.nr_open=2000000 (the ceiling of the limit above)",
        },
        Limit {
            name: "fs.file-max",
            is: number(read("/proc/sys/fs/file-max")),
            allows: read("/proc/sys/fs/file-max").map(|n| n.saturating_sub(spare)),
            raise: "raise: sysctl -w fs.file-max=4000000 (open files of the whole machine)",
        },
        Limit {
            name: "vm.max_map_count",
            is: format!(
                "{} ({})",
                number(maps),
                if guard { "guard pages need no mapping here" } else { "two mappings a stack on this kernel" }
            ),
            allows: map_allows,
            raise: "raise: sysctl -w vm.max_map_count=2100000 (or a kernel of 6.13 or later)",
        },
        Limit {
            name: "net.core.somaxconn",
            is: number(read("/proc/sys/net/core/somaxconn")),
            allows: None,
            raise: "",
        },
        plain("net.ipv4.tcp_max_syn_backlog", "/proc/sys/net/ipv4/tcp_max_syn_backlog", ""),
        Limit {
            name: "net.ipv4.ip_local_port_range",
            is: ports.map_or("unknown".into(), |(from, to)| {
                format!(
                    "{from} to {to}: {} connections from one address to one port (a proxy needs more \
                     hubs, or addresses, beyond)",
                    to - from
                )
            }),
            allows: None,
            raise: "",
        },
    ]
}

/// Whether the kernel has guards that do not split a mapping (Linux 6.13).
fn guards_without_mappings() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|n| n.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(6), Some(13))
}

fn port_range() -> Option<(u64, u64)> {
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut numbers = text.split_whitespace().filter_map(|n| n.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

fn read(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Bytes that could be had without swapping.
fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with("MemAvailable:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_limit_decides() {
        let limit = |name, allows| Limit {
            name,
            is: "x".into(),
            allows,
            raise: "raise: it",
        };
        let limits = [
            limit("a", Some(500)),
            limit("b", Some(WANTED)),
            limit("c", None),
        ];
        let text = report(&limits, Some(9 << 20));
        assert!(text.contains("low  a"), "{text}");
        assert!(text.contains("ok   b") && text.contains("ok   c"), "{text}");
        assert_eq!(text.matches("raise: it").count(), 1, "{text}");
        assert!(
            text.contains("A hub here carries 500 connections"),
            "{text}"
        );
        assert!(text.contains("room for 1024 connections idle"), "{text}");
    }

    #[test]
    fn this_machine_can_be_read() {
        let text = check();
        for name in [
            "open files",
            "fs.nr_open",
            "vm.max_map_count",
            "somaxconn",
            "port_range",
        ] {
            assert!(text.contains(name), "{name}: {text}");
        }
        assert!(text.contains("A hub here carries"), "{text}");
    }
}
