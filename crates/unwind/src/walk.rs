//! The walk.

use crate::modules::{self, Bytes, Loads};
use framehop::x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64};
use framehop::{MustNotAllocateDuringUnwind, Unwinder as _};
use std::arch::asm;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

/// Frames a walk gives at the most.
pub const MOST_FRAMES: usize = 128;

/// Walks that can go on at the same time without making memory for it.
const CACHES: usize = 8;

type Cache = CacheX86_64<MustNotAllocateDuringUnwind>;

/// What a walk begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// Where the code goes on.
    pub ip: usize,
    /// Its stack pointer.
    pub sp: usize,
    /// Its frame pointer: whatever `rbp` holds.
    pub bp: usize,
}

impl Registers {
    /// Those of the code that calls this.
    #[inline(always)]
    pub fn here() -> Registers {
        let (ip, sp, bp);
        // SAFETY: copies registers.
        unsafe {
            asm!(
                "lea {}, [rip]", "mov {}, rsp", "mov {}, rbp",
                out(reg) ip, out(reg) sp, out(reg) bp,
                options(nomem, nostack, preserves_flags)
            );
        }
        Registers { ip, sp, bp }
    }

    /// Those that a signal found; `context` is the handler's third argument.
    ///
    /// # Safety
    /// `context` is one.
    pub unsafe fn of_signal(context: *const libc::ucontext_t) -> Registers {
        // SAFETY: the caller's duty.
        let registers = unsafe { &(*context).uc_mcontext.gregs };
        let get = |r: libc::c_int| registers[r as usize] as usize;
        Registers {
            ip: get(libc::REG_RIP),
            sp: get(libc::REG_RSP),
            bp: get(libc::REG_RBP),
        }
    }
}

/// The memory a walk may read.
#[derive(Clone, Debug)]
pub struct Memory(Range<usize>);

impl Memory {
    /// The words of a stack.
    ///
    /// # Safety
    /// While it is used the range is mapped and readable, and nobody writes there but the walker
    /// itself.
    pub unsafe fn new(range: Range<usize>) -> Memory {
        Memory(range)
    }

    #[inline]
    fn read(&self, at: u64) -> Result<u64, ()> {
        let at = at as usize;
        if at < self.0.start || at.saturating_add(8) > self.0.end || !at.is_multiple_of(8) {
            return Err(());
        }
        // SAFETY: `new`'s duty. Volatile: other code's variables, of which the compiler knows nothing
        // here.
        Ok(unsafe { std::ptr::with_exposed_provenance::<u64>(at).read_volatile() })
    }
}

/// The unwind tables of the process. Cheap to clone, and to share with a signal handler.
#[derive(Clone)]
pub struct Unwinder(Arc<Tables>);

struct Tables {
    unwinder: UnwinderX86_64<Bytes, MustNotAllocateDuringUnwind>,
    loads: Loads,
    caches: [Mutex<Cache>; CACHES],
}

impl std::fmt::Debug for Unwinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unwinder")
            .field("loads", &self.0.loads)
            .finish_non_exhaustive()
    }
}

impl Unwinder {
    /// That of the process as it is now. Read once, and again when a library was loaded; libraries
    /// it knows are never unloaded. Some microseconds, the first time a millisecond.
    pub fn current() -> Unwinder {
        static CURRENT: Mutex<Option<Unwinder>> = Mutex::new(None);
        let loads = modules::loads();
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*current
            && known.0.loads == loads
        {
            return known.clone();
        }
        let fresh = Unwinder::new(loads);
        *current = Some(fresh.clone());
        fresh
    }

    fn new(loads: Loads) -> Unwinder {
        let mut unwinder = UnwinderX86_64::new();
        modules::all()
            .into_iter()
            .for_each(|m| unwinder.add_module(m));
        Unwinder(Arc::new(Tables {
            unwinder,
            loads,
            caches: std::array::from_fn(|_| Mutex::new(Cache::new_in())),
        }))
    }

    /// Writes the addresses of the frames, innermost first, to `frames`, and returns how many. The
    /// first is `from.ip`; the others are return addresses. Ends early where tables are missing or
    /// memory is not given.
    ///
    /// Allocates nothing and waits for nobody: if [as many others](CACHES) walk at this moment it
    /// gives the first address only. A signal handler may call it.
    pub fn walk(&self, from: Registers, memory: &Memory, frames: &mut [usize]) -> usize {
        let Some(first) = frames.first_mut() else {
            return 0;
        };
        *first = from.ip;
        let Some(mut cache) = self.0.caches.iter().find_map(|c| match c.try_lock() {
            Ok(cache) => Some(cache),
            Err(TryLockError::Poisoned(cache)) => Some(cache.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }) else {
            return 1;
        };
        let registers = UnwindRegsX86_64::new(from.ip as u64, from.sp as u64, from.bp as u64);
        let mut read = |at| memory.read(at);
        let mut walk =
            self.0
                .unwinder
                .iter_frames(from.ip as u64, registers, &mut cache, &mut read);
        let mut n = 0;
        while n < frames.len()
            && let Ok(Some(frame)) = walk.next()
        {
            frames[n] = frame.address() as usize;
            n += 1;
        }
        n.max(1)
    }
}
