//! A chosen case of a [`Select`](super::Select), to be answered.

use super::case::Ended;
use super::ends::{Receives, Sends};
use super::slots::keep;
use crate::hchan::Core;
use crate::hchan::promise::Promise;
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// A place for a value of whatever type: 64 bytes here, more on the heap.
pub(super) struct Place {
    here: UnsafeCell<MaybeUninit<Bytes64>>,
    /// The place, and what it was made with, if `here` will not do.
    heap: Option<(NonNull<u8>, Layout)>,
}

#[repr(align(16))]
struct Bytes64 {
    _bytes: [u8; 64],
}

impl Place {
    /// Room for a value of that layout.
    pub(super) fn new(layout: Layout) -> Place {
        let small = Layout::new::<Bytes64>();
        let fits = layout.size() <= small.size() && layout.align() <= small.align();
        let heap = (!fits).then(|| {
            // A value of size 0 may still be over-aligned.
            let layout = Layout::from_size_align(layout.size().max(1), layout.align())
                .expect("as valid as the one with size 0");
            // SAFETY: the size is not 0.
            let memory = NonNull::new(unsafe { alloc(layout) });
            let memory = memory.unwrap_or_else(|| handle_alloc_error(layout));
            (memory, layout)
        });
        Place {
            here: UnsafeCell::new(MaybeUninit::uninit()),
            heap,
        }
    }

    /// Its address; that changes when the place is moved.
    pub(super) fn address(&self) -> *mut u8 {
        match self.heap {
            Some((memory, _)) => memory.as_ptr(),
            None => self.here.get().cast(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((memory, layout)) = self.heap {
            // SAFETY: made in `new` with this layout.
            unsafe { dealloc(memory.as_ptr(), layout) }
        }
    }
}

/// A case that was chosen. Answer it with the operation it stands for, on the same channel:
/// [`recv`](Self::recv) or [`send`](Self::send).
///
/// A receive has already taken place; its value waits here. A send has not: what it needs is kept
/// for it until then. If the operation is dropped instead, its value is dropped, or nothing is sent;
/// the channel goes on either way.
#[must_use = "dropped, it loses the value received, or sends nothing"]
pub struct SelectedOperation<'a> {
    index: usize,
    channel: NonNull<Core>,
    got: Got<'a>,
    _channel: PhantomData<&'a Core>,
}

/// What the case has got.
enum Got<'a> {
    /// The value lies in the place.
    Value(Place),
    /// The channel is closed and drained.
    Closed,
    Promise(Promise<'a>),
    /// Answered.
    Gone,
}

impl<'a> SelectedOperation<'a> {
    /// # Safety
    /// 1. A case on `channel` ended so, and `ended` is used here only.
    /// 2. If a value was received, it is in `place`.
    /// 3. The channel lives for `'a`.
    pub(super) unsafe fn new(
        index: usize,
        channel: NonNull<Core>,
        ended: Ended,
        place: Place,
    ) -> Self {
        SelectedOperation {
            index,
            channel,
            got: match ended {
                Ended::Received => Got::Value(place),
                Ended::Closed => Got::Closed,
                // SAFETY: 1. duty 1. 2. duty 3.
                Ended::Granted(grant) => Got::Promise(unsafe { Promise::new(channel, grant) }),
            },
            _channel: PhantomData,
        }
    }

    /// The index of the chosen case, as given by [`Select::recv`](super::Select::recv) or
    /// [`Select::send`](super::Select::send).
    pub fn index(&self) -> usize {
        self.index
    }

    /// Ends a receive: what `channel.recv()` would have returned.
    ///
    /// # Panics
    /// If the chosen case is not a receive from `channel`; its value is dropped.
    #[track_caller]
    pub fn recv<C: Receives>(mut self, channel: &C) -> C::Received {
        self.check(channel.__channel().0);
        match std::mem::replace(&mut self.got, Got::Gone) {
            Got::Value(place) => {
                // SAFETY: the value lies there, is of the channel's type, which is `C`'s, and is
                // forgotten by `self`.
                C::__received(Some(unsafe { place.address().cast::<C::Item>().read() }))
            }
            Got::Closed => C::__received(None),
            other => {
                self.got = other;
                panic!("the selected operation is a send, not a receive")
            }
        }
    }

    /// Ends a send: does what `channel.send(value)` would have done.
    ///
    /// # Panics
    /// If the chosen case is not a send on `channel`; nothing is sent then. And where
    /// `channel.send(value)` does.
    #[track_caller]
    pub fn send<C: Sends>(mut self, channel: &C, value: C::Item) -> C::Sent {
        self.check(channel.__channel().0);
        match std::mem::replace(&mut self.got, Got::Gone) {
            // SAFETY: 1. the promise is of this channel, hence of `C`'s items.
            Got::Promise(promise) => C::__sent(unsafe { keep(promise, value) }),
            other => {
                self.got = other;
                panic!("the selected operation is a receive, not a send")
            }
        }
    }

    #[track_caller]
    fn check(&self, channel: Option<NonNull<Core>>) {
        assert!(
            channel == Some(self.channel),
            "the selected operation is on another channel"
        );
    }
}

impl Drop for SelectedOperation<'_> {
    fn drop(&mut self) {
        if let Got::Value(place) = std::mem::replace(&mut self.got, Got::Gone) {
            // SAFETY: the channel lives for 'a.
            let drop = unsafe { self.channel.as_ref() }.seldom.drop;
            // SAFETY: a value of the channel's type lies there, and is forgotten by `self`.
            unsafe { drop(place.address()) }
        }
    }
}

impl fmt::Debug for SelectedOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectedOperation")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
