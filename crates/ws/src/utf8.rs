//! UTF-8 checked as it comes: a text is refused at its first wrong byte, not at its end.

/// What has been seen of a text so far: the beginning of a character that is not whole yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Utf8 {
    /// The first bytes of a character.
    start: [u8; 3],
    /// How many they are.
    have: u8,
}

/// A byte that cannot be where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotUtf8;

impl Utf8 {
    /// Goes on with the next bytes of the text.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<(), NotUtf8> {
        while self.have != 0 {
            let Some((next, rest)) = bytes.split_first() else {
                return Ok(());
            };
            bytes = rest;
            let mut whole = [0; 4];
            let have = self.have as usize;
            whole[..have].copy_from_slice(&self.start[..have]);
            whole[have] = *next;
            *self = Utf8::default();
            self.check(&whole[..have + 1])?;
        }
        self.check(bytes)
    }

    /// Whether the text may end here.
    pub(crate) fn is_whole(&self) -> bool {
        self.have == 0
    }

    fn check(&mut self, bytes: &[u8]) -> Result<(), NotUtf8> {
        let Err(error) = simdutf8::compat::from_utf8(bytes) else {
            return Ok(());
        };
        if error.error_len().is_some() {
            return Err(NotUtf8);
        }
        let start = &bytes[error.valid_up_to()..];
        self.start[..start.len()].copy_from_slice(start);
        self.have = start.len() as u8;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_pieces(text: &[u8], size: usize) -> bool {
        let mut utf8 = Utf8::default();
        text.chunks(size).all(|piece| utf8.push(piece).is_ok()) && utf8.is_whole()
    }

    #[test]
    fn as_the_standard_library() {
        // Each border of what is allowed, and what lies beyond it.
        let borders: [&[u8]; 24] = [
            b"\x00",
            b"\x7f",
            b"\x80",
            b"\xbf",
            b"\xc0\x80",
            b"\xc1\xbf",
            b"\xc2\x80",
            b"\xdf\xbf",
            b"\xe0\x9f\xbf",
            b"\xe0\xa0\x80",
            b"\xed\x9f\xbf",
            b"\xed\xa0\x80",
            b"\xed\xbf\xbf",
            b"\xee\x80\x80",
            b"\xef\xbf\xbf",
            b"\xf0\x8f\xbf\xbf",
            b"\xf0\x90\x80\x80",
            b"\xf4\x8f\xbf\xbf",
            b"\xf4\x90\x80\x80",
            b"\xf5\x80\x80\x80",
            b"\xff",
            b"\xc2",
            b"\xe2\x82",
            b"\xf0\x9f\x98",
        ];
        for border in borders {
            for (before, after) in [("", ""), ("κόσμε", "x"), ("abcdefgh", "€"), ("😀", "😀")]
            {
                let text = [before.as_bytes(), border, after.as_bytes()].concat();
                let valid = std::str::from_utf8(&text).is_ok();
                for size in 1..=text.len() {
                    assert_eq!(in_pieces(&text, size), valid, "{text:x?} by {size}");
                }
            }
        }
    }

    #[test]
    fn a_wrong_byte_is_seen_when_it_comes() {
        let mut utf8 = Utf8::default();
        assert!(utf8.push("κόσμε".as_bytes()).is_ok());
        assert_eq!(utf8.push(b"\xf4\x90"), Err(NotUtf8));
        let mut utf8 = Utf8::default();
        assert!(utf8.push(b"\xf4").is_ok());
        assert_eq!(utf8.push(b"\x90"), Err(NotUtf8));
    }
}
