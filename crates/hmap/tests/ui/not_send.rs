//! A map may go to another thread only if keys and values may; a shared one only if they may be shared.

use gompa_hmap::HMap;
use std::cell::Cell;
use std::rc::Rc;

fn send<T: Send>(_: T) {}
fn sync<T: Sync>(_: T) {}

fn main() {
    send(HMap::<Rc<u8>, u8>::new());
    send(HMap::<u8, Rc<u8>>::new());
    sync(HMap::<Cell<u8>, u8>::new());
    sync(HMap::<u8, Cell<u8>>::new());
    let map = HMap::<u8, Cell<u8>>::new();
    send(map.iter());
}
