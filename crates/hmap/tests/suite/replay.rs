//! Histories that are kept, and what a generator makes of seeds; see [`crate::history`].

use crate::common::mix;
use crate::history::replay;
use std::{fs, path::Path};

/// What the fuzzer has found worth keeping, and what once found something: that has a name.
#[test]
fn the_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/history");
    let mut names: Vec<_> = fs::read_dir(corpus)
        .expect("the corpus is there")
        .map(|file| file.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() > 50, "{}", names.len());
    for name in names {
        println!("{}", name.display());
        replay(&fs::read(name).unwrap());
    }
}

#[test]
fn histories_from_seeds() {
    for seed in 0..60 {
        let bytes: Vec<u8> = (0..81).map(|n| mix(seed << 32 | n) as u8).collect();
        replay(&bytes);
    }
}
