//! Sizes of cells and spans.

use super::{GRANULE, PAGE};

/// The largest cell that shares its span with others.
pub(crate) const SMALL: usize = 8 << 10;
/// Cells up to here are in spans of one page, larger ones in spans of four.
const ONE_PAGE: usize = 512;

/// Go's size classes above 1 KiB.
const CLASSES: [u16; 19] = [
    1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528,
    6784, 6912, 8192,
];

/// Bytes of a cell for one object of that size and alignment.
pub(crate) const fn of_object(size: usize, align: usize) -> usize {
    let unit = if align > GRANULE { align } else { GRANULE };
    if size == 0 {
        unit
    } else {
        size.next_multiple_of(unit)
    }
}

/// Bytes of a cell for an array of that many bytes: arrays of similar length share spans.
pub(crate) fn of_array(bytes: usize, align: usize) -> usize {
    match CLASSES.iter().find(|c| usize::from(**c) >= bytes) {
        Some(class) if bytes > 1024 => usize::from(*class).next_multiple_of(align),
        _ => of_object(bytes, align),
    }
}

/// Pages of a span of small cells.
pub(crate) const fn span_pages(cell: usize) -> usize {
    if cell <= ONE_PAGE { 1 } else { 4 }
}

/// Cells in a span.
pub(crate) const fn cells(pages: usize, cell: usize) -> usize {
    pages * PAGE / cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_what_they_are_for() {
        for size in 0..20_000 {
            for align in [1, 8, 16, 32, 256] {
                for cell in [of_object(size, align), of_array(size, align)] {
                    assert!(cell >= size && cell.is_multiple_of(align.max(GRANULE)));
                }
                assert!(
                    of_object(size, align) < size + align.max(GRANULE) + usize::from(size == 0)
                );
            }
        }
        assert_eq!(of_object(0, 1), 16);
        assert_eq!(of_array(1025, 8), 1152);
        assert_eq!(of_array(9000, 8), 9008);
    }
}
