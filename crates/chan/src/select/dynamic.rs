//! [`Select`]: cases that are known only at run time.

use super::case::Case;
use super::ends::{Receives, Sends};
use super::few::{FEW, Few};
use super::operation::{Place, SelectedOperation};
use super::order::Entry;
use super::run::{Room, Scratch, run};
use crate::hchan::typed::Until;
use crate::hchan::wait::NOW;
use crate::hchan::waiter::Waiter;
use gompa_park::time::{NEVER, Nanos};
use std::alloc::Layout;
use std::fmt;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};
use thiserror::Error;

/// No case was ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("no case of the select is ready")]
pub struct TrySelectError;

/// No case became ready in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("timed out in a select")]
pub struct SelectTimeoutError;

/// The most cases a select may have, as in Go.
const MOST: usize = 65_536;

/// A select whose cases are added one by one.
///
/// ```
/// use gompa_chan::{self as chan, Select};
///
/// let channels: Vec<_> = (0..100).map(|_| chan::make(1)).collect();
/// channels[17].send("hello");
///
/// let mut select = Select::new();
/// for c in &channels {
///     select.recv(c);
/// }
/// let op = select.select();
/// assert_eq!(op.index(), 17);
/// assert_eq!(op.recv(&channels[17]), Some("hello"));
/// ```
///
/// It may run many times, and cases may be added in between. Up to 8 cases, and values of up to 64
/// bytes, need no allocation. The rules are those of [`select!`](crate::select!).
pub struct Select<'a> {
    cases: Few<Case<'a>>,
    /// Scratch space of the runs, one place a case; empty while there are few.
    poll: Vec<u32>,
    lock: Vec<MaybeUninit<Entry>>,
    nodes: Vec<MaybeUninit<Waiter>>,
}

impl<'a> Select<'a> {
    /// A select without cases.
    pub fn new() -> Select<'a> {
        Select {
            cases: Few::new(),
            poll: Vec::new(),
            lock: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// Adds a case that receives; returns its index.
    ///
    /// # Panics
    /// If there are 65536 cases already.
    #[track_caller]
    pub fn recv<C: Receives>(&mut self, channel: &'a C) -> usize {
        // SAFETY: 1. the face, borrowed for 'a, keeps the channel. 2. the place is set by `run`.
        self.add(unsafe { Case::recv(channel.__channel().0, std::ptr::null_mut()) })
    }

    /// Adds a case that sends; returns its index. The value comes when the case is chosen.
    ///
    /// # Panics
    /// If there are 65536 cases already.
    #[track_caller]
    pub fn send<C: Sends>(&mut self, channel: &'a C) -> usize {
        // SAFETY: 1. the face, borrowed for 'a, keeps the channel.
        self.add(unsafe { Case::send(channel.__channel().0) })
    }

    #[track_caller]
    fn add(&mut self, case: Case<'a>) -> usize {
        let index = self.cases.len();
        assert!(index < MOST, "too many cases in a select (max {MOST})");
        self.cases.push(case);
        index
    }

    /// Takes a case out: it is never chosen again. The other indexes stay as they are.
    ///
    /// # Panics
    /// If there is no such case.
    #[track_caller]
    pub fn remove(&mut self, index: usize) {
        let case = self.cases.as_mut_slice().get_mut(index);
        case.expect("no such case in this select").channel = None;
    }

    /// Waits until a case is ready; for ever if there is none that could be.
    pub fn select(&mut self) -> SelectedOperation<'a> {
        let selected = self.run(NEVER);
        selected.expect("an endless wait has ended")
    }

    /// Does what is ready now.
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        self.run(NOW).ok_or(TrySelectError)
    }

    /// Waits for `timeout` at most.
    pub fn select_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        let deadline = Until::after(timeout).deadline();
        self.run(deadline).ok_or(SelectTimeoutError)
    }

    /// Waits until `deadline` at most.
    pub fn select_deadline(
        &mut self,
        deadline: Instant,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        let deadline = Until::at(deadline).deadline();
        self.run(deadline).ok_or(SelectTimeoutError)
    }

    fn run(&mut self, deadline: Nanos) -> Option<SelectedOperation<'a>> {
        let cases = self.cases.as_slice();
        let place = Place::new(largest(cases));
        for case in cases {
            // SAFETY: 1. it is large enough for a value of any case, and at most one case gets one.
            unsafe { case.set_place(place.address()) };
        }
        let mut few = Room::<FEW>::new();
        let n = cases.len();
        let scratch = if n <= FEW {
            few.scratch(n)
        } else {
            self.poll.resize(n, 0);
            self.lock.resize_with(n, MaybeUninit::uninit);
            self.nodes.resize_with(n, MaybeUninit::uninit);
            Scratch {
                poll: &mut self.poll,
                lock: &mut self.lock,
                nodes: &mut self.nodes,
            }
        };
        let (index, ended) = run(cases, scratch, deadline)?;
        let channel = cases[index].channel?;
        // SAFETY: 1. that is how the select ended, and used here only. 2. the value, if any, is in
        // this place. 3. the channel lives for 'a.
        Some(unsafe { SelectedOperation::new(index, channel, ended, place) })
    }
}

/// What a place for a value of any of the receive cases needs.
fn largest(cases: &[Case<'_>]) -> Layout {
    let mut most = Layout::new::<()>();
    for core in cases.iter().filter_map(|c| c.receives_from()) {
        let layout = core.seldom.layout;
        let (size, align) = (
            most.size().max(layout.size()),
            most.align().max(layout.align()),
        );
        most = Layout::from_size_align(size, align).expect("each is a layout, and padded");
    }
    most
}

impl Default for Select<'_> {
    fn default() -> Self {
        Select::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.cases.as_slice().iter().map(|case| case.kind);
        f.write_str("Select ")?;
        f.debug_list().entries(kinds).finish()
    }
}
