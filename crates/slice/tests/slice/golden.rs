//! Every capacity that Go's `append` and allocator gave (`tests/golden/growth.txt`, made by the
//! program beside it; Go 1.23 and 1.27 print the same).

use gompa_slice::Slice;
use gompa_slice::growth::{Rule, grow, grow_pointers, round_up, round_up_pointers};

const GOLDEN: &str = include_str!("../golden/growth.txt");

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

fn pair(text: &str, between: char) -> (usize, usize) {
    let (a, b) = text.split_once(between).expect("a pair");
    (number(a), number(b))
}

/// What `append` gives, pointers or none.
fn grown(pointers: &str, elem: usize, len: usize, cap: usize, added: usize) -> usize {
    match pointers {
        "0" => grow(elem, len, cap, added, Rule::Go118),
        "1" => grow_pointers(elem, len, cap, added, Rule::Go118),
        other => panic!("{other}"),
    }
}

#[test]
fn growth_is_gos() {
    let (mut adds, mut ones, mut manies) = (Vec::new(), 0, 0);
    for line in GOLDEN.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["adds", ref each @ ..] => adds = each.iter().map(|n| number(n)).collect(),
            ["one", elem, pointers, ref caps @ ..] => {
                let mut cap = 0;
                for new in caps.iter().map(|n| number(n)) {
                    assert_eq!(grown(pointers, number(elem), cap, cap, 1), new, "{line}");
                    (cap, ones) = (new, ones + 1);
                }
            }
            ["many", elem, pointers, from, ref caps @ ..] => {
                let (len, cap) = pair(from, '/');
                assert_eq!(caps.len(), adds.len());
                for (added, new) in adds.iter().zip(caps) {
                    let new = match *new {
                        "=" => cap,
                        "." => len + added,
                        other => number(other),
                    };
                    let grown = grown(pointers, number(elem), len, cap, *added);
                    assert_eq!(grown, new, "{line}: +{added}");
                    manies += 1;
                }
            }
            ["alloc", ..] => {}
            _ => panic!("{line}"),
        }
    }
    // No line was lost.
    assert_eq!((ones, manies), (607, 22 * 107 * 25));
}

#[test]
fn size_classes_are_gos() {
    let mut requests = 0;
    for line in GOLDEN.lines().filter(|line| line.starts_with("alloc")) {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, pointers, range, bytes] = words[..] else {
            panic!("{line}")
        };
        let (from, to) = pair(range, '-');
        let (step, round): (usize, fn(usize) -> usize) = match pointers {
            "0" => (1, round_up),
            _ => (8, round_up_pointers),
        };
        for request in (from..=to).step_by(step) {
            assert_eq!(round(request), number(bytes), "{request} of {line}");
            requests += 1;
        }
    }
    assert_eq!(requests, 70_000 + 70_000 / 8);
}

/// The slices themselves, not only the arithmetic.
#[test]
fn slices_grow_as_gos() {
    fn one<T: Clone + Default>(caps: &[&str]) {
        let (mut s, mut seen) = (Slice::<T>::nil(), Vec::new());
        for cap in caps
            .iter()
            .map(|n| number(n))
            .take_while(|cap| *cap < 20_000)
        {
            while s.len() < s.cap() {
                s.push(T::default());
            }
            s.push(T::default());
            seen.push(s.cap());
            assert_eq!(s.cap(), cap);
        }
        assert!(seen.len() > 10);
    }
    fn many<T: Clone + Default>((len, cap): (usize, usize), adds: &[usize], caps: &[&str]) {
        for (added, new) in adds.iter().zip(caps) {
            let new = match *new {
                "=" => cap,
                "." => len + added,
                other => number(other),
            };
            let values = vec![T::default(); *added];
            let kept = Slice::<T>::make(len, cap);
            assert_eq!(kept.append_all(values.clone()).cap(), new);
            let mut only = Slice::<T>::make(len, cap);
            only.extend(values);
            assert_eq!((only.len(), only.cap()), (len + added, new));
        }
    }
    let mut adds = Vec::new();
    for line in GOLDEN.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["adds", ref each @ ..] => adds = each.iter().map(|n| number(n)).collect(),
            ["one", "1", "0", ref caps @ ..] => one::<u8>(caps),
            ["one", "8", "0", ref caps @ ..] => one::<u64>(caps),
            ["one", "12", "0", ref caps @ ..] => one::<[u32; 3]>(caps),
            ["one", "24", "0", ref caps @ ..] => one::<String>(caps),
            ["one", "0", "0", ref caps @ ..] => one::<()>(caps),
            ["many", "0", "0", from, ref caps @ ..] => many::<()>(pair(from, '/'), &adds, caps),
            ["many", "8", "0", from, ref caps @ ..] if pair(from, '/').1 < 600 => {
                many::<u64>(pair(from, '/'), &adds[..20], caps);
            }
            ["many", "24", "0", from, ref caps @ ..] if pair(from, '/').1 < 300 => {
                many::<String>(pair(from, '/'), &adds[..12], caps);
            }
            _ => {}
        }
    }
    assert_eq!(adds.len(), 25);
}
