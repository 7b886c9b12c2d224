//! The sizes of blocks that Go's allocator gives.

/// Bytes of the blocks that small requests get, in order. Go has 68 classes; the first, of large
/// blocks, has no size.
#[rustfmt::skip]
pub const SIZE_CLASSES: [u16; 67] = [
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256,
    288, 320, 352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024,
    1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096,
    4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384,
    18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768,
];

/// The bytes of the largest class.
pub const LARGEST_CLASS: usize = 32 << 10;

/// Bytes of a page of Go's heap, of which larger blocks are made.
pub const PAGE: usize = 8 << 10;

/// The word that Go keeps before a block with pointers.
const HEADER: usize = 8;

/// Blocks with pointers up to this size have no such word.
const LARGEST_WITHOUT_HEADER: usize = 512;

/// The largest request that a class serves; room for the word is kept free, whether or not the
/// block has pointers.
const LARGEST_SMALL: usize = LARGEST_CLASS - HEADER;

/// The bytes that a request of `bytes` gets, without pointers in it: the smallest class that holds
/// them, or whole pages above 32 760 bytes. What cannot be rounded up any more stays as it is.
///
/// ```
/// use gompa_slice::growth::round_up;
/// assert_eq!([1, 33, 1_025, 32_768, 32_769].map(round_up), [8, 48, 1_152, 32_768, 40_960]);
/// ```
pub const fn round_up(bytes: usize) -> usize {
    if bytes <= LARGEST_SMALL {
        class_of(bytes)
    } else {
        match bytes.checked_next_multiple_of(PAGE) {
            Some(whole) => whole,
            None => bytes,
        }
    }
}

/// The bytes that a request of `bytes` gets if they hold pointers: of a block larger than 512 bytes
/// the collector takes eight.
///
/// ```
/// use gompa_slice::growth::round_up_pointers;
/// assert_eq!([512, 520, 1_024].map(round_up_pointers), [512, 568, 1_144]);
/// ```
pub const fn round_up_pointers(bytes: usize) -> usize {
    if bytes <= LARGEST_WITHOUT_HEADER || bytes > LARGEST_SMALL {
        round_up(bytes)
    } else {
        class_of(bytes + HEADER) - HEADER
    }
}

/// The smallest class of at least `bytes`, which are at most [`LARGEST_CLASS`]; 0 for 0.
const fn class_of(bytes: usize) -> usize {
    if bytes == 0 {
        return 0;
    }
    // Below `from` all are too small, at `to` and above all are large enough.
    let (mut from, mut to) = (0, SIZE_CLASSES.len() - 1);
    while from < to {
        let middle = (from + to) / 2;
        if (SIZE_CLASSES[middle] as usize) < bytes {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    SIZE_CLASSES[from] as usize
}
