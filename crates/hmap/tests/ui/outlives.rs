//! References out of a map do not outlive it, nor changes to it.

use gompa_hmap::HMap;

fn main() {
    let mut map = HMap::from([(1, 1)]);
    let value = map.get(&1);
    map.insert(2, 2);
    assert_eq!(value, Some(&1));

    let mut cursor = map.cursor();
    let (_, first) = cursor.next().unwrap();
    cursor.remove(&1);
    *first = 2;

    let mut iter = map.iter_mut();
    let (_, value) = iter.next().unwrap();
    drop(map);
    *value = 3;
}
