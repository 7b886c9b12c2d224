//! Any bytes are a history of the heap, at the end of which what is said to be reachable is there, and
//! the rest is not.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/heap/history.rs"]
mod history;

fuzz_target!(|bytes: &[u8]| {
    gompa_gc::debug::set_check(true);
    gompa_gc::debug::set_clobber(true);
    history::replay(bytes);
});
