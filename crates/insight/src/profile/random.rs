//! Numbers for sampling: fast, not good.

use std::cell::Cell;

/// A number below `n`, which is not 0.
pub(crate) fn below(n: u64) -> u64 {
    thread_local! {
        // A goroutine has its own: what differs between them is where that lies.
        static STATE: Cell<u64> = const { Cell::new(0) };
    }
    let next = STATE.with(|state| {
        let now = match state.get() {
            0 => std::ptr::from_ref(state).addr() as u64 ^ gompa_park::time::now(),
            now => now,
        };
        // An odd increment visits every number; the multiplication below mixes them.
        let next = now.wrapping_add(0x9e37_79b9_7f4a_7c15);
        state.set(next);
        next
    });
    let mut mixed = next;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    ((u128::from(mixed) * u128::from(n)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_are_below_and_all_come() {
        let mut seen = [0; 7];
        (0..7000).for_each(|_| seen[super::below(7) as usize] += 1);
        assert!(seen.iter().all(|n| *n > 700), "{seen:?}");
        assert_eq!(super::below(1), 0);
    }
}
