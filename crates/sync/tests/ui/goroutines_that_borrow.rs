//! What a goroutine uses must live as long as it.
use gompa_sync::{WaitGroup, errgroup::Group};

fn main() {
    let mut n = 0;
    WaitGroup::new().go(|| n += 1);
    Group::<()>::new().go(|| {
        n += 1;
        Ok(())
    });
}
