//! Who may touch what: the main lock, the two lanes, and the gate between them.
//!
//! Everything of a channel belongs to its **main lock**: its queues and its ring. That alone would
//! do. But while a buffered channel just flows, with nobody waiting, a sender needs the ring's send
//! end only and a receiver its receive end, and two cores that fight over one lock are half as
//! fast as two that do not. Hence each end has a lock of its own, its **lane**, and the
//! **gate** word says whether lanes may be used:
//!
//! - *open* (no flag set): whoever holds a lane and then sees the gate open has that end of the
//!   ring to itself.
//! - *shut* (any flag set): whoever holds the main lock has everything to itself; a lane says
//!   nothing.
//!
//! The rules that make this exclusive:
//! 1. The gate is written only by a holder of the main lock.
//! 2. It goes from open to shut only while that holder has both lanes as well. So nobody is inside
//!    a lane when it shuts, and whoever enters one later sees it shut, and leaves.
//! 3. Whoever holds the main lock and finds the gate open takes both lanes before it touches the
//!    ring. (Main lock, send lane, receive lane: always in this order. Those in a lane wait for
//!    nothing.)
//! 4. It goes from shut to open by a release store, after everything it uncovers.
//!
//! Every operation is thus one lock, lane or main, except the few that meet the gate open and need
//! everything. It opens only after a run of [`CALM`] operations that met nobody waiting, so that
//! channels on which every operation waits stay with one lock; at once if it has been worth it the
//! last time.

use super::Core;
use super::lock::ShortLock;
use super::waiter::{Queue, Waiter};
use gompa_park::sync::Cell;
use gompa_park::sync::atomic::AtomicU64;
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The channel is closed.
pub(crate) const CLOSED: u64 = 1;
/// Receivers wait.
pub(crate) const RECV_WAIT: u64 = 1 << 1;
/// Senders wait.
pub(crate) const SEND_WAIT: u64 = 1 << 2;
/// Free slots are promised to senders that are making their values.
pub(crate) const PROMISED: u64 = 1 << 3;
/// Not calm yet.
pub(crate) const BUSY: u64 = 1 << 4;
/// Never opens: unbuffered.
pub(crate) const UNBUFFERED: u64 = 1 << 5;
/// Never opens: a timer's channel.
pub(crate) const TIMER: u64 = 1 << 6;
/// All flags. The bits above count the changes of the word, so that two equal reads mean that it
/// has not changed in between.
pub(crate) const FLAGS: u64 = 0xff;
const CHANGE: u64 = 0x100;

/// So many operations in a row that neither meet nor become a waiter open the gate.
#[cfg(not(loom))]
pub(crate) const CALM: u16 = 16;
#[cfg(loom)]
pub(crate) const CALM: u16 = 1;

/// The main lock and what it guards besides the ring; on a line of its own.
#[repr(align(64))]
pub(crate) struct Gate {
    main: ShortLock,
    /// The gate word. Written under the main lock; read by all.
    word: AtomicU64,
    /// The flags as they will be when the main lock is left. Main lock, as all that follows.
    flags: Cell<u32>,
    /// [`Ring::passed`](super::ring::Ring::passed) when the gate was last opened.
    opened: Cell<u32>,
    /// Operations since somebody waited, up to [`CALM`].
    calm: Cell<u16>,
    /// Whether the holder of the main lock has the lanes as well.
    lanes: Cell<bool>,
    /// Free slots of the ring that are promised to senders: see `promise`.
    pub(super) promised: Cell<u32>,
    /// Waiting receivers, waiting senders.
    pub(super) recvq: Queue,
    pub(super) sendq: Queue,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Gate>() == 64, "one line");

impl Gate {
    /// Flags that never go: [`UNBUFFERED`], [`TIMER`].
    pub(crate) fn new(lasting: u64) -> Gate {
        Gate {
            main: ShortLock::new(),
            word: AtomicU64::new(lasting | BUSY),
            flags: Cell::new((lasting | BUSY) as u32),
            opened: Cell::new(0),
            calm: Cell::new(0),
            lanes: Cell::new(false),
            promised: Cell::new(0),
            recvq: Queue::new(),
            sendq: Queue::new(),
        }
    }

    /// The gate word.
    #[inline(always)]
    pub(crate) fn word(&self) -> u64 {
        self.word.load(Acquire)
    }

    /// Whether lanes may be used, for those who hold one; a hint for others.
    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        self.word.load(Acquire) & FLAGS == 0
    }
}

impl Core {
    /// Takes everything: the main lock and, if the gate is open, the lanes.
    #[inline(always)]
    pub(crate) fn enter(&self) -> Held<'_> {
        self.enter_raw();
        Held { core: self }
    }

    /// [`enter`](Self::enter) without a guard, for those who hold many channels at once.
    #[inline(always)]
    pub(crate) fn enter_raw(&self) {
        let gate = &self.gate;
        gate.main.lock();
        if gate.word.load(Relaxed) & FLAGS == 0 {
            self.ring.send.lock.lock();
            self.ring.recv.lock.lock();
            gate.lanes.set(true);
        }
    }

    /// Gives everything back.
    ///
    /// # Safety
    /// 1. The caller has [entered](Self::enter_raw) and not left since.
    #[inline(always)]
    pub(crate) unsafe fn leave_raw(&self) {
        let gate = &self.gate;
        let word = gate.word.load(Relaxed);
        let flags = u64::from(gate.flags.get());
        if word & FLAGS != flags {
            let changes = (word & !FLAGS).wrapping_add(CHANGE);
            gate.word.store(changes | flags, Release);
        }
        if gate.lanes.replace(false) {
            // SAFETY: taken by `enter_raw` (duty 1), which has noted it.
            unsafe {
                self.ring.recv.lock.unlock();
                self.ring.send.lock.unlock();
            }
        }
        // SAFETY: taken by `enter_raw` (duty 1).
        unsafe { gate.main.unlock() }
    }

    /// Runs `f` in the send lane, if the gate is open.
    #[inline(always)]
    pub(crate) fn in_send_lane(&self, f: impl FnOnce() -> bool) -> bool {
        in_lane(&self.gate, &self.ring.send.lock, f)
    }

    /// Runs `f` in the receive lane, if the gate is open.
    #[inline(always)]
    pub(crate) fn in_recv_lane(&self, f: impl FnOnce() -> bool) -> bool {
        in_lane(&self.gate, &self.ring.recv.lock, f)
    }
}

#[inline(always)]
fn in_lane(gate: &Gate, lane: &ShortLock, f: impl FnOnce() -> bool) -> bool {
    if !gate.is_open() {
        return false;
    }
    lane.lock();
    let done = gate.is_open() && f();
    // SAFETY: taken above. (`f` moves bytes; it does not unwind.)
    unsafe { lane.unlock() };
    done
}

/// Everything of a channel, held. The algorithms are in `send`, `recv`, `promise` and `close`.
pub(crate) struct Held<'a> {
    pub(crate) core: &'a Core,
}

impl Drop for Held<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: a `Held` is made by entering and leaves once.
        unsafe { self.core.leave_raw() }
    }
}

impl Held<'_> {
    /// The guard for a channel that is already held; it does not leave.
    ///
    /// # Safety
    /// 1. The caller has entered `core` and does not leave it before the guard is gone.
    pub(crate) unsafe fn borrow(core: &Core) -> std::mem::ManuallyDrop<Held<'_>> {
        std::mem::ManuallyDrop::new(Held { core })
    }

    /// Whether any of `flags` is set.
    #[inline(always)]
    pub(crate) fn has(&self, flags: u64) -> bool {
        self.core.gate.flags.get() & flags as u32 != 0
    }

    /// Sets (or clears) `flag`.
    #[inline(always)]
    pub(super) fn set(&self, flag: u64, on: bool) {
        let flags = self.core.gate.flags.get();
        let flag = flag as u32;
        let flags = if on { flags | flag } else { flags & !flag };
        self.core.gate.flags.set(flags);
    }

    /// An operation ended that neither met nor became a waiter.
    #[inline(always)]
    pub(super) fn calm(&self) {
        let gate = &self.core.gate;
        if !self.has(BUSY) {
            return;
        }
        let calm = gate.calm.get() + 1;
        gate.calm.set(calm);
        if calm >= CALM {
            self.set(BUSY, false);
            gate.opened.set(self.core.ring.passed());
        }
    }

    /// Somebody is going to wait: the gate shuts, if it is open.
    #[inline(always)]
    fn busy(&self) {
        let gate = &self.core.gate;
        if self.has(BUSY) {
            gate.calm.set(0);
            return;
        }
        let flowed = self.core.ring.passed().wrapping_sub(gate.opened.get());
        gate.calm.set(if flowed >= 4 * u32::from(CALM) {
            CALM - 1
        } else {
            0
        });
        self.set(BUSY, true);
    }

    /// Queues a waiting receiver.
    ///
    /// # Safety
    /// 1. As duty 2 of [`Queue::push`].
    pub(crate) unsafe fn queue_receiver(&mut self, waiter: &Waiter) {
        // SAFETY: 1. held. 2. duty 1.
        unsafe { self.core.gate.recvq.push(waiter) };
        self.set(RECV_WAIT, true);
        self.busy();
    }

    /// Queues a waiting sender.
    ///
    /// # Safety
    /// 1. As duty 2 of [`Queue::push`].
    pub(crate) unsafe fn queue_sender(&mut self, waiter: &Waiter) {
        // SAFETY: 1. held. 2. duty 1.
        unsafe { self.core.gate.sendq.push(waiter) };
        self.set(SEND_WAIT, true);
        self.busy();
    }

    /// Takes a receiver that waits no longer out of the queue; false if it has been claimed, or
    /// taken out as a lost case.
    ///
    /// # Safety
    /// 1. It was queued here as a receiver, or nowhere.
    pub(crate) unsafe fn withdraw_receiver(&mut self, waiter: &Waiter) -> bool {
        // SAFETY: 1. held. 2. duty 1.
        let was = unsafe { self.core.gate.recvq.remove(waiter) };
        self.set(RECV_WAIT, !self.core.gate.recvq.is_empty());
        was
    }

    /// Takes a sender that waits no longer out of the queue; as above.
    ///
    /// # Safety
    /// 1. It was queued here as a sender, or nowhere.
    pub(crate) unsafe fn withdraw_sender(&mut self, waiter: &Waiter) -> bool {
        // SAFETY: 1. held. 2. duty 1.
        let was = unsafe { self.core.gate.sendq.remove(waiter) };
        self.set(SEND_WAIT, !self.core.gate.sendq.is_empty());
        was
    }

    /// Claims the first waiting receiver.
    #[inline(always)]
    pub(super) fn pop_receiver(&mut self) -> Option<&Waiter> {
        if !self.has(RECV_WAIT) {
            return None;
        }
        // SAFETY: 1. held. 2. every caller concludes it.
        let waiter = unsafe { self.core.gate.recvq.pop() };
        self.set(RECV_WAIT, !self.core.gate.recvq.is_empty());
        // SAFETY: a claimed node lives until it is unparked, which is after this guard is gone.
        waiter.map(|w| unsafe { w.as_ref() })
    }

    /// Claims the first waiting sender.
    #[inline(always)]
    pub(super) fn pop_sender(&mut self) -> Option<&Waiter> {
        if !self.has(SEND_WAIT) {
            return None;
        }
        // SAFETY: 1. held. 2. every caller concludes it.
        let waiter = unsafe { self.core.gate.sendq.pop() };
        self.set(SEND_WAIT, !self.core.gate.sendq.is_empty());
        // SAFETY: as in `pop_receiver`.
        waiter.map(|w| unsafe { w.as_ref() })
    }
}
