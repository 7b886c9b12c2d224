//! How far back a compressor refers: never beyond the window that was agreed, 8 bits included, of which
//! zlib has none. Read by an inflater of our own, which keeps the greatest distance.

use crate::common::{Noise, prose};
use gompa_ws::deflate::deflate_message;

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> usize {
        let bit = self.bytes[self.at / 8] >> (self.at % 8) & 1;
        self.at += 1;
        bit.into()
    }

    fn bits(&mut self, n: usize) -> usize {
        (0..n).fold(0, |sum, i| sum | self.bit() << i)
    }
}

/// A canonical Huffman code: how many codes there are of each length, and their symbols in order.
struct Code {
    count: [usize; 16],
    symbols: Vec<usize>,
}

impl Code {
    fn new(lengths: &[usize]) -> Code {
        let mut count = [0; 16];
        lengths.iter().for_each(|n| count[*n] += 1);
        count[0] = 0;
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|s| lengths[*s] != 0).collect();
        symbols.sort_by_key(|s| (lengths[*s], *s));
        Code { count, symbols }
    }

    fn read(&self, bits: &mut Bits<'_>) -> usize {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for length in 1..16 {
            code |= bits.bit();
            if code < first + self.count[length] {
                return self.symbols[index + code - first];
            }
            index += self.count[length];
            first = (first + self.count[length]) << 1;
            code <<= 1;
        }
        panic!("no such code")
    }
}

/// What the message inflates to, and the greatest distance in it. RFC 1951.
fn inflate(message: &[u8]) -> (Vec<u8>, usize) {
    let whole = [message, &[0, 0, 0xff, 0xff]].concat();
    let mut bits = Bits {
        bytes: &whole,
        at: 0,
    };
    let (mut out, mut farthest) = (Vec::new(), 0);
    while bits.at < whole.len() * 8 {
        assert_eq!(bits.bit(), 0, "no last block");
        let (literals, distances) = match bits.bits(2) {
            0 => {
                bits.at = bits.at.next_multiple_of(8);
                let length = bits.bits(16);
                assert_eq!(bits.bits(16), length ^ 0xffff);
                for _ in 0..length {
                    out.push(bits.bits(8) as u8);
                }
                continue;
            }
            1 => {
                let mut lengths = [8; 288];
                lengths[144..256].fill(9);
                lengths[256..280].fill(7);
                (Code::new(&lengths), Code::new(&[5; 30]))
            }
            2 => dynamic(&mut bits),
            _ => panic!("no such block"),
        };
        loop {
            match literals.read(&mut bits) {
                256 => break,
                byte @ 0..256 => out.push(byte as u8),
                symbol => {
                    let length = length(symbol, &mut bits);
                    let distance = distance(distances.read(&mut bits), &mut bits);
                    farthest = farthest.max(distance);
                    for _ in 0..length {
                        out.push(out[out.len() - distance]);
                    }
                }
            }
        }
    }
    (out, farthest)
}

fn length(symbol: usize, bits: &mut Bits<'_>) -> usize {
    match symbol {
        257..265 => symbol - 254,
        285 => 258,
        _ => {
            let extra = (symbol - 261) / 4;
            (((symbol - 265) % 4 + 4) << extra) + 3 + bits.bits(extra)
        }
    }
}

fn distance(symbol: usize, bits: &mut Bits<'_>) -> usize {
    if symbol < 4 {
        return symbol + 1;
    }
    let extra = symbol / 2 - 1;
    ((2 + symbol % 2) << extra) + 1 + bits.bits(extra)
}

fn dynamic(bits: &mut Bits<'_>) -> (Code, Code) {
    let (literals, distances, codes) = (bits.bits(5) + 257, bits.bits(5) + 1, bits.bits(4) + 4);
    let order = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let mut lengths = [0; 19];
    order[..codes]
        .iter()
        .for_each(|i| lengths[*i] = bits.bits(3));
    let code = Code::new(&lengths);
    let mut lengths = Vec::new();
    while lengths.len() < literals + distances {
        let (value, times) = match code.read(bits) {
            16 => (*lengths.last().unwrap(), 3 + bits.bits(2)),
            17 => (0, 3 + bits.bits(3)),
            18 => (0, 11 + bits.bits(7)),
            n => (n, 1),
        };
        lengths.extend(std::iter::repeat_n(value, times));
    }
    (
        Code::new(&lengths[..literals]),
        Code::new(&lengths[literals..]),
    )
}

#[test]
fn within_the_window() {
    let mut noise = Noise(5);
    // Far repetitions, near ones, and runs.
    let block = noise.bytes(700);
    let mut samples = vec![prose(20_000), vec![b'a'; 1000], block.repeat(5)];
    for period in [100, 200, 249, 250, 251, 256, 257, 258, 300, 511, 512, 513] {
        let block = noise.bytes(period);
        samples.push(block.repeat(1000 / period + 2));
    }
    for bits in 8..=15 {
        let mut farthest = 0;
        // Of levels that differ in effort alone, the ends.
        for level in [0, 1, 2, 4, 6, 9] {
            for sample in &samples {
                let mut message = Vec::new();
                deflate_message(sample, bits, level, &mut message);
                let (out, distance) = inflate(&message);
                assert!(out == *sample, "level {level}, {bits} bits");
                assert!(
                    distance <= 1 << bits,
                    "level {level}, {bits} bits: {distance}"
                );
                farthest = farthest.max(distance);
            }
        }
        assert!(farthest >= 100, "the samples refer back: {farthest}");
    }
}
