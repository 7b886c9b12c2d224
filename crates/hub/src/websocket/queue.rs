//! Frames that wait: a queue that is a single word while it is empty, for most always are.

use std::collections::VecDeque;

use gompa_ws::Frame;

/// See the [module](self).
#[derive(Debug, Default)]
pub struct Queue(
    #[allow(clippy::box_collection, reason = "a word, and not four")] Option<Box<VecDeque<Frame>>>,
);

impl Queue {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|frames| frames.is_empty())
    }

    /// How many wait.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |frames| frames.len())
    }

    /// Behind what waits.
    pub fn push(&mut self, frame: Frame) {
        self.0.get_or_insert_default().push_back(frame);
    }

    /// What has waited longest.
    pub fn pop(&mut self) -> Option<Frame> {
        self.0.as_mut()?.pop_front()
    }

    /// The first `most`, or all.
    pub fn take(&mut self, most: usize) -> impl Iterator<Item = Frame> {
        let frames = self.0.as_deref_mut();
        frames
            .into_iter()
            .flat_map(move |frames| frames.drain(..frames.len().min(most)))
    }
}
