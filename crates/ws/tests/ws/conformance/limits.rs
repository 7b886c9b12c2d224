//! Categories 9 (size and number) and 10 (fragments as a stack would cut them). What the suite measures
//! as time is in the benches; here it is that it comes back.

use super::{Case, case, goodbye, run_with};
use crate::common::{CONT, FIN, Sent};

fn in_fragments(first: u8, payload: &[u8], size: usize) -> Case {
    let mut frames: Vec<(u8, Vec<u8>)> = payload.chunks(size).map(|c| (CONT, c.to_vec())).collect();
    frames[0].0 = first & !FIN;
    frames.last_mut().unwrap().0 |= FIN;
    frames.push(goodbye());
    case(
        format!("{} bytes in fragments of {size}", payload.len()),
        frames,
        vec![Sent(first, payload.to_vec()), Sent(0x88, goodbye().1)],
    )
}

#[test]
fn big_messages() {
    let mut cases = Vec::new();
    for size in [64 << 10, 256 << 10, 1 << 20, 4 << 20] {
        for first in [0x81, 0x82] {
            let payload = vec![b'*'; size];
            cases.push(case(
                format!("9.1, 9.2: {size}"),
                vec![(first, payload.clone()), goodbye()],
                vec![Sent(first, payload), Sent(0x88, goodbye().1)],
            ));
        }
    }
    run_with(cases, None, &[usize::MAX, 1300]);
}

#[test]
fn many_fragments() {
    let payload = vec![b'*'; 1 << 20];
    let cases = [64, 256, 1 << 10, 64 << 10].map(|size| in_fragments(0x81, &payload, size));
    run_with(cases.into(), None, &[usize::MAX]);
    // 10.1
    run_with(
        vec![in_fragments(0x81, &payload[..65_536], 1300)],
        None,
        &[usize::MAX, 64],
    );
}

#[test]
fn many_messages() {
    for size in [0, 16, 64, 256, 1024] {
        let messages = vec![(0x82, vec![0xfe; size]); 1000];
        let mut expect: Vec<Sent> = messages.iter().map(|(f, p)| Sent(*f, p.clone())).collect();
        expect.push(Sent(0x88, goodbye().1));
        let frames = messages.into_iter().chain([goodbye()]).collect();
        run_with(
            vec![case(format!("9.7, 9.8: {size}"), frames, expect)],
            None,
            &[usize::MAX, 61],
        );
    }
}
