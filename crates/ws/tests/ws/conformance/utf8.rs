//! Category 6: UTF-8, whole and in fragments; what is wrong is answered at its first byte.

use super::{Case, case, failure, goodbye, run, run_with};
use crate::common::{CONT, FIN, Sent, TEXT};

fn valid(name: &str, text: &[u8]) -> Case {
    case(
        format!("{name}: {text:x?}"),
        vec![(0x81, text.to_vec()), goodbye()],
        vec![Sent(0x81, text.to_vec()), Sent(0x88, goodbye().1)],
    )
}

fn invalid(name: &str, text: &[u8]) -> Case {
    case(
        format!("{name}: {text:x?}"),
        vec![(0x81, text.to_vec()), goodbye()],
        vec![failure(1007)],
    )
}

/// In fragments of `size`.
fn in_fragments(case: &Case, size: usize) -> Case {
    let text = &case.frames[0].1;
    let mut frames: Vec<(u8, Vec<u8>)> = text.chunks(size).map(|c| (CONT, c.to_vec())).collect();
    frames[0].0 = TEXT;
    frames.last_mut().unwrap().0 |= FIN;
    frames.push(goodbye());
    Case {
        name: format!("{} by {size}", case.name),
        frames,
        expect: case.expect.clone(),
    }
}

fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for text in [
        "Hello-µ@ßöäüàá-UTF-8!!",
        "κόσμε",
        "\u{0}",
        "\u{7f}",
        "\u{80}",
        "\u{7ff}",
        "\u{800}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{fffd}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10000}",
        "\u{10ffff}",
        "\u{fdd0}",
        "\u{1fffe}",
        "a\u{10000}\u{0}é",
    ] {
        cases.push(valid("6.2, 6.5 to 6.7, 6.9, 6.22, 6.23", text.as_bytes()));
    }
    for text in [
        // Of five and six bytes; beyond U+10FFFF.
        &b"\xf8\x88\x80\x80\x80"[..],
        b"\xfc\x84\x80\x80\x80\x80",
        b"\xf4\x90\x80\x80",
        b"\xf7\xbf\xbf\xbf",
        // Continuations alone.
        b"\x80",
        b"\xbf",
        b"\x80\xbf\x80\xbf",
        // Beginnings alone, with a space behind.
        b"\xc0 \xc1 ",
        b"\xe0 \xef ",
        b"\xf0 \xf7 ",
        b"\xf8 ",
        b"\xfc ",
        // Not whole.
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce",
        b"\xdf",
        b"\xef\xbf",
        b"\xf7\xbf\xbf",
        b"\xe0\x80",
        b"\xf0\x80\x80",
        // Never valid.
        b"\xfe",
        b"\xff",
        b"\xfe\xfe\xff\xff",
        // Longer than need be.
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xf0\x80\x80\xaf",
        b"\xc1\xbf",
        b"\xe0\x9f\xbf",
        b"\xf0\x8f\xbf\xbf",
        b"\xc0\x80",
        // Surrogates.
        b"\xed\xa0\x80",
        b"\xed\xad\xbf",
        b"\xed\xae\x80",
        b"\xed\xbf\xbf",
        b"\xed\xa0\x80\xed\xb0\x80",
        // After valid text.
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    ] {
        cases.push(invalid("6.3, 6.8 to 6.21", text));
    }
    cases
}

#[test]
fn whole() {
    run(all());
}

#[test]
fn in_fragments_of_one_and_three() {
    let cases = all();
    let cut = |size| cases.iter().map(move |c| in_fragments(c, size));
    run(cut(1).chain(cut(3)).collect());
}

#[test]
fn seen_at_once() {
    // 6.4: the message never ends, and still the wrong byte is answered. A byte at a time, for the
    // answer must not wait for the frame's end either.
    let mut cases = Vec::new();
    for bad in [&b"\xf4\x90"[..], b"\xed\xa0", b"\xff"] {
        cases.push(case(
            "6.4.1",
            vec![(TEXT, "κόσμε".into()), (CONT, bad.to_vec())],
            vec![failure(1007)],
        ));
    }
    run(cases);
    let mut long = b"fine so far \xff".to_vec();
    long.extend([b'x'; 4000]);
    // The rest of the frame comes in a piece that a blocking reader would never see.
    let case = case("6.4.3", vec![(TEXT, long)], vec![failure(1007)]);
    run_with(vec![case], None, &[1, 20]);
}
