//! Why somebody waits, in the words of Go's goroutine dumps.

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why a goroutine waits. [`text`](WaitReason::text) gives Go's word for it, as it stands in
        /// the brackets of a goroutine dump.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum WaitReason {
            $($(#[$doc])* $name,)*
        }

        impl WaitReason {
            const ALL: &'static [WaitReason] = &[$(WaitReason::$name,)*];

            /// Go's word.
            pub const fn text(self) -> &'static str {
                match self { $(WaitReason::$name => $text,)* }
            }
        }
    };
}

reasons! {
    /// No reason given.
    #[default]
    None = "",
    /// A socket is not ready.
    IoWait = "IO wait",
    /// A semaphore; also what has no name of its own.
    Semacquire = "semacquire",
    /// `sleep`.
    Sleep = "sleep",
    /// Receiving on a nil channel: for ever.
    ChanReceiveNil = "chan receive (nil chan)",
    /// Sending on a nil channel: for ever.
    ChanSendNil = "chan send (nil chan)",
    /// A select without cases: for ever.
    SelectNoCases = "select (no cases)",
    /// A select.
    Select = "select",
    /// Receiving.
    ChanReceive = "chan receive",
    /// Sending.
    ChanSend = "chan send",
    /// A condition variable.
    CondWait = "sync.Cond.Wait",
    /// A mutex.
    MutexLock = "sync.Mutex.Lock",
    /// Reading under a reader-writer lock.
    RwMutexRLock = "sync.RWMutex.RLock",
    /// Writing under a reader-writer lock.
    RwMutexLock = "sync.RWMutex.Lock",
    /// A wait group.
    WaitGroupWait = "sync.WaitGroup.Wait",
    /// Joining another goroutine, or a scope that waits for its goroutines. (Not one of Go's.)
    Join = "join",
    /// A future that is not ready. (Not one of Go's.)
    Future = "future",
    /// Waiting for its own thread (`lock_os_thread`).
    Preempted = "preempted",
    /// The collector's assist.
    GcAssistWait = "GC assist wait",
    /// The collector's sweep.
    GcSweepWait = "GC sweep wait",
    /// A collector's worker without work.
    GcWorkerIdle = "GC worker (idle)",
    /// The goroutine that runs finalizers, without work.
    FinalizerWait = "finalizer wait",
    /// The goroutine that runs cleanups, without work.
    CleanupWait = "cleanup wait",
}

impl WaitReason {
    /// The inverse of `self as u8`; numbers that are no reason give [`WaitReason::None`].
    pub fn from_u8(n: u8) -> WaitReason {
        WaitReason::ALL.get(n as usize).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for WaitReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}
