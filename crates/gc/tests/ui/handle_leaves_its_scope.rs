//! Rule 1: a handle does not outlive its slot.
use gompa_gc::{Gc, scope};

fn main() {
    let returned = scope(|s| s.alloc(1u64));
    let mut stored: Option<Gc<'_, u64>> = None;
    scope(|s| stored = Some(s.alloc(2u64)));
    scope(|s| {
        let inner = s.nested(|n| n.alloc(3u64));
        let mut kept = Vec::new();
        s.nested(|n| kept.push(n.alloc(4u64)));
    });
}
