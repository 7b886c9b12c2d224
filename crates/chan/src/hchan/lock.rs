//! The lock of a channel: one atomic operation in, a plain store out.
//!
//! [`gompa_park::Lock`] gives its word back by a swap, because somebody may sleep on it. A swap
//! costs as much as all the rest of a channel operation, so here the holder only *looks* whether
//! somebody sleeps, then stores. A sleeper that announces itself between the look and the store
//! (one instruction) finds the word free when it enters the kernel, and does not sleep; only if the
//! holder is descheduled right there may it sleep in vain, and then its own short timeout ends that.
//!
//! The word: FREE, HELD, AWAITED (held, and somebody may sleep).

#[cfg(not(loom))]
mod imp {
    use gompa_park::futex;
    use gompa_park::sync::atomic::AtomicU32;
    use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
    use gompa_park::sync::spin_loop;

    const FREE: u32 = 0;
    const HELD: u32 = 1;
    const AWAITED: u32 = 2;

    /// How often a taken lock is looked at before sleeping.
    const LOOKS: u32 = 64;
    /// Pauses between two looks. Few and long beats many and short: each look takes the line away
    /// from the holder, who is about to be done.
    const PAUSES: u32 = 8;
    /// The longest sleep without another look, in nanoseconds: the net under the window above.
    const NET: u64 = 200_000;

    /// See the [module](self).
    #[derive(Debug)]
    pub(crate) struct ShortLock {
        /// FREE, HELD or AWAITED.
        word: AtomicU32,
    }

    impl ShortLock {
        pub(crate) const fn new() -> Self {
            ShortLock {
                word: AtomicU32::new(FREE),
            }
        }

        /// Takes the lock.
        #[inline(always)]
        pub(crate) fn lock(&self) {
            if !self.try_lock() {
                self.contended();
            }
        }

        #[inline(always)]
        fn try_lock(&self) -> bool {
            self.word
                .compare_exchange(FREE, HELD, Acquire, Relaxed)
                .is_ok()
        }

        #[cold]
        fn contended(&self) {
            for _ in 0..LOOKS {
                for _ in 0..PAUSES {
                    spin_loop();
                }
                if self.word.load(Relaxed) == FREE && self.try_lock() {
                    return;
                }
            }
            // AWAITED from here on, also when we get it: another may sleep still.
            while self.word.swap(AWAITED, Acquire) != FREE {
                futex::wait(&self.word, AWAITED, Some(NET));
            }
        }

        /// Gives the lock back.
        ///
        /// # Safety
        /// 1. The caller holds it.
        #[inline(always)]
        pub(crate) unsafe fn unlock(&self) {
            let word = std::ptr::from_ref(&self.word);
            let before = self.word.load(Relaxed);
            self.word.store(FREE, Release);
            if before == AWAITED {
                futex::wake(word, 1);
            }
        }
    }
}

#[cfg(loom)]
mod imp {
    use gompa_park::lock::RawLock;

    /// The model's lock.
    #[derive(Debug)]
    pub(crate) struct ShortLock {
        raw: RawLock,
    }

    impl ShortLock {
        pub(crate) fn new() -> Self {
            ShortLock {
                raw: RawLock::new(),
            }
        }

        pub(crate) fn lock(&self) {
            self.raw.lock();
        }

        pub(crate) unsafe fn unlock(&self) {
            // SAFETY: the caller holds it.
            unsafe { self.raw.unlock() }
        }
    }
}

pub(crate) use imp::ShortLock;
