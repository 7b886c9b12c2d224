//! Protocols to check: the collector's, and every one that leaves a piece out.

use crate::config::Config;

/// One protocol in one world.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// What it leaves out, or which world it is in.
    pub name: &'static str,
    /// The protocol.
    pub config: Config,
    /// Whether no reachable object is ever freed.
    pub holds: bool,
    /// The smallest number of objects that shows it.
    pub objects: usize,
    /// Even so it takes millions of states: not for every test run.
    pub large: bool,
    /// There are too many to see the end: what is searched has no counter-example.
    pub huge: bool,
}

const GOOD: Config = Config::GOOD;
const GO: Config = Config::GO;
/// Handles are lent.
const LENT: Config = Config {
    lending: true,
    ..GOOD
};
/// Pinned regions.
const PIN: Config = Config { pin: true, ..GOOD };
/// Store buffers of two entries.
const TSO: Config = Config {
    tso: 2,
    allocation: false,
    ..GOOD
};

/// A weak pointer.
const WEAK: Config = Config { weak: true, ..GOOD };
/// A finalizer.
const FINAL: Config = Config {
    finalizer: true,
    ..GOOD
};
/// Two marking workers.
const TWO: Config = Config {
    marker: true,
    ..GOOD
};

const fn is(word: &str, other: &str) -> bool {
    word.as_bytes()[0] == other.as_bytes()[0]
}

macro_rules! variants {
    ($($size:ident $holds:ident $objects:literal $name:literal: $base:ident { $($field:ident: $value:expr),* })*) => {
        &[$(Variant {
            name: $name,
            config: Config { $($field: $value,)* ..$base },
            holds: is(stringify!($holds), "holds"),
            objects: $objects,
            large: is(stringify!($size), "large"),
            huge: is(stringify!($size), "huge"),
        },)*]
    };
}

/// All of them.
pub const ALL: &[Variant] = variants! {
    small holds 2 "the protocol": GOOD {}
    small holds 2 "the protocol, two slots each": GOOD { slots: 2 }
    small holds 2 "the protocol, a root with two fields": GOOD { two_fields: true }
    small holds 2 "the protocol, handles lent": LENT {}
    large holds 2 "the protocol, pinned regions": PIN {}
    large holds 2 "the protocol, pinned regions and handles lent": PIN { lending: true }
    large holds 2 "the protocol, store buffers of two": TSO {}
    huge holds 2 "the protocol, store buffers of three": TSO { tso: 3 }
    small holds 2 "Go's: insertion half until the own scan, edges not shaded": GO {}
    small holds 2 "black from the beginning of the barrier, edges shaded": GOOD { black_early: true }
    small holds 2 "a scan that is not exclusive": GOOD { exclusive_scan: false }
    small holds 2 "no wait before the sweep": GOOD { last_wait: false }
    small holds 2 "scanned by the collector alone": GOOD { self_scan: false }
    small holds 2 "a weak pointer": WEAK {}
    large holds 3 "a weak pointer, three objects": WEAK {}
    large holds 2 "a weak pointer, handles lent": WEAK { lending: true }
    small holds 2 "a finalizer": FINAL {}
    large holds 3 "a finalizer, three objects": FINAL {}
    large holds 2 "a finalizer and a weak pointer": FINAL { weak: true }
    small holds 2 "two markers": TWO {}
    large holds 2 "two markers, a root with two fields": TWO { two_fields: true }
    large holds 3 "two markers, three objects, handles lent": TWO { lending: true, allocation: false }
    huge holds 3 "pinned regions, three objects": PIN { allocation: false }
    huge holds 3 "pinned regions and handles lent, three objects": PIN { lending: true, allocation: false }
    huge holds 3 "store buffers of one, three objects": TSO { tso: 1 }
    large holds 2 "store buffers of two, handles lent": TSO { lending: true }
    huge holds 3 "a pinned mutator takes part in a scan": PIN { scan_while_pinned: true }
    huge holds 3 "a pinned mutator takes part in a scan, insertion half until the own scan": GO { pin: true, scan_while_pinned: true }
    small holds 2 "insertion half only, and a stop to scan again": GOOD { deletion: false, stop_to_scan_again: true }
    small holds 2 "deletion half only, and a stop to scan": GO { insertion: false, stop_to_scan: true }

    small fails 2 "no deletion half": GO { deletion: false }
    small fails 2 "no deletion half, insertion half in all of marking": GOOD { deletion: false }
    small fails 2 "no insertion half": GO { insertion: false }
    small fails 2 "no black allocation": GO { black: false }
    large fails 3 "black allocation before the own scan, edges not shaded": GO { black_early: true }
    small fails 2 "no wait before any scan": GO { first_wait: false, second_wait: false }
    small fails 2 "only one wait before the scans": GO { second_wait: false }
    small fails 2 "barrier and scan announced at once": GO { two_phases: false }
    small fails 2 "scan in the middle of an operation": GO { scan_wait: false }
    small fails 2 "end of marking without a look at the logs": GO { look_at_logs: false }
    small fails 2 "store first, shade afterwards": GO { shade_first: false }
    small fails 2 "a weak pointer, an upgrade does not shade": WEAK { upgrade_shades: false }
    small fails 2 "a weak pointer, an upgrade does not wait for the verdict": WEAK { upgrade_waits: false }
    small fails 2 "a weak pointer, the verdict is not announced": WEAK { term: false }
    small fails 2 "a finalizer takes its object unshaded": FINAL { upgrade_shades: false }
    small fails 2 "a finalizer's object is kept for one cycle only": FINAL { keeps_waiting: false }
    small fails 2 "two markers, the end does not wait for the other one": TWO { wait_for_markers: false }
    small fails 2 "insertion half only, and no stop": GOOD { deletion: false, self_scan: false }
    small fails 2 "deletion half only, and no stop": GO { insertion: false, self_scan: false }
    large fails 3 "handles lent, insertion half only until the own scan": LENT { insertion_always: false }
    large fails 3 "handles lent, initial edges not shaded": LENT { edges_shaded: false }
    large fails 2 "store buffers, no heavy fence": TSO { heavy_fence: false }
    large fails 2 "store buffers, no heavy fence before the second wait": TSO { second_heavy_fence: false }
};
