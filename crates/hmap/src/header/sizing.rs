//! How many buckets for how many entries.

/// Bits of the largest table that is made for a hint: more is absurd.
const MAX_BITS: u32 = usize::BITS - 8;

/// A table of fewer buckets does not shrink by itself: there is nothing to gain.
pub const SHRINK_FROM: u32 = 10;

/// How many entries a table of `2^bits` buckets may have: 6.5 a bucket, rounded as Go does.
pub const fn limit(bits: u32) -> usize {
    let average = 13_usize.saturating_mul((1 << bits) / 2);
    if average < 8 { 8 } else { average }
}

/// Whether so many entries are too many.
pub const fn over_load(count: usize, bits: u32) -> bool {
    count > limit(bits)
}

/// The smallest table for `hint` entries; that of one bucket if the hint is absurd.
pub fn bits_for(hint: usize) -> u32 {
    checked_bits_for(hint).unwrap_or(0)
}

/// The smallest table for `hint` entries, if there may be one.
pub fn checked_bits_for(hint: usize) -> Option<u32> {
    (0..MAX_BITS).find(|bits| !over_load(hint, *bits))
}

/// Whether a table has so many overflow buckets that it is worth making it anew: about as many as
/// there are others. From 2^16 buckets on `noverflow` is a sample of them, one of `2^(bits - 15)`.
pub const fn too_many_overflow(noverflow: usize, bits: u32) -> bool {
    noverflow >= 1 << if bits < 15 { bits } else { 15 }
}

/// The number of entries below which a table shrinks by itself: half an entry a bucket.
pub const fn shrink_below(bits: u32) -> usize {
    if bits < SHRINK_FROM {
        0
    } else {
        1 << (bits - 1)
    }
}

/// How far one shrinking goes: a quarter as many buckets, with two entries each when it began by
/// itself. Growing again takes more than three times as many.
pub const SHRINK_BITS: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_gos() {
        let limits: Vec<_> = (0..8).map(limit).collect();
        assert_eq!(limits, [8, 13, 26, 52, 104, 208, 416, 832]);
    }

    #[test]
    fn hints() {
        for (hint, bits) in [
            (0, 0),
            (8, 0),
            (9, 1),
            (13, 1),
            (14, 2),
            (104, 4),
            (1000, 8),
            (1_000_000, 18),
            (usize::MAX, 0),
        ] {
            assert_eq!(bits_for(hint), bits, "{hint}");
        }
    }

    #[test]
    fn what_shrinks_does_not_grow_at_once() {
        for bits in SHRINK_FROM..40 {
            let left = shrink_below(bits);
            assert!(left * 3 < limit(bits - SHRINK_BITS));
            assert!(left > 2 * shrink_below(bits - SHRINK_BITS));
        }
    }
}
