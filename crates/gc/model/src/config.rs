//! Which protocol is checked, on how large a heap: one switch for each piece of it.

/// A protocol and the size of the world it runs in.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Objects, the root among them: 2 to 4.
    pub objects: usize,
    /// Slots of each mutator: 1 or 2.
    pub slots: usize,
    /// Entries of a store buffer; 0 means sequential consistency.
    pub tso: usize,
    /// Mutators may open pinned regions, with one register in each.
    pub pin: bool,
    /// The root has a second field.
    pub two_fields: bool,
    /// Mutators may borrow each other's handles.
    pub lending: bool,
    /// Mutators allocate.
    pub allocation: bool,
    /// There is a weak pointer, at first to object 1, which mutators upgrade. (No store buffers.)
    pub weak: bool,
    /// Object 1 has a finalizer, which takes it into a slot of either mutator. (No store buffers.)
    pub finalizer: bool,
    /// A second marker works beside the collector, from when the root is grey.
    pub marker: bool,

    /// `set` shades the old value.
    pub deletion: bool,
    /// `set` shades the new value until the own scan.
    pub insertion: bool,
    /// `set` shades the new value in all of marking.
    pub insertion_always: bool,
    /// A new object's initial edges are shaded.
    pub edges_shaded: bool,
    /// New objects are black once the own mutator has been scanned.
    pub black: bool,
    /// New objects are black as soon as the barrier is on.
    pub black_early: bool,
    /// The collector waits for operations after it has switched the barrier on.
    pub first_wait: bool,
    /// It waits a second time.
    pub second_wait: bool,
    /// It waits for operations before it scans.
    pub scan_wait: bool,
    /// It waits for operations before it sweeps.
    pub last_wait: bool,
    /// Its waits begin with a heavy fence.
    pub heavy_fence: bool,
    /// The second wait does.
    pub second_heavy_fence: bool,
    /// Marking ends only after a look at the logs.
    pub look_at_logs: bool,
    /// `set` shades before it stores.
    pub shade_first: bool,
    /// Barrier and scan are announced one after the other.
    pub two_phases: bool,
    /// A scan excludes the operations of its mutator.
    pub exclusive_scan: bool,
    /// An operation in a pinned region takes part in a scan.
    pub scan_while_pinned: bool,
    /// Mutators scan themselves in their next operation; else the collector alone does.
    pub self_scan: bool,
    /// Marking ends only when no other marker holds anything.
    pub wait_for_markers: bool,
    /// An upgrade, or a finalizer that takes its object, shades it.
    pub upgrade_shades: bool,
    /// An upgrade of what is not marked waits while the verdict is found.
    pub upgrade_waits: bool,
    /// The verdict comes after an announcement, and another look at the logs.
    pub term: bool,
    /// What waits for its finalizer is kept in the cycles that follow.
    pub keeps_waiting: bool,
    /// A stop: all mutators are scanned at one moment, when none is in an operation.
    pub stop_to_scan: bool,
    /// A stop: before the verdict all are scanned again, and what is found is marked.
    pub stop_to_scan_again: bool,
}

impl Config {
    /// The protocol of the collector in its simplest world.
    pub const GOOD: Config = Config {
        objects: 3,
        slots: 1,
        tso: 0,
        pin: false,
        two_fields: false,
        lending: false,
        allocation: true,
        weak: false,
        finalizer: false,
        marker: false,
        deletion: true,
        insertion: true,
        insertion_always: true,
        edges_shaded: true,
        black: true,
        black_early: false,
        first_wait: true,
        second_wait: true,
        scan_wait: true,
        last_wait: true,
        heavy_fence: true,
        second_heavy_fence: true,
        look_at_logs: true,
        shade_first: true,
        two_phases: true,
        exclusive_scan: true,
        scan_while_pinned: false,
        self_scan: true,
        wait_for_markers: true,
        upgrade_shades: true,
        upgrade_waits: true,
        term: true,
        keeps_waiting: true,
        stop_to_scan: false,
        stop_to_scan_again: false,
    };

    /// As Go has it: what a grey mutator alone needs. (No lending, so initial edges and stores by
    /// black mutators need no shading.)
    pub const GO: Config = Config {
        insertion_always: false,
        edges_shaded: false,
        ..Config::GOOD
    };
}
