//! What all Ms share, under one lock: the global run queue, the idle Ps, the idle Ms.
//!
//! The counters beside the lock are what the fast paths look at:
//! - `len`: goroutines in the queue;
//! - [`wakes`]: how many Ps are idle, how many Ms look for work, whether more should.

mod queue;
pub(crate) mod wakes;

pub(crate) use queue::List;

use crate::goroutine::G;
use crate::machine::M;
use crate::processor::P;
use crossbeam_utils::CachePadded;
use gompa_park::Lock;
use gompa_park::lock::Guard;
use std::ptr::NonNull;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use wakes::Wakes;

/// See the [module](self).
pub(crate) struct Global {
    inner: CachePadded<Lock<Inner>>,
    len: CachePadded<AtomicUsize>,
    pub(crate) wakes: Wakes,
}

/// Under the lock.
pub(crate) struct Inner {
    queue: List,
    idle_ps: Vec<NonNull<P>>,
    /// Stopped, last in, first out.
    idle_ms: Vec<NonNull<M>>,
}

// SAFETY: Ps, Ms and goroutines live as long as their runtime; the lists hand over the right to use
// them.
unsafe impl Send for Inner {}

impl Global {
    pub(crate) fn new() -> Self {
        Global {
            inner: CachePadded::new(Lock::new(Inner {
                queue: List::new(),
                idle_ps: Vec::new(),
                idle_ms: Vec::new(),
            })),
            len: CachePadded::new(AtomicUsize::new(0)),
            wakes: Wakes::new(),
        }
    }

    pub(crate) fn lock(&self) -> Guard<'_, Inner> {
        self.inner.lock()
    }

    /// Goroutines in the queue.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len.load(SeqCst)
    }

    /// Puts a runnable goroutine last.
    pub(crate) fn push(&self, g: NonNull<G>) {
        let mut inner = self.lock();
        inner.queue.push(g);
        self.len.store(inner.queue.len(), SeqCst);
    }

    /// Puts a list of runnable goroutines last.
    pub(crate) fn push_list(&self, list: List) {
        let mut inner = self.lock();
        inner.queue.append(list);
        self.len.store(inner.queue.len(), SeqCst);
    }

    /// Puts a list first, in its order: what a retired P leaves.
    pub(crate) fn push_list_front(&self, mut list: List) {
        let mut inner = self.lock();
        list.append(std::mem::replace(&mut inner.queue, List::new()));
        inner.queue = list;
        self.len.store(inner.queue.len(), SeqCst);
    }

    /// Takes one.
    pub(crate) fn pop(&self) -> Option<NonNull<G>> {
        if self.len() == 0 {
            return None;
        }
        let mut inner = self.lock();
        self.pop_locked(&mut inner)
    }

    pub(crate) fn pop_locked(&self, inner: &mut Inner) -> Option<NonNull<G>> {
        let g = inner.queue.pop();
        self.len.store(inner.queue.len(), SeqCst);
        g
    }

    /// Takes a fair share: the first is returned, the others go to the ring of `p`, which the
    /// caller holds.
    pub(crate) fn pop_batch(&self, p: &P, procs: usize) -> Option<NonNull<G>> {
        if self.len() == 0 {
            return None;
        }
        let mut inner = self.lock();
        self.pop_batch_locked(&mut inner, p, procs)
    }

    pub(crate) fn pop_batch_locked(
        &self,
        inner: &mut Inner,
        p: &P,
        procs: usize,
    ) -> Option<NonNull<G>> {
        const MOST: usize = 128;
        let len = inner.queue.len();
        let n = len
            .min(len / procs + 1)
            .min(MOST)
            .min(p.queue.room() as usize);
        let first = inner.queue.pop();
        for _ in 1..n {
            let Some(g) = inner.queue.pop() else { break };
            if p.queue.put(g).is_err() {
                unreachable!("there was room, and only the holder puts");
            }
        }
        self.len.store(inner.queue.len(), SeqCst);
        first
    }

    /// Takes an idle P.
    pub(crate) fn pop_idle_p(&self, inner: &mut Inner) -> Option<NonNull<P>> {
        let p = inner.idle_ps.pop()?;
        // SAFETY: Ps live as long as their runtime.
        unsafe { p.as_ref() }.idle.store(false, Relaxed);
        self.wakes.set_idle(inner.idle_ps.len());
        Some(p)
    }

    /// Lists a P as idle.
    pub(crate) fn push_idle_p(&self, inner: &mut Inner, p: NonNull<P>) {
        // SAFETY: as above.
        unsafe { p.as_ref() }.idle.store(true, Relaxed);
        inner.idle_ps.push(p);
        self.wakes.set_idle(inner.idle_ps.len());
    }

    /// Takes idle Ps that `gone` names off the list.
    pub(crate) fn drain_idle_ps(
        &self,
        inner: &mut Inner,
        gone: impl Fn(&P) -> bool,
    ) -> Vec<NonNull<P>> {
        // SAFETY: as above.
        let (out, keep) = inner
            .idle_ps
            .iter()
            .partition(|p| gone(unsafe { p.as_ref() }));
        inner.idle_ps = keep;
        self.wakes.set_idle(inner.idle_ps.len());
        out
    }
}

impl Inner {
    pub(crate) fn pop_idle_m(&mut self) -> Option<NonNull<M>> {
        self.idle_ms.pop()
    }

    pub(crate) fn push_idle_m(&mut self, m: NonNull<M>) {
        self.idle_ms.push(m);
    }

    pub(crate) fn idle_ms(&self) -> usize {
        self.idle_ms.len()
    }
}
