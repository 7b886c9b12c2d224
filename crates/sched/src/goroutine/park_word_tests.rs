//! The park word: whoever takes a goroutine out of its wait is one, and nothing that should end a
//! wait is lost.

use super::park_word::{ParkWord, Resumed};

#[cfg(not(loom))]
mod plain {
    use super::*;

    #[test]
    fn woken_while_parked() {
        let word = ParkWord::new();
        assert!(word.commit());
        assert!(word.notify(), "the waker queues it");
        assert_eq!(word.resumed(), Resumed::Unparked);
        assert_eq!(word.number(), 1);
    }

    #[test]
    fn woken_before_it_parks() {
        let word = ParkWord::new();
        assert!(!word.notify());
        assert!(!word.commit(), "the commit queues it");
        assert_eq!(word.resumed(), Resumed::Unparked);
        // Or without parking at all.
        assert!(!word.take_notification());
        assert!(!word.notify());
        assert!(word.take_notification());
        assert!(!word.take_notification());
        assert_eq!(word.number(), 2);
    }

    #[test]
    fn its_deadline_passes() {
        let word = ParkWord::new();
        assert!(word.commit());
        assert!(word.time_out(0));
        assert!(!word.time_out(0), "once");
        assert_eq!(word.resumed(), Resumed::TimedOut);
        assert!(!word.time_out(0), "that wait is over");
        // Before it parks.
        assert!(!word.time_out(1));
        assert!(!word.commit());
        assert_eq!(word.resumed(), Resumed::TimedOut);
    }

    #[test]
    fn a_claim_that_comes_after_the_deadline_is_kept() {
        let word = ParkWord::new();
        assert!(word.commit());
        assert!(word.time_out(0));
        assert!(!word.notify(), "it is queued already");
        assert_eq!(word.resumed(), Resumed::Unparked);
        assert!(word.commit());
        assert!(word.time_out(1));
        assert_eq!(word.resumed(), Resumed::TimedOut);
        assert!(!word.notify());
        assert!(word.take_notification());
    }

    #[test]
    fn an_old_timer_takes_nothing() {
        let word = ParkWord::new();
        for n in 0..3 {
            assert!(word.commit());
            assert!(word.notify());
            assert_eq!(word.resumed(), Resumed::Unparked);
            assert!(!word.time_out(n));
        }
        assert!(word.commit());
        assert!(!word.time_out(2));
        assert!(word.time_out(3));
    }

    #[test]
    fn held_and_back() {
        let word = ParkWord::new();
        assert!(!word.hold(), "it does not wait");
        assert!(word.commit());
        assert!(word.hold());
        assert!(!word.hold(), "once");
        assert_eq!(word.resumed(), Resumed::Held);
        assert!(word.commit(), "the same wait");
        assert_eq!(word.number(), 0);
        assert!(word.notify());
        assert_eq!(word.resumed(), Resumed::Unparked);
    }

    #[test]
    fn its_deadline_passes_while_it_is_held() {
        let word = ParkWord::new();
        assert!(word.commit() && word.hold());
        assert!(!word.time_out(0), "who held it queues it");
        assert_eq!(word.resumed(), Resumed::Held);
        assert!(!word.commit());
        assert_eq!(word.resumed(), Resumed::TimedOut);
        assert_eq!(word.number(), 1);
        // Between the resumption and the commit.
        assert!(word.commit() && word.hold());
        assert_eq!(word.resumed(), Resumed::Held);
        assert!(!word.time_out(1));
        assert!(!word.commit());
        assert_eq!(word.resumed(), Resumed::TimedOut);
    }

    #[test]
    fn held_then_given_up() {
        for late in [false, true] {
            let word = ParkWord::new();
            assert!(word.commit() && word.hold());
            if late {
                assert!(!word.time_out(0));
            }
            assert_eq!(word.resumed(), Resumed::Held);
            if !late {
                assert!(!word.time_out(0));
            }
            word.give_up();
            // Nothing of it is left for the next wait.
            assert!(word.commit());
            assert!(!word.time_out(0));
            assert!(word.notify());
            assert_eq!(word.resumed(), Resumed::Unparked);
        }
    }

    #[test]
    fn woken_while_it_is_held() {
        let word = ParkWord::new();
        assert!(word.commit() && word.hold());
        assert!(!word.notify());
        assert_eq!(word.resumed(), Resumed::Unparked);
        assert!(word.commit() && word.hold());
        assert_eq!(word.resumed(), Resumed::Held);
        assert!(!word.notify());
        word.give_up();
        assert!(word.take_notification(), "kept for who cannot withdraw");
    }

    #[test]
    fn put_back_as_if_nothing_had_been() {
        let word = ParkWord::new();
        assert!(word.commit() && word.hold());
        assert!(word.release());
        assert!(!word.release(), "nobody holds it");
        assert_eq!(word.number(), 0);
        assert!(word.hold() && word.release());
        assert!(word.time_out(0));
        assert_eq!(word.resumed(), Resumed::TimedOut);
    }

    #[test]
    fn not_put_back_into_a_wait_that_is_over() {
        let word = ParkWord::new();
        assert!(word.commit() && word.hold());
        assert!(!word.notify(), "who held it queues it");
        assert!(!word.release());
        assert_eq!(word.resumed(), Resumed::Unparked);
        assert!(word.commit() && word.hold());
        assert!(!word.time_out(1), "who held it queues it");
        assert!(!word.release());
        assert_eq!(word.resumed(), Resumed::Held);
        assert!(!word.commit());
        assert_eq!(word.resumed(), Resumed::TimedOut);
    }

    #[test]
    fn numbers_wrap() {
        let word = ParkWord::new();
        for _ in 0..3 {
            assert!(word.commit());
            assert!(word.time_out(word.number()));
            assert_eq!(word.resumed(), Resumed::TimedOut);
        }
    }
}

#[cfg(loom)]
mod model {
    use super::*;
    use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire};
    use gompa_park::sync::atomic::{AtomicBool, AtomicUsize};
    use gompa_park::sync::thread;
    use loom::sync::Notify;
    use std::sync::Arc;

    /// A goroutine, as far as parking goes.
    struct Goroutine {
        word: ParkWord,
        /// How often it was put into a queue.
        queued: AtomicUsize,
        /// Somebody runs what is queued.
        runs: Notify,
        /// Its `Unparker` has been taken: by its waker, or withdrawn by itself.
        claimed: AtomicBool,
    }

    /// How a wait ended.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum End {
        Unparked,
        Withdrawn,
    }

    impl Goroutine {
        fn new() -> Arc<Goroutine> {
            Arc::new(Goroutine {
                word: ParkWord::new(),
                queued: AtomicUsize::new(0),
                runs: Notify::new(),
                claimed: AtomicBool::new(false),
            })
        }

        /// Whoever has taken it queues it.
        fn queue(&self) {
            self.queued.fetch_add(1, AcqRel);
            self.runs.notify();
        }

        /// Parked until queued, once.
        fn suspend(&self) {
            let before = self.queued.load(Acquire);
            if !self.word.commit() {
                self.queue();
            }
            // A model in which nobody queues it ends here, as a deadlock.
            while self.queued.load(Acquire) == before {
                self.runs.wait();
            }
            assert_eq!(self.queued.load(Acquire), before + 1, "queued twice");
        }

        /// As `park` in `host.rs`. With `closing` its runtime ends: being held ends the wait.
        fn park(&self, closing: bool) -> Resumed {
            if self.word.take_notification() {
                return Resumed::Unparked;
            }
            loop {
                self.suspend();
                match self.word.resumed() {
                    Resumed::Held if closing => {
                        self.word.give_up();
                        return Resumed::Held;
                    }
                    Resumed::Held => {}
                    end => return end,
                }
            }
        }

        /// A whole wait, as the protocol of `Parker` wants it.
        fn wait(&self, closing: bool) -> End {
            if self.park(closing) == Resumed::Unparked {
                return End::Unparked;
            }
            if !self.claimed.swap(true, AcqRel) {
                return End::Withdrawn;
            }
            // Its waker is on its way. It is asked no more, and its timer's entry is stale.
            while self.park(false) != Resumed::Unparked {}
            End::Unparked
        }

        fn waker(self: &Arc<Self>) -> thread::JoinHandle<bool> {
            let g = self.clone();
            thread::spawn(move || {
                let claims = !g.claimed.swap(true, AcqRel);
                if claims && g.word.notify() {
                    g.queue();
                }
                claims
            })
        }

        fn timer(self: &Arc<Self>) -> thread::JoinHandle<()> {
            let g = self.clone();
            thread::spawn(move || {
                if g.word.time_out(0) {
                    g.queue();
                }
            })
        }

        /// Somebody who looks at its stack, and puts it back.
        fn looker(self: &Arc<Self>) -> thread::JoinHandle<()> {
            let g = self.clone();
            thread::spawn(move || {
                if g.word.hold() && !g.word.release() {
                    g.queue();
                }
            })
        }

        /// Somebody who wants the end of the runtime.
        fn holder(self: &Arc<Self>) -> thread::JoinHandle<bool> {
            let g = self.clone();
            thread::spawn(move || {
                let held = g.word.hold();
                if held {
                    g.queue();
                }
                held
            })
        }

        /// Another wait works as if nothing had been.
        fn waits_again(&self) {
            assert!(
                !self.word.take_notification(),
                "a notification was left over"
            );
            assert!(self.word.commit(), "it was left timed out");
            assert!(!self.word.time_out(0), "an old timer took it");
            assert!(self.word.notify());
            assert_eq!(self.word.resumed(), Resumed::Unparked);
        }
    }

    /// Checks `f` with at most three preemptions.
    fn check(f: impl Fn() + Sync + Send + 'static) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound.get_or_insert(3);
        model.check(f);
    }

    #[test]
    fn commit_against_unpark() {
        check(|| {
            let g = Goroutine::new();
            let waker = g.waker();
            assert_eq!(g.wait(false), End::Unparked);
            assert!(waker.join().unwrap());
            g.waits_again();
        });
    }

    #[test]
    fn commit_against_unpark_and_timer() {
        check(|| {
            let g = Goroutine::new();
            let (waker, timer) = (g.waker(), g.timer());
            let end = g.wait(false);
            let claims = waker.join().unwrap();
            assert_eq!(
                claims,
                end == End::Unparked,
                "it happens wholly or not at all"
            );
            timer.join().unwrap();
            g.waits_again();
        });
    }

    #[test]
    fn a_deadline_is_not_lost_to_a_dump() {
        check(|| {
            let g = Goroutine::new();
            let (timer, looker) = (g.timer(), g.looker());
            assert_eq!(g.wait(false), End::Withdrawn);
            timer.join().unwrap();
            looker.join().unwrap();
            g.waits_again();
        });
    }

    #[test]
    fn an_unpark_is_not_lost_to_a_dump() {
        check(|| {
            let g = Goroutine::new();
            let (waker, looker) = (g.waker(), g.looker());
            assert_eq!(g.wait(false), End::Unparked);
            waker.join().unwrap();
            looker.join().unwrap();
            g.waits_again();
        });
    }

    #[test]
    fn unpark_timer_and_dump() {
        check(|| {
            let g = Goroutine::new();
            let (waker, timer, looker) = (g.waker(), g.timer(), g.looker());
            let end = g.wait(false);
            assert_eq!(waker.join().unwrap(), end == End::Unparked);
            timer.join().unwrap();
            looker.join().unwrap();
            g.waits_again();
        });
    }

    #[test]
    fn unpark_timer_and_the_end_of_the_runtime() {
        check(|| {
            let g = Goroutine::new();
            let (waker, timer, holder) = (g.waker(), g.timer(), g.holder());
            let end = g.wait(true);
            assert_eq!(waker.join().unwrap(), end == End::Unparked);
            timer.join().unwrap();
            holder.join().unwrap();
            g.waits_again();
        });
    }

    #[test]
    fn a_dump_and_the_end_of_the_runtime() {
        check(|| {
            let g = Goroutine::new();
            let (waker, looker) = (g.waker(), g.looker());
            // It is asked again and again, until it is found.
            let ender = {
                let g = g.clone();
                thread::spawn(move || {
                    if g.word.hold() {
                        g.queue();
                    }
                })
            };
            let end = g.wait(true);
            assert_eq!(waker.join().unwrap(), end == End::Unparked);
            looker.join().unwrap();
            ender.join().unwrap();
            g.waits_again();
        });
    }

    #[test]
    fn of_two_holders_one_has_it() {
        check(|| {
            let g = Goroutine::new();
            assert!(g.word.commit());
            let other = g.holder();
            let mine = g.word.hold();
            assert!(mine != other.join().unwrap());
        });
    }

    /// Where nobody knows of the wait before the commit: no read-modify-write.
    #[test]
    fn an_unseen_commit_is_seen_by_its_waker() {
        check(|| {
            let g = Goroutine::new();
            let known = Arc::new(AtomicBool::new(false));
            let waker = {
                let (g, known) = (g.clone(), known.clone());
                thread::spawn(move || {
                    if known.load(Acquire) {
                        assert!(g.word.notify(), "it was parked");
                        g.queue();
                        true
                    } else {
                        false
                    }
                })
            };
            g.word.commit_unseen();
            known.store(true, gompa_park::sync::atomic::Ordering::Release);
            if waker.join().unwrap() {
                assert_eq!(g.word.resumed(), Resumed::Unparked);
            }
        });
    }
}
