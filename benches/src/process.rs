//! What Linux says about this process and the machine, read from `/proc`.

use std::fs;
use std::io::{self, ErrorKind};
use std::time::Instant;

/// The kernel counts in `/proc` in hundredths of a second, whatever its own tick.
const TICKS_PER_SECOND: f64 = 100.0;

/// Bytes in a page of x86-64.
const PAGE: u64 = 4096;

/// Resident bytes of this process now.
pub fn resident_bytes() -> io::Result<u64> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = field(&statm, 1)?;
    Ok(pages * PAGE)
}

/// The most bytes that were ever resident, in MiB.
pub fn peak_resident_mib() -> io::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .unwrap_or_default();
    let kib: f64 = field(line, 0)?;
    Ok(kib / 1024.0)
}

/// User and system seconds of this process and of the children it has waited for.
pub fn cpu_seconds() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name in brackets, which may hold anything; the rest
    // starts with the third field. User and system ticks are the fields 14 and 15 and, of ended
    // children, 16 and 17.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut ticks = 0.0;
    for number in 14..=17 {
        let part: f64 = field(rest, number - 3)?;
        ticks += part;
    }
    Ok(ticks / TICKS_PER_SECOND)
}

/// Busy seconds of all processors since the machine started.
fn machine_seconds() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().unwrap_or_default();
    let mut ticks = 0.0;
    // user, nice, system, irq, softirq, steal; not idle, nor iowait
    for number in [1, 2, 3, 6, 7, 8] {
        let part: f64 = field(line, number)?;
        ticks += part;
    }
    Ok(ticks / TICKS_PER_SECOND)
}

fn field<T: std::str::FromStr>(line: &str, index: usize) -> io::Result<T> {
    line.split_ascii_whitespace()
        .nth(index)
        .and_then(|word| word.parse().ok())
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, format!("no field {index}: {line}")))
}

/// How much CPU others used while we measured: it tells how far a figure can be trusted.
pub struct Foreign {
    begun: Instant,
    machine: f64,
    own: f64,
}

impl Foreign {
    /// Begins to watch.
    pub fn start() -> io::Result<Self> {
        Ok(Foreign {
            begun: Instant::now(),
            machine: machine_seconds()?,
            own: cpu_seconds()?,
        })
    }

    /// Says what others used since.
    pub fn stop(self) -> io::Result<String> {
        let own = cpu_seconds()? - self.own;
        let others = (machine_seconds()? - self.machine - own).max(0.0);
        let wall = self.begun.elapsed().as_secs_f64();
        let share = others / wall;
        Ok(format!(
            "other processes used {share:.3} of one core over {wall:.2} s"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_touched_becomes_resident() {
        let before = resident_bytes().unwrap();
        let block = vec![1u8; 64 << 20];
        assert!(resident_bytes().unwrap() >= before + (32 << 20));
        assert!(peak_resident_mib().unwrap() >= 32.0);
        drop(block);
    }

    #[test]
    fn work_takes_cpu_time() {
        let (begun, before) = (Instant::now(), cpu_seconds().unwrap());
        // Two ticks, however slow the machine.
        while cpu_seconds().unwrap() < before + 0.02 {
            assert!(begun.elapsed().as_secs() < 60, "no CPU time was counted");
        }
    }
}
