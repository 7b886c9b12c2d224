//! Waits cut short by somebody else: how the end of a context reaches into them.
//!
//! Code runs [`within`] the reach of a [`Source`], a context say. When the source ends, a wait of
//! that code which can say so ends as if its time were over. Nobody has to wait beside it for that:
//! no helper goroutine, no second queue.
//!
//! # Which waits
//! Those by [`Parker::park_cuttable`](crate::Parker::park_cuttable) (and its kin) whose deadline is
//! not [`NEVER`](crate::time::NEVER). Their callers can report [`TimedOut`](crate::Wake::TimedOut).
//! A wait without time limit that may be cut has the deadline [`ENDLESS`](crate::time::ENDLESS). A
//! wait that has no way to tell its caller that nothing has happened is never cut.
//!
//! A cut wait is withdrawn like one whose deadline has passed: under the lock of whatever it waits
//! for. So the operation has happened, or it has not, and no protocol but this one knows of cuts.
//!
//! # For those who build things that wait
//! Have a form with a deadline, wait in it by `park_cuttable`, and the form under a context is
//! `within(context, || self.wait_until(ENDLESS))`; ask [`in_force`] after it has timed out.
//!
//! # Protocol
//! Parties: the **waiter** (a goroutine or thread inside `within`, with an [`Entry`] on its stack),
//! and the **source**, which lists the entries of its waiters under a lock of its own.
//!
//! ```text
//!   waiter                                     source, under its lock
//!     armed = number of the wait + 1             cut = true
//!     full fence                                 full fence
//!     cut? then the deadline has passed          armed? then host.cut(waiter, number)
//!     wait                                       (the wait ends TimedOut)
//!     armed = 0
//! ```
//! 1. One of the two sees the other: the waiter does not sleep, or is cut.
//! 2. A cut names the wait. The host counts its waits; a cut that comes late finds another number
//!    and does nothing, one that comes early is found when the wait begins.
//! 3. Entries are listed, taken out, and cut under the source's lock. So while a cut is on its way
//!    the entry, its code, and the host are there; when `within` returns nobody touches them.
//! 4. Hence what a host does to cut ([`Cutting::cut`]) happens under a foreign lock: it waits for
//!    nothing, and takes no lock under which anybody waits.
//! 5. Nothing is taken when a wait begins or ends. A waiter may hold any lock then.
//! 6. Reaches nest: a wait is armed in all entries of its code, and any of the sources ends it.

mod entry;

pub use entry::{Entries, Entry};

use crate::host::Host;
use crate::sync::atomic::Ordering::SeqCst;
use crate::sync::atomic::fence;
use crate::waiter::Parker;
use std::cell::Cell;
use std::ptr::NonNull;

/// Why a source has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody ended it.
    Cancelled,
    /// Its time is over.
    TimeOver,
}

/// Something that ends, once, and then cuts waits.
///
/// # Safety
/// 1. [`list`](Self::list) returns false and forgets the entry, or keeps it until
///    [`unlist`](Self::unlist) or the end.
/// 2. At the end, every entry that is kept is [cut](Entry::cut), once, under the lock that `unlist`
///    takes. So nobody touches an entry after `unlist` has returned.
pub unsafe trait Source {
    /// Keeps the entry, unless the source has ended.
    fn list(&self, entry: &Entry) -> bool;
    /// Forgets the entry.
    fn unlist(&self, entry: &Entry);
    /// Why it has ended; `None` if it has not.
    fn why(&self) -> Option<Why>;
}

/// What a host does so that the waits of its code can be cut: part of its
/// [`Vtable`](crate::host::Vtable). `data` is the host's.
#[derive(Debug)]
pub struct Cutting {
    /// Where the innermost entry of the running code is noted; null if there is none. Called by the
    /// code of `data`, and used by it alone; the place lives as long as that code.
    pub entries: unsafe fn(data: NonNull<()>) -> NonNull<Cell<*const Entry>>,
    /// The number of the next wait. Called by the code of `data`. Every `park` with a deadline moves
    /// it on, however it ends.
    pub number: unsafe fn(data: NonNull<()>) -> u32,
    /// Ends wait `number` of `data` as its deadline would. Does nothing if that wait is over or
    /// somebody has ended it already; if it has not begun, it ends when it begins. Called from
    /// anywhere, under a lock: see rule 4 of the [module](self).
    pub cut: unsafe fn(data: NonNull<()>, number: u32),
}

/// Runs `f` in reach of `source`: when that ends, waits of `f` that can be cut are. If it has ended
/// already they do not begin. Other code that `f` starts is not concerned.
///
/// ```
/// # use gompa_park::cut::{self, Entry, Source, Why};
/// # use gompa_park::{Parker, WaitReason, Wake, time::ENDLESS};
/// struct Ended;
/// // SAFETY: it keeps no entry.
/// unsafe impl Source for Ended {
///     fn list(&self, _: &Entry) -> bool { false }
///     fn unlist(&self, _: &Entry) {}
///     fn why(&self) -> Option<Why> { Some(Why::Cancelled) }
/// }
/// cut::within(&Ended, || {
///     let wake = Parker::current().park_cuttable(WaitReason::None, ENDLESS);
///     assert_eq!(wake, Wake::TimedOut);
///     assert_eq!(cut::in_force(), Some(Why::Cancelled));
/// });
/// assert_eq!(cut::in_force(), None);
/// ```
pub fn within<S: Source, R>(source: &S, f: impl FnOnce() -> R) -> R {
    let Some((host, cutting)) = here() else {
        return f();
    };
    // SAFETY: the host of the running code.
    let place = unsafe { (cutting.entries)(host.data) };
    // SAFETY: lives as long as the code that runs here, which alone uses it.
    let innermost = unsafe { place.as_ref() };
    let entry = Entry::new(source, host, cutting, innermost.get());
    let _reach = Reach::new(source, &entry, innermost);
    f()
}

/// Why the waits of the code that runs here are cut, if they are: the innermost source that has
/// ended says so.
///
/// What timed out has been cut if this is `Some`, unless its own time was over as well.
pub fn in_force() -> Option<Why> {
    let (host, cutting) = here()?;
    // SAFETY: the host of the running code.
    let place = unsafe { (cutting.entries)(host.data) };
    // SAFETY: lives as long as the code that runs here, which alone uses it.
    let innermost = unsafe { place.as_ref() }.get();
    // SAFETY: the chain of the running code.
    unsafe { Entry::chain(innermost) }
        .filter(|e| e.is_cut())
        // SAFETY: the entry is in force, so its `within` is, and the source is borrowed.
        .find_map(|e| unsafe { e.why() })
}

/// Who runs here, if waits of that can be cut.
fn here() -> Option<(Host, &'static Cutting)> {
    let host = Parker::current().host();
    Some((host, host.vtable.cutting?))
}

/// While it lives, its entry is in force.
struct Reach<'a, S: Source> {
    /// `None`: it had ended before.
    listed_by: Option<&'a S>,
    entry: &'a Entry,
    innermost: &'a Cell<*const Entry>,
}

impl<'a, S: Source> Reach<'a, S> {
    fn new(source: &'a S, entry: &'a Entry, innermost: &'a Cell<*const Entry>) -> Self {
        let listed = source.list(entry);
        if !listed {
            entry.cut_from_the_start();
        }
        innermost.set(entry);
        Reach {
            listed_by: listed.then_some(source),
            entry,
            innermost,
        }
    }
}

impl<S: Source> Drop for Reach<'_, S> {
    fn drop(&mut self) {
        self.innermost.set(self.entry.outer());
        if let Some(source) = self.listed_by {
            source.unlist(self.entry);
        }
    }
}

/// One wait that can be cut, from before it begins to after its end.
pub(crate) struct Armed {
    innermost: *const Entry,
}

impl Armed {
    /// The next wait of `host`, whose code runs here; `None`: no source reaches it. It has to be
    /// begun, with a deadline; one that has passed if it [is cut](Self::is_cut).
    #[inline]
    pub(crate) fn new(host: Host) -> Option<Armed> {
        let cutting = host.vtable.cutting?;
        // SAFETY: the host of the running code.
        let place = unsafe { (cutting.entries)(host.data) };
        // SAFETY: lives as long as the code that runs here, which alone uses it.
        let innermost = unsafe { place.as_ref() }.get();
        if innermost.is_null() {
            return None;
        }
        // SAFETY: as above.
        let number = unsafe { (cutting.number)(host.data) };
        let armed = Armed { innermost };
        armed.entries().for_each(|e| e.arm(number));
        fence(SeqCst);
        Some(armed)
    }

    /// Whether a source has ended.
    #[inline]
    pub(crate) fn is_cut(&self) -> bool {
        self.entries().any(Entry::is_cut)
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        // SAFETY: the chain of the running code, which does not leave any `within` meanwhile.
        unsafe { Entry::chain(self.innermost) }
    }
}

impl Drop for Armed {
    #[inline]
    fn drop(&mut self) {
        self.entries().for_each(Entry::disarm);
    }
}
