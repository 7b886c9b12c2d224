//! One owner, some thieves: nothing lost, nothing twice. Under loom the same with a ring of four.

use super::RunQueue;
#[cfg(not(loom))]
use super::ring::CAPACITY;
use std::ptr::NonNull;

fn item(n: usize) -> NonNull<usize> {
    NonNull::new(std::ptr::without_provenance_mut(n * 8 + 8)).unwrap()
}

fn number(p: NonNull<usize>) -> usize {
    p.as_ptr().addr() / 8 - 1
}

#[cfg(not(loom))]
mod plain {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    #[test]
    fn first_in_first_out_and_runnext_first() {
        let q = RunQueue::new();
        for i in 0..5 {
            if let Some(old) = q.put_next(item(i)) {
                q.put(old).unwrap();
            }
        }
        // The order five goroutines started in a row run in, with one P.
        let order: Vec<_> = std::iter::from_fn(|| q.take())
            .map(|(p, n)| (number(p), n))
            .collect();
        assert_eq!(
            order,
            [(4, true), (0, false), (1, false), (2, false), (3, false)]
        );
        assert!(q.is_empty());
    }

    #[test]
    fn a_full_ring_gives_half_and_the_newcomer() {
        let q = RunQueue::new();
        for i in 0..CAPACITY as usize {
            q.put(item(i)).unwrap();
        }
        assert_eq!(q.room(), 0);
        let out = q.put(item(999)).unwrap_err();
        let given: Vec<_> = out.0[..out.1]
            .iter()
            .map(|p| number(NonNull::new(*p).unwrap()))
            .collect();
        let mut want: Vec<_> = (0..128).collect();
        want.push(999);
        assert_eq!(given, want);
        assert_eq!(q.len(), 128);
    }

    #[test]
    fn a_thief_takes_half_rounded_up() {
        let (q, mine) = (RunQueue::new(), RunQueue::new());
        for i in 0..7 {
            q.put(item(i)).unwrap();
        }
        assert_eq!(
            q.steal_into(&mine).map(number),
            Some(3),
            "the last grabbed runs at once"
        );
        assert_eq!((mine.len(), q.len()), (3, 3));
        assert_eq!(mine.take().map(|(p, _)| number(p)), Some(0));
    }

    #[test]
    fn all_of_the_ring_in_its_order() {
        let q = RunQueue::new();
        for i in 0..CAPACITY as usize {
            q.put(item(i)).unwrap();
            q.take_from_ring();
        }
        for i in 0..5 {
            q.put(item(i)).unwrap();
        }
        assert_eq!(q.put_next(item(9)), None);
        let mut all = vec![];
        q.take_all_from_ring(|p| all.push(number(p)));
        assert_eq!(all, [0, 1, 2, 3, 4]);
        assert_eq!(q.take().map(|(p, _)| number(p)), Some(9));
        q.take_all_from_ring(|_| unreachable!("nothing is left"));
    }

    #[test]
    fn owner_against_thieves() {
        const N: usize = 200_000;
        let q = Arc::new(RunQueue::new());
        let done = Arc::new(AtomicBool::new(false));
        let thieves: Vec<_> = (0..2)
            .map(|_| {
                let (q, done) = (q.clone(), done.clone());
                std::thread::spawn(move || {
                    let mine = RunQueue::new();
                    let mut seen = vec![];
                    loop {
                        let stop = done.load(SeqCst);
                        while let Some(p) = q.steal_into(&mine) {
                            seen.push(number(p));
                            seen.extend(std::iter::from_fn(|| mine.take()).map(|(p, _)| number(p)));
                        }
                        if stop && q.is_empty() {
                            return seen;
                        }
                    }
                })
            })
            .collect();
        let mut seen = vec![];
        for i in 0..N {
            let kicked = if i % 3 == 0 {
                q.put_next(item(i))
            } else {
                Some(item(i))
            };
            if let Some(kicked) = kicked
                && let Err(out) = q.put(kicked)
            {
                seen.extend(
                    out.0[..out.1]
                        .iter()
                        .map(|p| number(NonNull::new(*p).unwrap())),
                );
            }
            if i % 4 == 0 {
                seen.extend(q.take().map(|(p, _)| number(p)));
            }
            if i % 100 == 0 {
                q.take_all_from_ring(|p| seen.push(number(p)));
            }
        }
        seen.extend(std::iter::from_fn(|| q.take()).map(|(p, _)| number(p)));
        done.store(true, SeqCst);
        for t in thieves {
            seen.extend(t.join().unwrap());
        }
        seen.sort_unstable();
        assert!(
            seen.iter().copied().eq(0..N),
            "each exactly once: {} of {N}",
            seen.len()
        );
    }
}

#[cfg(loom)]
mod model {
    use super::*;
    use gompa_park::sync::{Arc, thread};

    /// Steals once, and gives what it got.
    fn thief(q: &Arc<RunQueue<usize>>) -> thread::JoinHandle<Vec<usize>> {
        let q = q.clone();
        thread::spawn(move || {
            let mine = RunQueue::new();
            let mut seen: Vec<usize> = q.steal_into(&mine).map(number).into_iter().collect();
            seen.extend(std::iter::from_fn(|| mine.take()).map(|(p, _)| number(p)));
            seen
        })
    }

    /// The owner takes all at once while a thief steals.
    #[test]
    fn all_at_once_against_a_thief() {
        loom::model(|| {
            let q = Arc::new(RunQueue::new());
            for i in 0..3 {
                q.put(item(i)).unwrap();
            }
            let thief = thief(&q);
            let mut seen = vec![];
            q.take_all_from_ring(|p| seen.push(number(p)));
            // The slots are free again, and are filled again.
            for i in 3..6 {
                q.put(item(i)).unwrap();
            }
            seen.extend(thief.join().unwrap());
            q.take_all_from_ring(|p| seen.push(number(p)));
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
        });
    }

    /// The owner fills, overflows and takes while a thief steals from the ring.
    #[test]
    fn owner_against_thief() {
        loom::model(|| {
            let q = Arc::new(RunQueue::new());
            let mut seen = vec![];
            for i in 0..3 {
                q.put(item(i)).unwrap();
            }
            let thief = thief(&q);
            for i in 3..6 {
                let kicked = if i == 3 {
                    q.put_next(item(i))
                } else {
                    Some(item(i))
                };
                if let Some(kicked) = kicked
                    && let Err(out) = q.put(kicked)
                {
                    seen.extend(
                        out.0[..out.1]
                            .iter()
                            .map(|p| number(NonNull::new(*p).unwrap())),
                    );
                }
            }
            seen.extend(q.take().map(|(p, _)| number(p)));
            seen.extend(thief.join().unwrap());
            seen.extend(std::iter::from_fn(|| q.take()).map(|(p, _)| number(p)));
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
        });
    }
}
