//! The fuzzer's corpus, which has histories that reach something no other does; and what seeds make.

use crate::history::replay;
use std::path::Path;

#[test]
fn the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/history");
    let mut n = 0;
    for entry in std::fs::read_dir(folder).expect("it is kept beside the fuzzer") {
        replay(&std::fs::read(entry.unwrap().path()).unwrap());
        n += 1;
    }
    assert!(n >= 10, "{n} histories: the corpus is gone");
}

#[test]
fn what_seeds_make() {
    for seed in 1..=crate::common::from_env("GC_SEEDS", 8) as u64 {
        let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut byte = || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            (x >> 32) as u8
        };
        let bytes: Vec<u8> = (0..1600).map(|_| byte()).collect();
        replay(&bytes);
    }
}
