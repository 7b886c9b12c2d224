//! Foreign code that touches the array it is called on, and panics.

use crate::common::{Counted, text_of};
use gompa_slice::{self as slice, Slice};
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::mem;
use std::rc::Rc;

type Deed = Box<dyn FnMut()>;
/// Something to do with a slice, and its name.
type Use = (&'static str, fn(&Slice<Mean>));

thread_local! {
    /// What the next clone, comparison or drop of a `Mean` does first.
    static ON_CLONE: RefCell<Option<Deed>> = const { RefCell::new(None) };
    static ON_CMP: RefCell<Option<Deed>> = const { RefCell::new(None) };
    static ON_DROP: RefCell<Option<Deed>> = const { RefCell::new(None) };
}

type Hook = std::thread::LocalKey<RefCell<Option<Deed>>>;

fn next(hook: &'static Hook, deed: impl FnMut() + 'static) {
    hook.set(Some(Box::new(deed)));
}

/// Does it, once.
fn fire(hook: &'static Hook) {
    if let Some(mut deed) = hook.take() {
        deed();
    }
}

/// An element with a will of its own.
#[derive(Debug)]
struct Mean(Counted);

impl Mean {
    fn slice<const N: usize>(numbers: [u32; N]) -> Slice<Mean> {
        numbers.into_iter().map(Mean::from).collect()
    }
}

impl From<u32> for Mean {
    fn from(number: u32) -> Self {
        Mean(Counted::new(number))
    }
}

impl Default for Mean {
    fn default() -> Self {
        Mean::from(0)
    }
}

impl Clone for Mean {
    fn clone(&self) -> Self {
        fire(&ON_CLONE);
        // Whatever was done, this is still here.
        Mean(self.0.clone())
    }
}

impl PartialEq for Mean {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Mean {}

impl PartialOrd for Mean {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Mean {
    fn cmp(&self, other: &Self) -> Ordering {
        fire(&ON_CMP);
        self.0.cmp(&other.0)
    }
}

impl Drop for Mean {
    fn drop(&mut self) {
        fire(&ON_DROP);
    }
}

fn seen(s: &Slice<Mean>) -> Vec<u32> {
    s.borrow().iter().map(|mean| mean.0.number()).collect()
}

const BORROWED: &str = "gompa-slice: write while the array is borrowed";

/// Every way to overwrite element 0 of a slice of two or more.
fn overwriting() -> Vec<Use> {
    vec![
        ("set", |s| s.set(0, 9.into())),
        ("swap", |s| s.swap(0, 1)),
        ("clear", |s| s.clear()),
        ("append", |s| drop(s.slice(..0).append(9.into()))),
        ("append_all", |s| drop(s.slice(..0).append_all([9.into()]))),
        ("push", |s| s.slice(..0).push(9.into())),
        ("extend", |s| s.slice(..0).extend([Mean::from(9)])),
        ("copy_from", |s| _ = s.copy_from(&[9.into()])),
        ("insert", |s| s.slice(..1).insert(0, 9.into())),
        ("delete", |s| s.clone().delete(..1)),
        ("reverse", |s| s.reverse()),
        ("sort", |s| s.sort()),
    ]
}

#[test]
fn a_clone_may_not_overwrite_what_is_cloned() {
    for (name, overwrite) in overwriting() {
        let s = Mean::slice([1, 2, 3]);
        let view = s.clone();
        next(&ON_CLONE, move || overwrite(&view));
        let text = text_of(|| s.get(0));
        assert!(text.starts_with(BORROWED), "{name}: {text}");
        assert_eq!(seen(&s), [1, 2, 3], "{name}");
        // It is over: everything works again.
        overwrite(&s);
        drop(s);
        assert_eq!(Counted::alive(), 0, "{name}");
    }
}

#[test]
fn nor_what_is_cloned_by_growth_or_copy() {
    let all: [Use; 6] = [
        ("append", |s| drop(s.append(7.into()))),
        ("push", |s| s.clone().push(7.into())),
        ("grow", |s| s.clone().grow(9)),
        ("copy", |s| _ = slice::copy(&Mean::slice([0; 3]), s)),
        ("to_vec", |s| drop(s.to_vec())),
        ("make_mut", |s| _ = s.clone().make_mut().len()),
    ];
    for (name, cloning) in all {
        let s = Mean::slice([1, 2, 3]);
        let view = s.clone();
        next(&ON_CLONE, move || view.set(1, 9.into()));
        let text = text_of(|| cloning(&s));
        assert!(text.starts_with(BORROWED), "{name}: {text}");
        assert_eq!(seen(&s), [1, 2, 3], "{name}");
        drop(s);
        assert_eq!(Counted::alive(), 0, "{name}");
    }
}

#[test]
fn a_clone_may_read_and_append_behind() {
    let mut s = Slice::<Mean>::make(0, 4);
    s.extend([1, 2].map(Mean::from));
    let mut view = s.clone();
    let got = Rc::new(Cell::new(0));
    let log = Rc::clone(&got);
    next(&ON_CLONE, move || {
        log.set(view.get(1).0.number());
        view.push(3.into());
        assert_eq!(view.slice(1..).len(), 2);
    });
    assert_eq!(s.get(0).0.number(), 1);
    assert_eq!(got.get(), 2);
    assert_eq!(seen(&s.slice(..3)), [1, 2, 3]);
}

#[test]
fn a_clone_may_drop_the_other_views() {
    let mut s = Mean::slice([1, 2, 3]);
    let others = RefCell::new(vec![s.clone(), s.slice(1..)]);
    next(&ON_CLONE, move || others.borrow_mut().clear());
    // Begins to clone, for there are others; ends with an old array that nobody else sees.
    s.push(4.into());
    assert_eq!((seen(&s), Counted::alive()), (vec![1, 2, 3, 4], 4));
}

#[test]
fn a_clone_that_panics_changes_nothing() {
    let mut s = Mean::slice([1, 2, 3]);
    let view = s.clone();
    let growing: [fn(&mut Slice<Mean>); 6] = [
        |s| s.push(4.into()),
        |s| drop(s.append(4.into())),
        |s| s.insert(1, 4.into()),
        |s| s.grow(1),
        |s| _ = slice::copy(s, &s.slice(1..)),
        |s| _ = s.make_mut().len(),
    ];
    for grow in growing {
        let mut left = 1;
        fn panics_second(left: &mut i32) {
            *left -= 1;
            if *left < 0 {
                panic!("no");
            }
            let mut left = *left;
            next(&ON_CLONE, move || panics_second(&mut left));
        }
        next(&ON_CLONE, move || panics_second(&mut left));
        assert_eq!(text_of(|| grow(&mut s)), "no");
        assert_eq!((s.len(), s.cap(), seen(&s)), (3, 3, vec![1, 2, 3]));
        assert!(s.same_array(&view));
        assert_eq!(Counted::alive(), 3);
    }
    view.set(0, 9.into());
    assert_eq!(seen(&s), [9, 2, 3]);
}

#[test]
fn a_drop_finds_the_array_whole() {
    for (name, overwrite) in overwriting() {
        if matches!(name, "swap" | "reverse" | "sort") {
            continue;
        }
        let s = Mean::slice([1, 2, 3]);
        let view = s.clone();
        next(&ON_DROP, move || {
            // Everything goes: reading, writing, appending, growing, ending.
            let all = view.clone();
            assert_eq!(all.len(), 3);
            all.set(0, 70.into());
            all.set(1, all.get(2));
            drop(all.slice(..1).append(80.into()));
            drop(all.append(90.into()));
            all.clone().push(7.into());
            all.reverse();
        });
        overwrite(&s);
        assert_eq!(s.len(), 3, "{name}");
        seen(&s);
        drop(s);
        assert_eq!(Counted::alive(), 0, "{name}");
    }
}

#[test]
fn a_drop_may_end_the_other_views() {
    let s = Mean::slice([1, 2]);
    let others = RefCell::new(vec![s.clone(), s.slice(1..)]);
    next(&ON_DROP, move || others.borrow_mut().clear());
    s.set(0, 5.into());
    assert!(s.is_unique());
    assert_eq!((seen(&s), Counted::alive()), (vec![5, 2], 2));
}

#[test]
fn a_drop_that_panics() {
    let s = Mean::slice([1, 2, 3]);
    let longer = RefCell::new(s.slice(..1));
    next(&ON_DROP, || panic!("no"));
    assert_eq!(text_of(|| s.set(0, 4.into())), "no");
    next(&ON_DROP, || panic!("no"));
    assert_eq!(text_of(|| longer.borrow_mut().push(5.into())), "no");
    next(&ON_DROP, || panic!("no"));
    assert_eq!(text_of(|| s.clear()), "no");
    assert_eq!(seen(&s), [0, 5, 3]);
    next(&ON_DROP, || panic!("no"));
    assert_eq!(text_of(|| s.clone().delete(..1)), "no");
    drop(longer);
    next(&ON_DROP, || panic!("no"));
    assert_eq!(text_of(move || drop(s)), "no");
    assert_eq!(Counted::alive(), 0, "the others are dropped all the same");
}

#[test]
fn a_comparison_may_not_touch_what_is_sorted() {
    for (name, overwrite) in overwriting() {
        let s = Mean::slice([3, 1, 2]);
        let view = s.clone();
        next(&ON_CMP, move || overwrite(&view));
        let text = text_of(|| s.sort());
        // Whoever looks at the elements first is told that.
        assert!(
            text.starts_with(BORROWED) || text.contains("being sorted"),
            "{name}: {text}"
        );
        s.sort();
        assert_eq!(seen(&s), [1, 2, 3], "{name}");
    }
    let s = Mean::slice([3, 1, 2]);
    let view = s.clone();
    next(&ON_CMP, move || drop(view.get(0)));
    assert!(text_of(|| s.sort()).contains("being sorted"));
    let view = s.clone();
    next(&ON_CMP, move || {
        assert_eq!(format!("{view:?}"), "[<being sorted>]")
    });
    s.sort();
    drop(s);
    assert_eq!(Counted::alive(), 0);
}

#[test]
fn a_comparison_of_copies_may_read_them() {
    let s = Slice::from([3, 1, 2]);
    let mut sum = 0;
    s.sort_by(|a, b| {
        sum += s.iter().sum::<i32>();
        a.cmp(b)
    });
    assert!(sum > 0 && sum % 6 == 0);
    assert_eq!(s, [1, 2, 3]);
    let text = text_of(|| s.sort_by(|a, b| (s.set(0, 9), b.cmp(a)).1));
    assert!(text.starts_with(BORROWED), "{text}");
    assert_eq!(s, [1, 2, 3]);
    s.set(0, 4);
    let text = text_of(|| s.clone().delete_func(|_| (s.clear(), true).1));
    assert!(text.starts_with(BORROWED), "{text}");
}

#[test]
fn a_forgotten_borrow_stays() {
    let mut s = Slice::from([1, 2]);
    mem::forget(s.borrow());
    assert!(text_of(|| s.set(0, 9)).starts_with(BORROWED));
    assert_eq!(s.get(0), 1);
    assert_eq!(*s.borrow(), [1, 2]);
    // Who has it all to itself knows that nobody borrows it.
    s.get_mut().unwrap()[0] = 3;
    s.set(1, 4);
    assert_eq!(s, [3, 4]);
    mem::forget(s.borrow());
    s.push(5);
    s.set(0, 6);
    assert_eq!(s, [6, 4, 5]);
}

#[test]
fn borrows_nest() {
    let s = Slice::from([1, 2]);
    let (a, b) = (s.borrow(), s.slice(1..));
    let c = b.borrow();
    drop(a);
    assert!(text_of(|| s.set(0, 9)).starts_with(BORROWED));
    assert_eq!(c[0], 2);
    drop(c);
    s.set(0, 9);
    assert_eq!(s, [9, 2]);
}

#[test]
fn an_iterator_that_lies() {
    struct Lies(u32);
    impl Iterator for Lies {
        type Item = u32;
        fn next(&mut self) -> Option<u32> {
            self.0 = self.0.checked_sub(1)?;
            Some(self.0)
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (1_000_000, Some(3))
        }
    }
    impl ExactSizeIterator for Lies {}
    let s = Slice::from([9]);
    assert_eq!(s.append_all(Lies(5)), [9, 4, 3, 2, 1, 0]);
    let mut s = s.append_all(Lies(0));
    s.insert_all(0, Lies(2));
    assert_eq!(s, [1, 0, 9]);
}

#[test]
fn an_iterator_that_uses_the_slice() {
    let mut s = Slice::<u32>::make(2, 8);
    let view = s.clone();
    s.extend((0..3).map(|n| {
        drop(view.append(100 + n));
        view.set(0, n);
        view.get(0)
    }));
    assert_eq!(s, [2, 0, 0, 1, 2]);
}

#[test]
fn a_slice_within_itself() {
    #[derive(Clone, Default)]
    struct Node(Option<Slice<Node>>);
    let s = Slice::from([Node(None), Node(None)]);
    s.set(0, Node(Some(s.slice(1..))));
    assert_eq!(s.get(0).0.unwrap().len(), 1);
    // A cycle would never be freed.
    s.clear();
    assert!(s.is_unique());
}
