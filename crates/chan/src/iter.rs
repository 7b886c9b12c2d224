//! Walking over what a channel gives.

use crate::hchan::typed::{self, Nilable};
use crate::hchan::wait::NOW;
use crate::sides::Receiver;
use gompa_park::time::NEVER;
use std::iter::FusedIterator;

/// The values of a channel as they come; ends when it is closed and drained.
#[derive(Debug)]
pub struct Iter<'a, T>(&'a Nilable<T>);

/// The values that are there; ends when receiving would have to wait.
#[derive(Debug)]
pub struct TryIter<'a, T>(&'a Nilable<T>);

/// [`Iter`] that keeps its end of the channel.
#[derive(Debug)]
pub struct IntoIter<T>(Receiver<T>);

impl<'a, T> Iter<'a, T> {
    pub(crate) fn new(channel: &'a Nilable<T>) -> Self {
        Iter(channel)
    }
}

impl<'a, T> TryIter<'a, T> {
    pub(crate) fn new(channel: &'a Nilable<T>) -> Self {
        TryIter(channel)
    }
}

impl<T> IntoIter<T> {
    pub(crate) fn new(receiver: Receiver<T>) -> Self {
        IntoIter(receiver)
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        typed::recv(self.0, NEVER).ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        typed::recv(self.0, NOW).ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.0.recv().ok()
    }
}

impl<T> FusedIterator for Iter<'_, T> {}
impl<T> FusedIterator for IntoIter<T> {}
