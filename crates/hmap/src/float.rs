//! Go's float keys.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A floating-point number as a key, compared as Go compares it: NaN is equal to nothing, itself
/// included; `+0` is equal to `-0`.
///
/// So every insertion of a NaN adds an entry, which no look-up finds and no removal removes; iteration
/// meets it, and `retain` and `clear` remove it. `Eq` is implemented although NaN breaks its law, for the
/// map asks for it; this map keeps its word for such keys.
///
/// ```
/// use gompa_hmap::{Float, HMap};
///
/// let mut map = HMap::new();
/// map.insert(Float(0.0), "zero");
/// assert_eq!(map.get(&Float(-0.0)), Some(&"zero"));
/// map.insert(Float(f64::NAN), "no number");
/// map.insert(Float(f64::NAN), "no number either");
/// assert_eq!((map.len(), map.get(&Float(f64::NAN))), (3, None));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Float(pub f64);

impl Eq for Float {}

impl Hash for Float {
    /// Both zeroes hash alike. A NaN hashes differently each time, lest they all come to lie in one
    /// chain.
    fn hash<H: Hasher>(&self, state: &mut H) {
        static NANS: AtomicU64 = AtomicU64::new(0);
        let bits = if self.0 == 0.0 {
            0
        } else if self.0.is_nan() {
            NANS.fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed)
        } else {
            self.0.to_bits()
        };
        state.write_u64(bits);
    }
}

impl From<f64> for Float {
    fn from(number: f64) -> Self {
        Float(number)
    }
}

impl From<Float> for f64 {
    fn from(number: Float) -> Self {
        number.0
    }
}
