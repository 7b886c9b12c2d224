// Cutting waits is the source's alone: entries cannot be made, and cutting one is unsafe.
use gompa_park::cut::{Entry, Source, Why};

struct Mine;

unsafe impl Source for Mine {
    fn list(&self, entry: &Entry) -> bool {
        entry.cut();
        false
    }
    fn unlist(&self, _: &Entry) {}
    fn why(&self) -> Option<Why> {
        None
    }
}

fn main() {}
