//! Keys that nobody can foresee (RFC 6455, 10.3): generators seeded by the system, kept in a pool.

use rand::{RngExt, rngs::StdRng};

use crate::pool::Pool;

static POOL: Pool<StdRng> = Pool::new(2, |_| true);

/// Bytes of a cryptographic generator.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    POOL.lease(rand::make_rng).random()
}
