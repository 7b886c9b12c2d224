//! Who unparks has duties.

fn main() {
    gompa_park::Parker::current().unparker().unpark();
}
