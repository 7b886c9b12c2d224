//! Another process's memory and processor time, as the system tells.

use std::fs;
use std::time::Duration;

/// See the [module](self).
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Resident bytes.
    pub resident: u64,
    /// Processor time.
    pub cpu: Duration,
}

impl Usage {
    /// Of all these processes together.
    pub fn of(pids: &[u32]) -> Result<Usage, String> {
        let mut sum = Usage::default();
        for pid in pids {
            let usage = one(*pid).ok_or_else(|| format!("there is no process {pid}"))?;
            sum.resident += usage.resident;
            sum.cpu += usage.cpu;
        }
        Ok(sum)
    }
}

fn one(pid: u32) -> Option<Usage> {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Usage {
        resident: pages * rustix::param::page_size() as u64,
        cpu: Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process() {
        let usage = Usage::of(&[std::process::id()]).unwrap();
        assert!(usage.resident > 1 << 20, "{usage:?}");
        assert!(Usage::of(&[u32::MAX]).is_err());
    }
}
