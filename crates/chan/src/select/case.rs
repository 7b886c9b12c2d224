//! One case of a select.

use crate::hchan::Core;
use crate::hchan::elem::Bytes;
use crate::hchan::gate::{CLOSED, Held, RECV_WAIT, SEND_WAIT, TIMER, UNBUFFERED};
use crate::hchan::promise::Grant;
use crate::hchan::recv::RecvStep;
use crate::hchan::waiter::{Outcome, Waiter};
use gompa_park::Unparker;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// What a case does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Recv,
    Send,
}

/// How the winning case ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended {
    /// A receive: the value is in the case's place.
    Received,
    /// A receive: the channel is closed and drained.
    Closed,
    /// A send: this has been got for it.
    Granted(Grant),
}

/// One case. It stays where it is while the select runs.
#[derive(Debug)]
pub struct Case<'a> {
    pub(crate) kind: Kind,
    /// The channel; `None`: nil, never ready.
    pub(crate) channel: Option<NonNull<Core>>,
    /// The place for the value of a receive; null for a send, which makes its value when its turn
    /// has come.
    place: Cell<*mut u8>,
    /// Where to write how it ended, if not to the one who ran the select.
    pub(super) report: Option<&'a Cell<Option<Ended>>>,
    /// The channel outlives the case.
    _channel: PhantomData<&'a Core>,
}

/// Whether a case of that kind may be ready. A hint only, unless the channel is held; then false
/// is certain.
#[inline(always)]
pub(super) fn may_be_ready(kind: Kind, core: &Core) -> bool {
    let word = core.gate.word();
    match kind {
        Kind::Recv if word & (CLOSED | SEND_WAIT) != 0 => true,
        Kind::Send if word & (CLOSED | RECV_WAIT) != 0 => true,
        _ if word & UNBUFFERED != 0 => false,
        Kind::Recv => !core.ring.is_empty(),
        Kind::Send => !core.ring.is_full(),
    }
}

/// What came of one look at a case whose channel is held.
pub(super) enum Look {
    /// Done; wake this one when nothing is held any more.
    Won(Ended, Option<Unparker>),
    NotReady,
    /// A sender without its value has been claimed: meet it.
    Meet(NonNull<Waiter>),
}

impl<'a> Case<'a> {
    /// A case that receives from `channel` to `to`.
    ///
    /// # Safety
    /// 1. The channel lives for `'a`.
    /// 2. `to` is a place for a value of it, for `'a` and for this case alone (unless it is set by
    ///    [`set_place`](Self::set_place) before the select runs).
    pub(crate) unsafe fn recv(channel: Option<NonNull<Core>>, to: *mut u8) -> Self {
        Case {
            kind: Kind::Recv,
            channel,
            place: Cell::new(to),
            report: None,
            _channel: PhantomData,
        }
    }

    /// A case that sends on `channel` a value yet to be made.
    ///
    /// # Safety
    /// 1. The channel lives for `'a`.
    pub(crate) unsafe fn send(channel: Option<NonNull<Core>>) -> Self {
        Case {
            kind: Kind::Send,
            channel,
            place: Cell::new(std::ptr::null_mut()),
            report: None,
            _channel: PhantomData,
        }
    }

    /// Sets the place for the value, if this is a receive.
    ///
    /// # Safety
    /// 1. As duty 2 of [`recv`](Self::recv), for the next run of the select.
    pub(crate) unsafe fn set_place(&self, to: *mut u8) {
        if self.kind == Kind::Recv {
            self.place.set(to);
        }
    }

    /// The place for the value of a receive.
    pub(super) fn place(&self) -> *mut u8 {
        self.place.get()
    }

    /// Lets the case also report to `report`.
    pub(crate) fn reporting_to(mut self, report: &'a Cell<Option<Ended>>) -> Self {
        self.report = Some(report);
        self
    }

    pub(crate) fn core(&self) -> Option<&Core> {
        // SAFETY: it lives for 'a.
        self.channel.map(|c| unsafe { c.as_ref() })
    }

    /// The channel it receives from.
    pub(super) fn receives_from(&self) -> Option<&Core> {
        self.core().filter(|_| self.kind == Kind::Recv)
    }

    /// Whether it is worth taking the channel's lock, after its timer has had its chance.
    #[inline(always)]
    pub(super) fn may_be_ready(&self, core: &Core) -> bool {
        if core.gate.word() & TIMER != 0 {
            core.fire_if_due();
        }
        may_be_ready(self.kind, core)
    }

    /// A receive past the main lock, while values just flow.
    #[inline]
    pub(super) fn look_in_lane(&self, core: &Core) -> bool {
        self.kind == Kind::Recv
            && core.in_recv_lane(|| {
                // SAFETY: 1. the lane gives the receive end. 2. the case's place.
                unsafe {
                    core.ring
                        .pop(Bytes(core.seldom.layout.size()), self.place())
                }
            })
    }

    /// Does the case if it is ready.
    #[inline]
    pub(super) fn look(&self, held: &mut Held<'_>, core: &Core) -> Look {
        match self.kind {
            Kind::Recv => {
                let elem = Bytes(core.seldom.layout.size());
                // SAFETY: 1. the case's place.
                match unsafe { held.recv(elem, self.place()) } {
                    RecvStep::Done(sender) => Look::Won(Ended::Received, sender),
                    RecvStep::Closed => Look::Won(Ended::Closed, None),
                    RecvStep::Empty => Look::NotReady,
                    RecvStep::Meet(sender) => Look::Meet(sender),
                }
            }
            Kind::Send => match held.promise() {
                Some(grant) => Look::Won(Ended::Granted(grant), None),
                None => Look::NotReady,
            },
        }
    }

    /// How the case ended whose wait was claimed with `outcome`; `None`: it did not, start over.
    pub(super) fn claimed(&self, outcome: Outcome) -> Option<Ended> {
        match (self.kind, outcome) {
            (Kind::Recv, Outcome::Done) => Some(Ended::Received),
            (Kind::Recv, Outcome::Closed) => Some(Ended::Closed),
            (Kind::Recv, Outcome::Retry) => None,
            (Kind::Send, Outcome::Slot) => Some(Ended::Granted(Grant::Slot)),
            (Kind::Send, Outcome::Meet(receiver)) => {
                Some(Ended::Granted(Grant::Receiver(receiver)))
            }
            (Kind::Send, Outcome::Closed) => Some(Ended::Granted(Grant::Closed)),
            (kind, other) => unreachable!("{kind:?} case got {other:?}"),
        }
    }
}
