//! Wait groups: nobody waits for ever, nobody returns early.

use crate::{A_WHILE, Checked, model};
use gompa_sync::WaitGroup;
use loom::sync::Arc;
use loom::thread;

#[test]
fn two_are_waited_for_by_two() {
    model(2, || {
        let (group, sum) = (WaitGroup::new(), Arc::new([Checked::new(), Checked::new()]));
        group.add(2);
        for i in 0..2 {
            let (group, sum) = (group.clone(), sum.clone());
            thread::spawn(move || {
                sum[i].add(1);
                group.done();
            });
        }
        let other = {
            let (group, sum) = (group.clone(), sum.clone());
            thread::spawn(move || {
                group.wait();
                assert_eq!(sum[0].get() + sum[1].get(), 2);
            })
        };
        group.wait();
        assert_eq!(sum[0].get() + sum[1].get(), 2);
        other.join().unwrap();
    });
}

#[test]
fn used_again_after_the_wait() {
    model(3, || {
        let (group, sum) = (WaitGroup::new(), Arc::new(Checked::new()));
        for n in 1..=2 {
            let (group, sum) = (group.clone(), sum.clone());
            group.add(1);
            {
                let group = group.clone();
                let sum = sum.clone();
                thread::spawn(move || {
                    sum.add(1);
                    group.done();
                });
            }
            group.wait();
            assert_eq!(sum.get(), n);
        }
    });
}

/// A waiter that gives up does not take the next use's wake-up, nor wake it too early.
#[test]
fn a_waiter_gives_up() {
    model(2, || {
        let (group, sum) = (WaitGroup::new(), Arc::new(Checked::new()));
        group.add(1);
        let worker = {
            let (group, sum) = (group.clone(), sum.clone());
            thread::spawn(move || {
                sum.add(1);
                group.done();
            })
        };
        let timed = {
            let (group, sum) = (group.clone(), sum.clone());
            thread::spawn(move || {
                if group.wait_timeout(A_WHILE) {
                    assert_eq!(sum.get(), 1);
                }
            })
        };
        timed.join().unwrap();
        group.wait();
        assert_eq!(sum.get(), 1);
        worker.join().unwrap();
    });
}
