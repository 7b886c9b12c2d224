//! How many elements there should be room for, before the allocator has its say.

/// When to double, and how much to add otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Before Go 1.18: doubles below 1024 elements, adds a quarter from there on.
    Classic,
    /// Since Go 1.18: doubles below 256 elements; from there on adds a quarter and 192, so that the
    /// factor falls from 2 to 1.25 without a step.
    #[default]
    Go118,
}

/// The most elements Go's `int` can count.
const MAX: usize = isize::MAX as usize;

/// The capacity that `append` asks the allocator for: from `old_cap` elements to at least `needed`.
///
/// What is needed is granted if it is more than double. Otherwise the rule is applied until it is
/// enough; if that is more than can be counted, `needed` it is. Asked for nothing more than there
/// is, the rule is applied once.
///
/// ```
/// use gompa_slice::growth::{Rule, next_cap};
/// assert_eq!(next_cap(4, 9, Rule::Go118), 9);
/// assert_eq!(next_cap(4, 5, Rule::Go118), 8);
/// assert_eq!(next_cap(512, 513, Rule::Go118), 832);
/// assert_eq!(next_cap(512, 513, Rule::Classic), 1_024);
/// ```
pub const fn next_cap(old_cap: usize, needed: usize, rule: Rule) -> usize {
    let double = match old_cap.checked_mul(2) {
        Some(double) if double <= MAX => double,
        _ => return needed,
    };
    if needed > double {
        return needed;
    }
    let (threshold, constant) = match rule {
        Rule::Classic => (1024, 0),
        Rule::Go118 => (256, 3 * 256),
    };
    if old_cap < threshold {
        return double;
    }
    let mut cap = old_cap;
    loop {
        // At most 1.25 * MAX and a little: no overflow in a usize.
        cap += (cap + constant) / 4;
        if cap > MAX {
            return needed;
        }
        if cap >= needed {
            return cap;
        }
    }
}
