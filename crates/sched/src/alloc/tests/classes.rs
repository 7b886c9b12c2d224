//! Size classes.

use super::super::class::{CLASSES, Class};
use std::alloc::Layout;

#[test]
fn a_class_has_room_for_its_layouts() {
    for size in 1..=1024 {
        for align in [1, 2, 4, 8, 16] {
            let layout = Layout::from_size_align(size, align).unwrap();
            let class = Class::of(layout).expect("a small layout");
            let real = class.layout();
            assert!(real.size() >= size && real.size() < size + 16);
            assert!(real.align() >= align);
            assert!(class.index() < CLASSES);
            assert_eq!(
                Class::of(real),
                Some(class),
                "its own layout is of the class"
            );
        }
    }
}

#[test]
fn other_layouts_have_none() {
    for (size, align) in [
        (0, 1),
        (0, 16),
        (1025, 1),
        (1 << 20, 16),
        (8, 32),
        (64, 4096),
    ] {
        assert_eq!(
            Class::of(Layout::from_size_align(size, align).unwrap()),
            None
        );
    }
    let largest = Layout::from_size_align(isize::MAX as usize, 1).unwrap();
    assert_eq!(Class::of(largest), None);
}

#[test]
fn chains_are_bounded() {
    for class in Class::all() {
        assert!((8..=64).contains(&class.chain()));
        assert!(class.chain_bytes() <= 8 << 10);
        assert_eq!(
            class.chain_bytes(),
            class.chain() as usize * class.layout().size()
        );
    }
}
