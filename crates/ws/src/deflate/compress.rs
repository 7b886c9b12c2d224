//! Compressors, leased from a pool for a message, or kept for a connection.

use crate::deflate::Params;
use crate::frame::Role;

/// Compresses one message by itself, and appends it to `out`.
pub fn deflate_message(payload: &[u8], window_bits: u8, level: u8, out: &mut Vec<u8>) {
    let _ = (payload, window_bits, level, out);
    todo!()
}

/// What a connection needs to compress.
#[derive(Debug)]
pub(crate) struct Compressor;

impl Compressor {
    pub(crate) fn new(params: &Params, role: Role) -> Compressor {
        let _ = params.sends(role);
        todo!()
    }
}
