//! As `parker_is_not_send`, by reference.

use gompa_park::{Parker, WaitReason, time::NEVER};

fn main() {
    let parker = Parker::current();
    std::thread::scope(|s| {
        s.spawn(|| parker.park(WaitReason::None, NEVER));
    });
}
