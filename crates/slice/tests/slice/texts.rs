//! Go's words for misuse, as Go 1.23 and 1.27 print them.

use crate::common::text_of;
use gompa_slice::Slice;

/// Length 3, capacity 5.
fn s() -> Slice<i64> {
    Slice::make(3, 5)
}

#[test]
#[rustfmt::skip]
fn bounds() {
    let error = |text: &str| format!("runtime error: {text}");
    assert_eq!(text_of(|| s().get(3)), error("index out of range [3] with length 3"));
    assert_eq!(text_of(|| s().set(4, 1)), error("index out of range [4] with length 3"));
    assert_eq!(text_of(|| s().swap(0, 9)), error("index out of range [9] with length 3"));
    assert_eq!(text_of(|| Slice::<i64>::nil().get(0)), error("index out of range [0] with length 0"));
    assert_eq!(text_of(|| s().slice(..6)), error("slice bounds out of range [:6] with capacity 5"));
    assert_eq!(text_of(|| s().slice(4..)), error("slice bounds out of range [4:3]"));
    assert_eq!(text_of(|| s().slice(reversed(3, 2))), error("slice bounds out of range [3:2]"));
    assert_eq!(text_of(|| s().slice(reversed(9, 7))), error("slice bounds out of range [:7] with capacity 5"));
    assert_eq!(text_of(|| s().slice3(0, 0, 6)), error("slice bounds out of range [::6] with capacity 5"));
    assert_eq!(text_of(|| s().slice3(0, 4, 3)), error("slice bounds out of range [:4:3]"));
    assert_eq!(text_of(|| s().slice3(3, 2, 5)), error("slice bounds out of range [3:2:]"));
    assert_eq!(text_of(|| s().to_array::<4>()), error("cannot convert slice with length 3 to array or pointer to array with length 4"));
    assert_eq!(s().slice(3..).len(), 0);
    assert_eq!(s().to_array(), [0; 3]);
    assert_eq!(s().to_array(), [0; 2]);
    assert_eq!(Slice::<i64>::nil().to_array(), [0i64; 0]);
}

fn reversed(a: usize, b: usize) -> std::ops::Range<usize> {
    a..b
}

#[test]
fn ranges_without_end() {
    let text = text_of(|| s().slice(..=usize::MAX));
    assert!(text.ends_with("with capacity 5"), "{text}");
    let text = text_of(|| {
        s().slice((
            std::ops::Bound::Excluded(usize::MAX),
            std::ops::Bound::Unbounded,
        ))
    });
    assert!(text.ends_with(":3]"), "{text}");
    assert_eq!(s().slice(..=4).len(), 5);
    assert_eq!(s().slice(..).len(), 3);
}

#[test]
fn making() {
    const LEN: &str = "runtime error: makeslice: len out of range";
    const CAP: &str = "runtime error: makeslice: cap out of range";
    let make = |len, cap| text_of(move || Slice::<i64>::make(len, cap));
    assert_eq!(make(2, 1), CAP);
    assert_eq!(make(isize::MAX as usize, isize::MAX as usize), LEN);
    assert_eq!(make(0, isize::MAX as usize), CAP);
    assert_eq!(make(usize::MAX, 1), LEN);
    // More than there is memory for, but not more than Go's limit.
    assert_eq!(make(0, (1 << 48) / 8), CAP);
    assert_eq!(text_of(|| Slice::<()>::make(usize::MAX, usize::MAX)), LEN);
}

#[test]
fn growing() {
    const TEXT: &str = "runtime error: growslice: len out of range";
    assert_eq!(text_of(|| s().grow(isize::MAX as usize)), TEXT);
    assert_eq!(text_of(|| s().grow(1 << 44)), TEXT);
    let endless = Slice::<()>::make(isize::MAX as usize, isize::MAX as usize);
    assert_eq!(text_of(|| endless.append(())), TEXT);
    assert_eq!(text_of(|| endless.clone().push(())), TEXT);
    assert_eq!(endless.len(), isize::MAX as usize);
}

#[test]
fn package_slices() {
    let bounds = |text: &str| format!("runtime error: slice bounds out of range [{text}]");
    assert_eq!(text_of(|| s().insert(4, 1)), bounds("4:3"));
    assert_eq!(text_of(|| s().delete(reversed(2, 1))), bounds("2:1:"));
    assert_eq!(text_of(|| s().delete(0..4)), bounds(":4:3"));
    assert_eq!(text_of(|| s().chunks(0).count()), "cannot be less than 1");
    assert_eq!(
        text_of(|| s().repeat(isize::MAX as usize)),
        "the result of (len(x) * count) overflows"
    );
    let endless = Slice::<()>::make(isize::MAX as usize, isize::MAX as usize);
    assert_eq!(
        text_of(|| Slice::concat([&endless, &endless])),
        "len out of range"
    );
    s().delete(3..3);
}
