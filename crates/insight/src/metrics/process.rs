//! What the kernel says of the process, under Prometheus' usual names.

use super::text::Page;

/// Memory of the process that is resident, in bytes; 0 if the kernel does not say.
pub fn resident_bytes() -> u64 {
    statm().map_or(0, |(_, resident)| resident)
}

/// Virtual and resident bytes.
fn statm() -> Option<(u64, u64)> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = text.split_ascii_whitespace().map(|n| n.parse::<u64>().ok());
    let (size, resident) = (pages.next()??, pages.next()??);
    // SAFETY: asks for a constant.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.unsigned_abs();
    Some((size * page, resident * page))
}

pub(super) fn add(page: &mut Page) {
    if let Some((size, resident)) = statm() {
        page.gauge(
            "process_resident_memory_bytes",
            "Resident memory size in bytes.",
            resident,
        );
        page.gauge(
            "process_virtual_memory_bytes",
            "Virtual memory size in bytes.",
            size,
        );
    }
    let mut used = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes the timespec.
    if unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut used) } == 0 {
        let seconds = used.tv_sec as f64 + used.tv_nsec as f64 / 1e9;
        page.counter(
            "process_cpu_seconds_total",
            "Total user and system CPU time spent in seconds.",
            seconds,
        );
    }
}
