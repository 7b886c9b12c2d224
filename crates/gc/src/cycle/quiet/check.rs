//! `GODEBUG=gccheck=1`: each cycle is checked before anything is freed. Whatever a quiet walk reaches
//! must be marked; else the process ends and says what would have been lost, and where it hangs.

use super::walk::{Holder, Walk, type_name};
use crate::cycle::mark::is_marked;
use gompa_park::stderr;
use std::fmt::Write;
use std::sync::atomic::AtomicBool;

/// Each cycle is to be checked.
pub(crate) static ON: AtomicBool = AtomicBool::new(false);

/// While everybody is held up and marking is over.
pub(super) fn check(cycle: u64) {
    let walk = Walk::everywhere();
    let lost = walk.objects.iter().find(|o| !is_marked(cycle, **o));
    if let Some(&lost) = lost {
        stderr::write(report(&walk, cycle, lost));
        std::process::abort();
    }
}

fn report(walk: &Walk, cycle: u64, lost: usize) -> String {
    let all = &walk.objects;
    let unmarked = all.iter().filter(|o| !is_marked(cycle, **o)).count();
    let mut text = format!(
        "fatal error: gccheck: {unmarked} of {} reachable objects are not marked and would be \
         freed; the way to the nearest:\n",
        all.len()
    );
    let (holder, path) = walk.path(lost);
    let _ = match holder {
        Holder::Slot(m) => writeln!(text, "\tscope of mutator {m}"),
        Holder::Root => writeln!(text, "\ta Root"),
        Holder::Finalizer => writeln!(text, "\ta finalizer that is to run"),
        Holder::Object(..) => unreachable!("a path begins outside of the heap"),
    };
    for object in path {
        let by = walk.place(object);
        let by = by.map_or(String::new(), |i| format!("pointer {i} "));
        let marked = if is_marked(cycle, object) {
            ""
        } else {
            "  NOT MARKED"
        };
        let _ = writeln!(text, "\t-> {by}{object:#x} {}{marked}", type_name(object));
    }
    text
}
