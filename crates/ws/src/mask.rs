//! The mask of a client's frames: every byte is combined, by exclusive or, with one of a key of four.

/// Masks or unmasks `bytes`, which stand at `offset` in the payload of their frame.
///
/// Written so that the compiler turns it into vector instructions: the key is repeated over 32 bytes
/// and combined a block at a time.
#[inline]
pub fn apply(bytes: &mut [u8], key: [u8; 4], offset: usize) {
    let mut turned = key;
    turned.rotate_left(offset % 4);
    let mut wide = [0; BLOCK];
    for quad in wide.chunks_exact_mut(4) {
        quad.copy_from_slice(&turned);
    }
    let (blocks, rest) = bytes.as_chunks_mut::<BLOCK>();
    for block in blocks {
        for (byte, key) in block.iter_mut().zip(&wide) {
            *byte ^= key;
        }
    }
    for (byte, key) in rest.iter_mut().zip(&wide) {
        *byte ^= key;
    }
}

/// Bytes combined at a time.
const BLOCK: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_rfc_says() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for length in 0..200 {
            for offset in 0..9 {
                let plain: Vec<u8> = (0..length).map(|i| i as u8).collect();
                let mut masked = plain.clone();
                apply(&mut masked, key, offset);
                for (i, (m, p)) in masked.iter().zip(&plain).enumerate() {
                    assert_eq!(*m, p ^ key[(offset + i) % 4]);
                }
                apply(&mut masked, key, offset);
                assert_eq!(masked, plain);
            }
        }
    }
}
