//! Random programs on a handful of slices, step by step beside the naive model: arrays that are
//! shared by reference, each as long as its capacity and full of zeros at first, and slices that
//! are an array, an offset, a length and a capacity. After each step all slices are compared:
//! nil or not, length, capacity, elements, and who shares with whom.
//!
//! Elements are numbers; numbers that are counted on the heap; and nothing, counted. Where nothing
//! is left at the end, every one was dropped once.
//!
//! `SLICE_CASES` is the number of programs (256 of each).

use crate::common::{Counted, Nothing};
use gompa_slice::growth::{Rule, grow};
use gompa_slice::{self as slice, Slice};
use proptest::prelude::*;
use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;

/// Slices a program has.
const SLICES: usize = 5;

trait Element: Clone + Default + Ord + Debug {
    /// Numbers there are of it.
    const KINDS: u32;

    fn new(number: u32) -> Self;
    fn number(&self) -> u32;
    fn alive() -> isize;
}

impl Element for u32 {
    const KINDS: u32 = u32::MAX;

    fn new(number: u32) -> Self {
        number
    }

    fn number(&self) -> u32 {
        *self
    }

    fn alive() -> isize {
        0
    }
}

impl Element for Counted {
    const KINDS: u32 = u32::MAX;

    fn new(number: u32) -> Self {
        Counted::new(number)
    }

    fn number(&self) -> u32 {
        self.number()
    }

    fn alive() -> isize {
        Counted::alive()
    }
}

impl Element for Nothing {
    const KINDS: u32 = 1;

    fn new(_: u32) -> Self {
        Nothing::new()
    }

    fn number(&self) -> u32 {
        0
    }

    fn alive() -> isize {
        Nothing::alive()
    }
}

/// What the model knows of a slice.
#[derive(Clone, Default)]
struct View {
    /// `None`: nil, or without room.
    array: Option<Rc<RefCell<Vec<u32>>>>,
    nil: bool,
    offset: usize,
    len: usize,
    cap: usize,
}

impl View {
    fn nil() -> Self {
        View {
            nil: true,
            ..View::default()
        }
    }

    fn new(numbers: &[u32], cap: usize) -> Self {
        let mut array = numbers.to_vec();
        array.resize(cap, 0);
        View {
            array: (cap > 0).then(|| Rc::new(RefCell::new(array))),
            nil: false,
            offset: 0,
            len: numbers.len(),
            cap,
        }
    }

    fn numbers(&self) -> Vec<u32> {
        self.beyond(self.len)
    }

    /// The first `n`, up to the capacity.
    fn beyond(&self, n: usize) -> Vec<u32> {
        match &self.array {
            Some(array) => array.borrow()[self.offset..self.offset + n].to_vec(),
            None => vec![],
        }
    }

    fn write(&self, at: usize, numbers: &[u32]) {
        if let Some(array) = &self.array {
            let at = self.offset + at;
            array.borrow_mut()[at..at + numbers.len()].copy_from_slice(numbers);
        }
    }

    fn part(&self, a: usize, b: usize, max: usize) -> Self {
        View {
            array: self.array.clone().filter(|_| max > a),
            nil: self.nil,
            offset: self.offset + a,
            len: b - a,
            cap: max - a,
        }
    }

    fn append(&self, size: usize, numbers: &[u32]) -> Self {
        let len = self.len + numbers.len();
        if len <= self.cap {
            self.write(self.len, numbers);
            return View {
                len,
                ..self.clone()
            };
        }
        let cap = grow(size, self.len, self.cap, numbers.len(), Rule::Go118);
        View::new(&[&self.numbers(), numbers].concat(), cap)
    }

    fn grow(&self, size: usize, n: usize) -> Self {
        if n <= self.cap - self.len {
            return self.clone();
        }
        let cap = grow(size, self.len, self.cap, n, Rule::Go118);
        let mut grown = View::new(&self.beyond(self.cap), cap);
        grown.len = self.len;
        grown
    }

    fn shorten(&self, numbers: &[u32]) -> Self {
        self.write(0, numbers);
        self.write(numbers.len(), &vec![0; self.len - numbers.len()]);
        self.part(0, numbers.len(), self.cap)
    }

    fn is_shared_with(&self, other: &View) -> bool {
        match (&self.array, &other.array) {
            (Some(one), Some(another)) => Rc::ptr_eq(one, another),
            _ => false,
        }
    }
}

/// A step. The first number is the slice, `to` where a new one goes; places and lengths are taken
/// modulo what is possible.
#[derive(Clone, Debug)]
enum Step {
    Nil(usize),
    Make {
        s: usize,
        len: usize,
        spare: usize,
    },
    FromVec {
        s: usize,
        numbers: Vec<u32>,
        spare: usize,
    },
    Copy {
        to: usize,
        s: usize,
    },
    View {
        to: usize,
        s: usize,
    },
    Part {
        to: usize,
        s: usize,
        a: usize,
        b: usize,
    },
    Part3 {
        to: usize,
        s: usize,
        a: usize,
        b: usize,
        max: usize,
    },
    Append {
        to: usize,
        s: usize,
        n: u32,
    },
    AppendAll {
        to: usize,
        s: usize,
        numbers: Vec<u32>,
    },
    AppendSlice {
        to: usize,
        s: usize,
        other: usize,
    },
    Push {
        s: usize,
        n: u32,
    },
    Extend {
        s: usize,
        numbers: Vec<u32>,
    },
    Set {
        s: usize,
        at: usize,
        n: u32,
    },
    Swap {
        s: usize,
        i: usize,
        j: usize,
    },
    Insert {
        s: usize,
        at: usize,
        numbers: Vec<u32>,
    },
    Delete {
        s: usize,
        a: usize,
        b: usize,
    },
    DeleteFunc {
        s: usize,
        odd: bool,
    },
    Compact(usize),
    Clip(usize),
    Grow {
        s: usize,
        n: usize,
    },
    Clear(usize),
    Reverse(usize),
    Sort(usize),
    ThroughVec(usize),
    MakeMut {
        s: usize,
        n: u32,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let s = || 0..SLICES;
    let at = || 0usize..64;
    let n = || 1u32..6;
    let numbers = || prop::collection::vec(1u32..6, 0..9);
    prop_oneof![
        1 => s().prop_map(Step::Nil),
        1 => (s(), 0usize..6, 0usize..6).prop_map(|(s, len, spare)| Step::Make { s, len, spare }),
        1 => (s(), numbers(), 0usize..4)
            .prop_map(|(s, numbers, spare)| Step::FromVec { s, numbers, spare }),
        1 => (s(), s()).prop_map(|(to, s)| Step::Copy { to, s }),
        1 => (s(), s()).prop_map(|(to, s)| Step::View { to, s }),
        4 => (s(), s(), at(), at()).prop_map(|(to, s, a, b)| Step::Part { to, s, a, b }),
        2 => (s(), s(), at(), at(), at())
            .prop_map(|(to, s, a, b, max)| Step::Part3 { to, s, a, b, max }),
        2 => (s(), s(), n()).prop_map(|(to, s, n)| Step::Append { to, s, n }),
        2 => (s(), s(), numbers())
            .prop_map(|(to, s, numbers)| Step::AppendAll { to, s, numbers }),
        1 => (s(), s(), s()).prop_map(|(to, s, other)| Step::AppendSlice { to, s, other }),
        4 => (s(), n()).prop_map(|(s, n)| Step::Push { s, n }),
        1 => (s(), numbers()).prop_map(|(s, numbers)| Step::Extend { s, numbers }),
        2 => (s(), at(), n()).prop_map(|(s, at, n)| Step::Set { s, at, n }),
        1 => (s(), at(), at()).prop_map(|(s, i, j)| Step::Swap { s, i, j }),
        1 => (s(), at(), numbers()).prop_map(|(s, at, numbers)| Step::Insert { s, at, numbers }),
        1 => (s(), at(), at()).prop_map(|(s, a, b)| Step::Delete { s, a, b }),
        1 => (s(), any::<bool>()).prop_map(|(s, odd)| Step::DeleteFunc { s, odd }),
        1 => s().prop_map(Step::Compact),
        1 => s().prop_map(Step::Clip),
        1 => (s(), 0usize..12).prop_map(|(s, n)| Step::Grow { s, n }),
        1 => s().prop_map(Step::Clear),
        1 => s().prop_map(Step::Reverse),
        1 => s().prop_map(Step::Sort),
        1 => s().prop_map(Step::ThroughVec),
        1 => (s(), n()).prop_map(|(s, n)| Step::MakeMut { s, n }),
    ]
}

/// The slices, and the model's.
struct World<T> {
    slices: Vec<Slice<T>>,
    views: Vec<View>,
}

impl<T: Element> World<T> {
    fn new() -> Self {
        World {
            slices: vec![Slice::nil(); SLICES],
            views: vec![View::nil(); SLICES],
        }
    }

    fn put(&mut self, to: usize, slice: Slice<T>, view: View) {
        self.slices[to] = slice;
        self.views[to] = view;
    }

    fn elements(numbers: &[u32]) -> Vec<T> {
        numbers.iter().map(|n| T::new(*n)).collect()
    }

    fn step(&mut self, step: &Step) {
        let size = size_of::<T>();
        // Elements of fewer kinds have smaller numbers.
        let kind = |n: u32| n % T::KINDS;
        let kinds = |numbers: &[u32]| Vec::from_iter(numbers.iter().map(|n| kind(*n)));
        match *step {
            Step::Nil(s) => self.put(s, Slice::nil(), View::nil()),
            Step::Make { s, len, spare } => {
                let cap = len + spare;
                self.put(s, Slice::make(len, cap), View::new(&vec![0; len], cap));
            }
            Step::FromVec {
                s,
                ref numbers,
                spare,
            } => {
                let numbers = kinds(numbers);
                let mut vec = Vec::with_capacity(numbers.len() + spare);
                vec.extend(Self::elements(&numbers));
                let cap = if size == 0 { vec.len() } else { vec.capacity() };
                self.put(s, vec.into(), View::new(&numbers, cap));
            }
            Step::Copy { to, s } => {
                let numbers = self.views[s].numbers();
                let count = numbers.len().min(self.views[to].len);
                self.views[to].write(0, &numbers[..count]);
                assert_eq!(slice::copy(&self.slices[to], &self.slices[s]), count);
            }
            Step::View { to, s } => {
                let (slice, view) = (self.slices[s].clone(), self.views[s].clone());
                self.put(to, slice, view);
            }
            Step::Part { to, s, a, b } => {
                let view = &self.views[s];
                let b = b % (view.cap + 1);
                let a = a % (b + 1);
                let (slice, view) = (self.slices[s].slice(a..b), view.part(a, b, view.cap));
                self.put(to, slice, view);
            }
            Step::Part3 { to, s, a, b, max } => {
                let view = &self.views[s];
                let max = max % (view.cap + 1);
                let b = b % (max + 1);
                let a = a % (b + 1);
                let (slice, view) = (self.slices[s].slice3(a, b, max), view.part(a, b, max));
                self.put(to, slice, view);
            }
            Step::Append { to, s, n } => {
                let view = self.views[s].append(size, &[kind(n)]);
                let slice = self.slices[s].append(T::new(n));
                self.put(to, slice, view);
            }
            Step::AppendAll { to, s, ref numbers } => {
                let view = self.views[s].append(size, &kinds(numbers));
                let slice = self.slices[s].append_all(Self::elements(numbers));
                self.put(to, slice, view);
            }
            Step::AppendSlice { to, s, other } => {
                let view = self.views[s].append(size, &self.views[other].numbers());
                let slice = self.slices[s].append_all(&self.slices[other]);
                self.put(to, slice, view);
            }
            Step::Push { s, n } => {
                self.views[s] = self.views[s].append(size, &[kind(n)]);
                self.slices[s].push(T::new(n));
            }
            Step::Extend { s, ref numbers } => {
                self.views[s] = self.views[s].append(size, &kinds(numbers));
                self.slices[s].extend(Self::elements(numbers));
            }
            Step::Set { s, at, n } => {
                if self.views[s].len > 0 {
                    let at = at % self.views[s].len;
                    self.views[s].write(at, &[kind(n)]);
                    self.slices[s].set(at, T::new(n));
                    assert_eq!(self.slices[s].get(at).number(), kind(n));
                }
            }
            Step::Swap { s, i, j } => {
                if self.views[s].len > 0 {
                    let (i, j) = (i % self.views[s].len, j % self.views[s].len);
                    let mut numbers = self.views[s].numbers();
                    numbers.swap(i, j);
                    self.views[s].write(0, &numbers);
                    self.slices[s].swap(i, j);
                }
            }
            Step::Insert { s, at, ref numbers } => {
                let view = &self.views[s];
                let at = at % (view.len + 1);
                let all = view.numbers();
                let added = kinds(numbers);
                let longer = view.append(size, &added);
                longer.write(0, &[&all[..at], &added, &all[at..]].concat());
                self.views[s] = longer;
                self.slices[s].insert_all(at, Self::elements(numbers));
            }
            Step::Delete { s, a, b } => {
                let view = &self.views[s];
                let b = b % (view.len + 1);
                let a = a % (b + 1);
                let mut numbers = view.numbers();
                numbers.drain(a..b);
                self.views[s] = view.shorten(&numbers);
                self.slices[s].delete(a..b);
            }
            Step::DeleteFunc { s, odd } => {
                let deleted = |n: u32| (n % 2 == 1) == odd;
                let mut numbers = self.views[s].numbers();
                numbers.retain(|n| !deleted(*n));
                self.views[s] = self.views[s].shorten(&numbers);
                self.slices[s].delete_func(|element| deleted(element.number()));
            }
            Step::Compact(s) => {
                let mut numbers = self.views[s].numbers();
                numbers.dedup();
                self.views[s] = self.views[s].shorten(&numbers);
                self.slices[s].compact();
            }
            Step::Clip(s) => {
                let view = &self.views[s];
                self.views[s] = view.part(0, view.len, view.len);
                self.slices[s].clip();
            }
            Step::Grow { s, n } => {
                self.views[s] = self.views[s].grow(size, n);
                self.slices[s].grow(n);
            }
            Step::Clear(s) => {
                self.views[s].write(0, &vec![0; self.views[s].len]);
                self.slices[s].clear();
            }
            Step::Reverse(s) => {
                let mut numbers = self.views[s].numbers();
                numbers.reverse();
                self.views[s].write(0, &numbers);
                self.slices[s].reverse();
            }
            Step::Sort(s) => {
                let mut numbers = self.views[s].numbers();
                numbers.sort();
                self.views[s].write(0, &numbers);
                self.slices[s].sort();
            }
            Step::ThroughVec(s) => {
                let shared = (0..SLICES)
                    .any(|other| other != s && self.views[s].is_shared_with(&self.views[other]));
                match std::mem::take(&mut self.slices[s]).try_into_vec() {
                    Ok(vec) => {
                        assert!(!shared);
                        let cap = if size == 0 { vec.len() } else { vec.capacity() };
                        let view = View::new(&self.views[s].numbers(), cap);
                        self.put(s, vec.into(), view);
                    }
                    Err(slice) => {
                        assert!(shared);
                        self.slices[s] = slice;
                    }
                }
            }
            Step::MakeMut { s, n } => {
                let view = &self.views[s];
                let shared =
                    (0..SLICES).any(|other| other != s && view.is_shared_with(&self.views[other]));
                assert_eq!(self.slices[s].get_mut().is_none(), shared);
                if shared {
                    self.views[s] = View::new(&view.numbers(), view.len);
                }
                if let [first, ..] = self.slices[s].make_mut() {
                    *first = T::new(n);
                    self.views[s].write(0, &[kind(n)]);
                }
            }
        }
    }

    fn check(&self) {
        for (s, (slice, view)) in self.slices.iter().zip(&self.views).enumerate() {
            let numbers: Vec<u32> = slice.borrow().iter().map(T::number).collect();
            assert_eq!(numbers, view.numbers(), "elements of {s}");
            assert!(slice.iter().map(|element| element.number()).eq(numbers));
            assert_eq!(
                (slice.is_nil(), slice.len(), slice.cap()),
                (view.nil, view.len, view.cap),
                "words of {s}"
            );
            for (other, another) in self.slices.iter().zip(&self.views) {
                assert_eq!(slice.same_array(other), view.is_shared_with(another));
            }
        }
    }
}

fn run<T: Element>(steps: &[Step]) {
    let before = T::alive();
    let mut world = World::<T>::new();
    for step in steps {
        world.step(step);
        world.check();
    }
    // What lies beyond the lengths, too.
    for s in 0..SLICES {
        let (a, b) = (0, world.views[s].cap);
        world.step(&Step::Part { to: s, s, a, b });
        world.check();
    }
    drop(world);
    assert_eq!(T::alive(), before);
}

fn cases() -> u32 {
    std::env::var("SLICE_CASES").map_or(256, |n| n.parse().expect("SLICE_CASES is a number"))
}

fn program() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_numbers(steps in program()) {
        run::<u32>(&steps);
    }

    #[test]
    fn of_numbers_on_the_heap(steps in program()) {
        run::<Counted>(&steps);
    }

    #[test]
    fn of_nothing(steps in program()) {
        run::<Nothing>(&steps);
    }
}
