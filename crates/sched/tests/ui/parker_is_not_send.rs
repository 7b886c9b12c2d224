//! A parker waits for the code that made it.

use gompa_park::{Parker, WaitReason, time::NEVER};

fn main() {
    let parker = Parker::current();
    std::thread::spawn(move || parker.park(WaitReason::None, NEVER));
}
