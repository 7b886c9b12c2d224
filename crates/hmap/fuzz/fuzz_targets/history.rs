//! Any bytes are a history of a map, which must go as with std's.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/suite/common.rs"]
mod common;
#[path = "../../tests/suite/history.rs"]
mod history;

fuzz_target!(|bytes: &[u8]| history::replay(bytes));
