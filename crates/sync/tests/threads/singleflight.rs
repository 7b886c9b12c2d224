use crate::{LONG, SHORT, panic_text, until};
use gompa_sync::singleflight::Group;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Instant;

/// A call that lasts until others have joined it.
fn slow(n: usize, joined: &AtomicUsize) -> usize {
    until(|| joined.load(SeqCst) >= n);
    // Those who said so are at it, or about to be; late ones make a call of their own.
    thread::sleep(SHORT * 4);
    7
}

#[test]
fn calls_under_way_are_joined() {
    let (group, calls, joined) = (Group::new(), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|s| {
        let callers: Vec<_> = (0..5)
            .map(|_| {
                s.spawn(|| {
                    joined.fetch_add(1, SeqCst);
                    group.call("key", || {
                        calls.fetch_add(1, SeqCst);
                        slow(5, &joined)
                    })
                })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.join().unwrap().0, 7);
        }
    });
    // Usually one; who comes late on a busy machine makes another. `by_channel` knows who joins.
    assert!((1..=5).contains(&calls.load(SeqCst)));
    assert_eq!(group.call("key", || 8), (8, false), "the key is free again");
}

#[test]
fn different_keys_do_not_meet() {
    let group: Group<u32, u32> = Group::default();
    let inner = group.call(1, || group.call(2, || 3).0 + 1);
    assert_eq!(inner, (4, false));
}

#[test]
fn a_forgotten_call_is_made_anew() {
    let group = Group::<String, u32>::new();
    let first = group.call("key".into(), || {
        group.forget("key");
        assert_eq!(group.call("key".into(), || 2), (2, false));
        1
    });
    assert_eq!(first, (1, false));
}

#[test]
fn a_panic_reaches_every_waiter() {
    let (group, joined) = (Group::<u32, usize>::new(), AtomicUsize::new(0));
    thread::scope(|s| {
        let callers: Vec<_> = (0..3)
            .map(|_| {
                s.spawn(|| {
                    panic_text(|| {
                        joined.fetch_add(1, SeqCst);
                        group.call(1, || panic!("all {}", slow(3, &joined)))
                    })
                })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.join().unwrap(), "all 7");
        }
    });
    assert_eq!(group.call(1, || 5), (5, false));
}

#[test]
fn by_channel() {
    let group = Group::<u32, usize>::new();
    let (go_on, told) = gompa_chan::channel::<()>(0);
    let one = group.call_chan(1, move || {
        told.recv().unwrap();
        6
    });
    let other = group.call_chan(1, || unreachable!("under way"));
    assert!(one.recv_timeout(SHORT).is_err());
    assert!(group.call_timeout(1, SHORT, || unreachable!()).is_none());
    let soon = Instant::now() + SHORT;
    assert!(group.call_deadline(1, soon, || unreachable!()).is_none());
    go_on.send(()).unwrap();
    assert_eq!(one.recv_timeout(LONG).unwrap().unwrap(), (6, true));
    assert_eq!(other.recv().unwrap().unwrap(), (6, true));
    let panics = group.call_chan(1, || panic!("heard"));
    let panicked = panics.recv().unwrap().unwrap_err();
    assert_eq!(panic_text(|| panicked.resume()), "heard");
    assert_eq!(group.call_timeout(1, SHORT, || 2), Some((2, false)));
    assert_eq!(group.call_deadline(1, soon, || 3), Some((3, false)));
}

#[test]
fn the_value_is_cloned_only_for_others() {
    #[derive(Debug)]
    struct Counted(Arc<AtomicUsize>);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, SeqCst);
            Counted(self.0.clone())
        }
    }
    let clones = Arc::new(AtomicUsize::new(0));
    let group = Group::new();
    let (value, shared) = group.call(1, || Counted(clones.clone()));
    assert!(!shared && Arc::ptr_eq(&value.0, &clones));
    assert_eq!(clones.load(SeqCst), 0);
}
