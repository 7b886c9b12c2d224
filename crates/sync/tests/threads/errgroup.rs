use crate::{LONG, SHORT, panic_text, until};
use gompa_sync::errgroup::Group;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Instant;

#[test]
fn the_first_error_is_the_one() {
    let group: Group<&str> = Group::new();
    let (tell, told) = gompa_chan::channel::<()>(0);
    group.go(move || {
        told.recv().unwrap();
        Err("first")
    });
    tell.send(()).unwrap();
    assert_eq!(group.wait_timeout(LONG), Some(Err("first")));
    group.go(|| Err("second"));
    // It has been given away, and later ones are not kept.
    assert_eq!(group.wait(), Ok(()));
    assert_eq!(
        Group::<()>::default().wait_deadline(Instant::now()),
        Some(Ok(()))
    );
}

#[test]
fn a_limit_bounds_how_many_run() {
    let group: Group<()> = Group::new();
    group.set_limit(2);
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    for _ in 0..10 {
        let (running, most) = (running.clone(), most.clone());
        group.go(move || {
            most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
            thread::sleep(SHORT / 5);
            running.fetch_sub(1, SeqCst);
            Ok(())
        });
    }
    assert_eq!(group.wait(), Ok(()));
    assert!((1..=2).contains(&most.load(SeqCst)));
}

#[test]
fn a_full_group_turns_tries_away() {
    let group: Group<()> = Group::new();
    group.set_limit(1);
    let (go_on, told) = gompa_chan::channel::<()>(0);
    assert!(group.try_go(move || {
        told.recv().unwrap();
        Ok(())
    }));
    assert!(!group.try_go(|| Ok(())));
    assert!(group.go_timeout(|| Ok(()), SHORT).is_err());
    let back = group.go_deadline(|| Err(()), Instant::now() + SHORT);
    assert_eq!(back.unwrap_err()(), Err(()), "the function itself");
    assert_eq!(group.wait_timeout(SHORT), None);
    let text = "errgroup: modify limit while 1 goroutines in the group are still active";
    assert_eq!(panic_text(|| group.set_limit(2)), text);
    go_on.send(()).unwrap();
    assert!(group.go_timeout(|| Ok(()), LONG).is_ok());
    assert!(group.go_deadline(|| Ok(()), Instant::now() + LONG).is_ok());
    assert_eq!(group.wait(), Ok(()));
    group.set_limit(-1);
    group.set_limit(0usize);
    assert!(!group.try_go(|| Ok(())));
}

#[test]
fn a_panic_comes_out_of_wait() {
    let group: Group<String> = Group::new();
    group.set_limit(1);
    group.go(|| panic!("in the group"));
    let ran = Arc::new(AtomicUsize::new(0));
    group.go({
        let ran = ran.clone();
        move || {
            ran.fetch_add(1, SeqCst);
            Err("too late".into())
        }
    });
    until(|| ran.load(SeqCst) == 1);
    assert_eq!(panic_text(|| group.wait()), "in the group");
    assert_eq!(group.clone().wait(), Ok(()));
}
