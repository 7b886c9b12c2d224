//! Histories written as bytes, against std's map: a kept corpus, and what a generator makes of seeds.
//! Each byte pair is an operation and a key; any bytes are a history, as for a fuzzer.

use crate::common::{Hash64, Map, check, mix};
use std::collections::HashMap;

/// Histories that once found something, or reach corners: what they reach is said beside them.
const CORPUS: &[(&str, &[u8])] = &[
    // Shrinking ended in growth that had been asked for, and went on with wrong hashes.
    (
        "reserve while it shrinks",
        &[7, 255, 8, 240, 6, 0, 9, 200, 7, 16, 0, 1, 0, 2, 8, 3, 10, 0],
    ),
    // A clone forgot how many growths there had been, by which walks name tables.
    (
        "clone and walk",
        &[7, 60, 10, 0, 11, 3, 7, 80, 10, 0, 11, 5],
    ),
    (
        "all gone and back",
        &[7, 200, 8, 200, 7, 10, 5, 0, 7, 200, 6, 0, 11, 1],
    ),
];

fn replay(bytes: &[u8], hash: Hash64) {
    let mut ours = Map::with_hasher(hash);
    let mut theirs = HashMap::new();
    for (n, pair) in bytes.chunks_exact(2).enumerate() {
        let (op, arg, value) = (pair[0] % 12, u64::from(pair[1]), n as u64);
        match op {
            0 | 1 => assert_eq!(ours.insert(arg, value), theirs.insert(arg, value)),
            2 | 3 => assert_eq!(ours.remove(&arg), theirs.remove(&arg)),
            4 => assert_eq!(
                *ours.entry(arg).or_insert(n as u64),
                *theirs.entry(arg).or_insert(value)
            ),
            5 if arg < 8 => {
                ours.clear();
                theirs.clear();
            }
            6 => ours.shrink_to_fit(),
            7 => (0..arg * 16).for_each(|key| {
                assert_eq!(ours.insert(key, value), theirs.insert(key, value));
            }),
            8 => (0..arg * 16).for_each(|key| assert_eq!(ours.remove(&key), theirs.remove(&key))),
            9 => ours.reserve(arg as usize * 64),
            10 => ours = ours.clone(),
            11 => {
                let mut cursor = ours.cursor();
                let mut met = 0;
                let there = theirs.len();
                while let Some((key, found)) = cursor.next() {
                    assert_eq!(theirs.get(key), Some(&*found));
                    let key = *key;
                    met += 1;
                    if arg > 0 && key % arg == 0 {
                        assert_eq!(cursor.remove(&key), theirs.remove(&key));
                    }
                }
                assert_eq!(met, there);
            }
            _ => assert_eq!(ours.get(&arg), theirs.get(&arg)),
        }
        assert_eq!(ours.len(), theirs.len());
    }
    check(&ours);
}

#[test]
fn the_corpus() {
    for (_, bytes) in CORPUS {
        for hash in [Hash64::Mix, Hash64::Id] {
            replay(bytes, hash);
        }
    }
}

#[test]
fn histories_from_seeds() {
    for seed in 0..60 {
        let bytes: Vec<u8> = (0..80).map(|n| mix(seed << 32 | n) as u8).collect();
        replay(
            &bytes,
            if seed % 2 == 0 {
                Hash64::Mix
            } else {
                Hash64::Id
            },
        );
    }
}
