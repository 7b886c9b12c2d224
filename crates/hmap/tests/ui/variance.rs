//! What can be written through does not let a lifetime shrink.

use gompa_hmap::{HMap, IterMut};

fn iter_mut<'i, 'a>(iter: IterMut<'i, u8, &'static str>) -> IterMut<'i, u8, &'a str> {
    iter
}

fn main() {
    let mut map = HMap::new();
    {
        let key = String::from("short");
        map.insert(key.as_str(), 1);
    }
    assert_eq!(map.len(), 1);
    iter_mut(HMap::new().iter_mut());
}
