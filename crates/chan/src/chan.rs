//! Go's face of a channel: one reference type, closed by hand, perhaps nil.

use crate::error::{RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError};
use crate::hchan::handle::Ref;
use crate::hchan::typed::{self, Nilable, NotSent, Until};
use crate::hchan::wait::NOW;
use crate::hchan::waiter::WakeList;
use crate::iter::{IntoIter, Iter};
use crate::sides::{Receiver, Sender};
use gompa_park::time::NEVER;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

/// A channel as Go knows it.
///
/// Cloning gives another reference to the same channel; two references are equal if they mean the
/// same channel. The channel lives as long as any reference; dropping them does not close it.
///
/// ```
/// use gompa_chan as chan;
///
/// let ch = chan::make(2);
/// ch.send("a");
/// ch.send("b");
/// ch.close();
/// assert_eq!(ch.iter().collect::<Vec<_>>(), ["a", "b"]);
/// assert_eq!(ch.recv(), None);
/// ```
///
/// # The nil channel
/// [`Chan::nil`] (also the default) refers to no channel: sending and receiving wait for ever,
/// closing panics, and in a `select!` its cases are never ready. The forms that do not wait for
/// ever give `Full`, `Empty` or, when the time is over, `Timeout`; an endless time
/// ([`Duration::MAX`], say) is over at once.
pub struct Chan<T>(pub(crate) Nilable<T>);

/// Makes a channel with room for `cap` values; with 0 a sender and a receiver meet.
///
/// # Panics
/// "makechan: size out of range", if there is no memory for so many values.
#[track_caller]
pub fn make<T>(cap: usize) -> Chan<T> {
    match Ref::new(cap) {
        Ok(channel) => Chan(Some(channel)),
        Err(_) => panic!("makechan: size out of range"),
    }
}

impl<T> Chan<T> {
    /// The reference to no channel.
    pub const fn nil() -> Chan<T> {
        Chan(None)
    }

    /// Whether this refers to no channel.
    pub fn is_nil(&self) -> bool {
        self.0.is_none()
    }

    /// The number of values that wait in the channel; 0 for nil.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |c| c.len())
    }

    /// Whether no value waits in the channel.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of values the channel has room for; 0 for nil.
    pub fn cap(&self) -> usize {
        self.0.as_ref().map_or(0, |c| c.cap())
    }

    /// Whether the channel is closed; values may still wait in it. False for nil.
    pub fn is_closed(&self) -> bool {
        self.0.as_ref().is_some_and(|c| c.is_closed())
    }

    /// Sends, waiting as long as it takes; for ever on nil.
    ///
    /// # Panics
    /// "send on closed channel", if the channel is closed, also while this waits.
    #[inline]
    #[track_caller]
    pub fn send(&self, value: T) {
        if let Err(NotSent::Closed(value)) = typed::send(&self.0, value, NEVER) {
            send_on_closed(value);
        }
    }

    /// Receives, waiting as long as it takes; for ever on nil. `None`: closed and drained.
    #[inline]
    pub fn recv(&self) -> Option<T> {
        typed::recv(&self.0, NEVER).ok()
    }

    /// Sends if that is possible at once.
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        typed::send(&self.0, value, NOW).map_err(Into::into)
    }

    /// Receives if that is possible at once.
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        typed::recv(&self.0, NOW).map_err(Into::into)
    }

    /// Sends, waiting for `timeout` at most.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        typed::send_until(&self.0, value, Until::after(timeout)).map_err(Into::into)
    }

    /// Receives, waiting for `timeout` at most.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        typed::recv_until(&self.0, Until::after(timeout)).map_err(Into::into)
    }

    /// Sends, waiting until `deadline` at most.
    pub fn send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        typed::send_until(&self.0, value, Until::at(deadline)).map_err(Into::into)
    }

    /// Receives, waiting until `deadline` at most.
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        typed::recv_until(&self.0, Until::at(deadline)).map_err(Into::into)
    }

    /// Closes the channel: what is in it can still be received, nothing can be sent any more, and
    /// all who wait at it are woken.
    ///
    /// # Panics
    /// "close of closed channel", "close of nil channel".
    #[track_caller]
    pub fn close(&self) {
        let Some(channel) = &self.0 else {
            panic!("close of nil channel");
        };
        if !channel.close() {
            panic!("close of closed channel");
        }
    }

    /// Closes the channel, but wakes nobody: those who wait at it are left with `wakes`. For those
    /// who close under a lock of theirs. Returns false if the channel is nil or closed already.
    ///
    /// ```
    /// use gompa_chan::{self as chan, Wakes};
    ///
    /// let (a, b) = (chan::make::<()>(0), chan::make::<()>(0));
    /// let mut wakes = Wakes::default();
    /// assert!(a.close_quietly(&mut wakes) && b.close_quietly(&mut wakes));
    /// assert!(!a.close_quietly(&mut wakes));
    /// drop(wakes); // now they wake
    /// assert_eq!((a.recv(), b.recv()), (None, None));
    /// ```
    pub fn close_quietly(&self, wakes: &mut Wakes) -> bool {
        self.0.as_ref().is_some_and(|c| c.close_onto(&mut wakes.0))
    }

    /// The values as they come, until the channel is closed and drained.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(&self.0)
    }

    /// The sending end. Dropping it closes nothing.
    pub fn sender(&self) -> Sender<T> {
        Sender(self.0.clone())
    }

    /// The receiving end. Dropping it closes nothing.
    pub fn receiver(&self) -> Receiver<T> {
        Receiver(self.0.clone())
    }
}

/// Those whose waits have been ended by [`Chan::close_quietly`]. Dropping it wakes them.
#[derive(Debug)]
#[must_use = "they do not run before this is dropped"]
pub struct Wakes(WakeList);

impl Default for Wakes {
    /// Nobody.
    fn default() -> Self {
        Wakes(WakeList::new())
    }
}

impl Drop for Wakes {
    fn drop(&mut self) {
        self.0.wake();
    }
}

/// Go's panic; the value is dropped on the way.
#[cold]
#[track_caller]
pub(crate) fn send_on_closed<T>(_value: T) -> ! {
    panic!("send on closed channel")
}

impl<T> Clone for Chan<T> {
    fn clone(&self) -> Self {
        Chan(self.0.clone())
    }
}

impl<T> Default for Chan<T> {
    /// The nil channel, Go's zero value.
    fn default() -> Self {
        Chan::nil()
    }
}

impl<T> PartialEq for Chan<T> {
    fn eq(&self, other: &Self) -> bool {
        let address = |c: &Self| c.0.as_ref().map(Ref::as_ptr);
        address(self) == address(other)
    }
}

impl<T> Eq for Chan<T> {}

impl<T> Hash for Chan<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_ref().map(Ref::as_ptr).hash(state);
    }
}

impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::sides::debug("Chan", &self.0, f)
    }
}

impl<'a, T> IntoIterator for &'a Chan<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Chan<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter::new(self.receiver())
    }
}

// A panic elsewhere cannot leave a channel half-changed: no foreign code runs under its locks.
impl<T> UnwindSafe for Chan<T> {}
impl<T> RefUnwindSafe for Chan<T> {}
