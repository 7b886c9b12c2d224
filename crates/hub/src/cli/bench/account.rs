//! What came, what is missing, what came twice, and how late.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::process::Usage;

/// For each connection, what it has got of each sender: messages come in order, so a number does.
#[derive(Debug)]
pub struct Account {
    /// The next number expected, by connection and sender.
    next: Vec<u32>,
    senders: usize,
    pub deliveries: u64,
    pub duplicates: u64,
    /// Numbers that were passed over. Should one come later, it counts as a duplicate too: order is
    /// promised.
    pub skipped: u64,
    /// What was no message of this run.
    pub foreign: u64,
    pub latency: Histogram<u64>,
}

impl Account {
    pub fn new(connections: usize, senders: usize) -> Account {
        Account {
            next: vec![0; connections * senders],
            senders,
            deliveries: 0,
            duplicates: 0,
            skipped: 0,
            foreign: 0,
            // Up to ten minutes, to a part in a hundred.
            latency: Histogram::new_with_bounds(1, 600_000_000, 2).expect("good bounds"),
        }
    }

    /// This connection got this sender's message of this number, so late.
    pub fn got(&mut self, connection: usize, sender: usize, number: u32, late: Duration) {
        if sender >= self.senders {
            self.foreign += 1;
            return;
        }
        let next = &mut self.next[connection * self.senders + sender];
        if number < *next {
            self.duplicates += 1;
            return;
        }
        self.skipped += u64::from(number - *next);
        *next = number + 1;
        self.deliveries += 1;
        self.latency
            .saturating_record((late.as_micros() as u64).max(1));
    }

    /// What has not come of what each sender has said, on connections that are there.
    pub fn missing(&self, said: &[u32], there: impl Fn(usize) -> bool) -> u64 {
        let rows = self.next.chunks(self.senders).enumerate();
        rows.filter(|(connection, _)| there(*connection))
            .flat_map(|(_, row)| row.iter().zip(said))
            .map(|(next, said)| u64::from(said.saturating_sub(*next)))
            .sum()
    }
}

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    pub connections: usize,
    /// Connections that could not be made, or ended.
    pub failed: usize,
    pub connected_per_s: f64,
    pub messages: u32,
    pub deliveries: u64,
    pub deliveries_per_s: f64,
    pub lost: u64,
    pub duplicates: u64,
    pub foreign: u64,
    pub p50_us: u64,
    pub p90_us: u64,
    pub p99_us: u64,
    pub p999_us: u64,
    pub max_us: u64,
    /// Of the hub, if its process is known.
    pub hub: Option<Hub>,
}

/// The hub's memory and processor time.
#[derive(Debug, Serialize)]
pub struct Hub {
    /// Resident bytes for each connection, beyond what it had before the first.
    pub idle_bytes_per_connection: i64,
    /// Likewise after the messages.
    pub after_bytes_per_connection: i64,
    /// Processor time for each delivery, in nanoseconds.
    pub cpu_ns_per_delivery: u64,
}

impl Hub {
    /// From three looks at the process: before the connections, with them, after the messages.
    pub fn new(looks: [Usage; 3], connections: usize, deliveries: u64) -> Hub {
        let [before, idle, after] = looks;
        let each = |usage: &Usage| {
            (usage.resident as i64 - before.resident as i64) / connections.max(1) as i64
        };
        let cpu = after.cpu.saturating_sub(idle.cpu).as_nanos() as u64;
        Hub {
            idle_bytes_per_connection: each(&idle),
            after_bytes_per_connection: each(&after),
            cpu_ns_per_delivery: cpu / deliveries.max(1),
        }
    }
}

impl Report {
    /// Whether everything came, once.
    pub fn is_clean(&self) -> bool {
        self.failed == 0 && self.lost == 0 && self.duplicates == 0 && self.foreign == 0
    }

    /// For people.
    pub fn table(&self) -> String {
        let ms = |micros: u64| format!("{:.2} ms", micros as f64 / 1e3);
        let mut rows = vec![
            (
                "connections",
                format!("{} ({} failed)", self.connections, self.failed),
            ),
            ("connected", format!("{:.0} a second", self.connected_per_s)),
            ("messages", self.messages.to_string()),
            (
                "deliveries",
                format!(
                    "{} ({:.0} a second)",
                    self.deliveries, self.deliveries_per_s
                ),
            ),
            ("lost", self.lost.to_string()),
            ("twice", self.duplicates.to_string()),
            ("foreign", self.foreign.to_string()),
            ("latency p50", ms(self.p50_us)),
            ("latency p90", ms(self.p90_us)),
            ("latency p99", ms(self.p99_us)),
            ("latency p99.9", ms(self.p999_us)),
            ("latency max", ms(self.max_us)),
        ];
        if let Some(hub) = &self.hub {
            rows.push((
                "hub, idle",
                format!("{} bytes a connection", hub.idle_bytes_per_connection),
            ));
            rows.push((
                "hub, after",
                format!("{} bytes a connection", hub.after_bytes_per_connection),
            ));
            rows.push((
                "hub, time",
                format!("{:.2} us a delivery", hub.cpu_ns_per_delivery as f64 / 1e3),
            ));
        }
        rows.iter()
            .map(|(name, value)| format!("{name:<14} {value}\n"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_wrong_is_counted() {
        let mut account = Account::new(2, 2);
        let late = Duration::from_micros(100);
        for number in [0, 1, 1, 4] {
            account.got(0, 1, number, late);
        }
        account.got(1, 0, 0, late);
        account.got(1, 2, 0, late);
        assert_eq!((account.deliveries, account.duplicates), (4, 1));
        assert_eq!((account.skipped, account.foreign), (2, 1));
        // Of five messages each: connection 0 misses all of sender 0; connection 1 four and five.
        assert_eq!(account.missing(&[5, 5], |_| true), 5 + 4 + 5);
        assert_eq!(account.missing(&[5, 5], |c| c == 0), 5);
    }
}
