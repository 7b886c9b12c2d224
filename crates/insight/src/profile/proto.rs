//! Protocol buffers, as far as writing pprof's messages goes.
//!
//! A message is a list of fields, each a key (number and wire type) and a value: a varint, or bytes
//! with their length before them. What is zero or empty is left out, as the format's defaults have it.

/// A message that is being written.
#[derive(Debug, Default)]
pub(crate) struct Message(Vec<u8>);

const VARINT: u64 = 0;
const BYTES: u64 = 2;

impl Message {
    pub(crate) fn new() -> Message {
        Message::default()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn varint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    /// A number that is not the default.
    pub(crate) fn number(&mut self, field: u64, n: u64) {
        if n != 0 {
            self.varint(field << 3 | VARINT);
            self.varint(n);
        }
    }

    /// As [`number`](Self::number), of a signed one.
    pub(crate) fn signed(&mut self, field: u64, n: i64) {
        self.number(field, n as u64);
    }

    pub(crate) fn flag(&mut self, field: u64, flag: bool) {
        self.number(field, flag.into());
    }

    /// Text, or another message: also an empty one.
    pub(crate) fn part(&mut self, field: u64, part: &[u8]) {
        self.varint(field << 3 | BYTES);
        self.varint(part.len() as u64);
        self.0.extend_from_slice(part);
    }

    pub(crate) fn message(&mut self, field: u64, f: impl FnOnce(&mut Message)) {
        let mut inner = Message::new();
        f(&mut inner);
        self.part(field, &inner.0);
    }

    /// Repeated numbers, packed.
    pub(crate) fn numbers(&mut self, field: u64, numbers: impl IntoIterator<Item = u64>) {
        let mut packed = Message::new();
        numbers.into_iter().for_each(|n| packed.varint(n));
        if !packed.0.is_empty() {
            self.part(field, &packed.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the format's own description.
    #[test]
    fn bytes_are_as_described() {
        let mut m = Message::new();
        m.number(1, 150);
        assert_eq!(m.bytes(), [0x08, 0x96, 0x01]);
        let mut m = Message::new();
        m.part(2, b"testing");
        assert_eq!(m.bytes(), b"\x12\x07testing");
        let mut m = Message::new();
        m.message(3, |inner| inner.number(1, 150));
        assert_eq!(m.bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let mut m = Message::new();
        m.numbers(4, [3, 270, 86942]);
        assert_eq!(m.bytes(), [0x22, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05]);
    }

    #[test]
    fn defaults_are_left_out() {
        let mut m = Message::new();
        m.number(1, 0);
        m.flag(2, false);
        m.numbers(3, []);
        assert!(m.bytes().is_empty());
        m.signed(1, -1);
        assert_eq!(m.bytes().len(), 11, "a negative number takes ten bytes");
    }
}
