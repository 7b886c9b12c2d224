//! What every profile is: stacks with values.

use gompa_sched::debug::{GoroutineInfo, is_ours};
use gompa_unwind::names::{Names, places};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::Location;
use std::time::{Duration, SystemTime};

/// A value's name and unit: `("contentions", "count")`.
pub(crate) type ValueType = (&'static str, &'static str);

/// What is the same in samples that are added up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Key {
    /// Places in the code, innermost first.
    pub(crate) stack: Vec<usize>,
    /// The goroutine's creation site, where the profile is by that: it is shown as the outermost
    /// frame.
    pub(crate) root: Option<Site>,
    /// What was allocated, and where: the innermost frame of a profile of the heap.
    pub(crate) allocated: Option<(&'static str, Site)>,
    /// Stands in for a stack that nobody could read.
    pub(crate) instead: Option<&'static str>,
    /// Words: `("state", "chan receive")`.
    pub(crate) labels: Vec<(&'static str, String)>,
    /// Numbers: `("goroutine", 7)`.
    pub(crate) numbers: Vec<(&'static str, i64)>,
}

/// A place in the source.
pub(crate) type Site = &'static Location<'static>;

impl Key {
    /// Of a stack as it was walked.
    pub(crate) fn of(walk: &[usize]) -> Key {
        Key {
            stack: places(walk).collect(),
            ..Key::default()
        }
    }

    /// With the goroutine's state and creation site as labels.
    pub(crate) fn label(mut self, info: &GoroutineInfo) -> Key {
        let at = info.created_at;
        self.labels = vec![
            ("state", info.state().to_owned()),
            ("created", format!("{}:{}", at.file(), at.line())),
        ];
        self
    }
}

/// A profile, in memory.
#[derive(Debug)]
pub(crate) struct Samples {
    pub(crate) types: Vec<ValueType>,
    /// Which of them tools show first.
    pub(crate) shown_first: Option<&'static str>,
    /// What was counted, and after how much of it a sample was taken.
    pub(crate) period: Option<(ValueType, i64)>,
    pub(crate) time: SystemTime,
    pub(crate) duration: Option<Duration>,
    /// Frames of the scheduler are shown.
    pub(crate) system_frames: bool,
    /// For people.
    pub(crate) comments: Vec<String>,
    samples: HashMap<Key, Vec<i64>>,
}

impl Samples {
    pub(crate) fn new(types: &[ValueType]) -> Samples {
        Samples {
            types: types.to_vec(),
            shown_first: None,
            period: None,
            time: SystemTime::now(),
            duration: None,
            system_frames: false,
            comments: Vec::new(),
            samples: HashMap::new(),
        }
    }

    /// Adds `values`, one of each type.
    pub(crate) fn add(&mut self, key: Key, values: &[i64]) {
        debug_assert_eq!(values.len(), self.types.len());
        match self.samples.entry(key) {
            Entry::Vacant(new) => {
                new.insert(values.to_vec());
            }
            Entry::Occupied(mut sum) => {
                let sum = sum.get_mut().iter_mut().zip(values);
                sum.for_each(|(sum, value)| *sum = sum.saturating_add(*value));
            }
        }
    }

    /// Leaves out the places that are the scheduler's, unless they shall be seen: what differs only in
    /// those becomes one.
    pub(crate) fn trim(&mut self, names: &mut Names) {
        if self.system_frames {
            return;
        }
        let mut shown = |at: &usize| !names.of(*at).iter().all(|f| is_ours(&f.function));
        for (mut key, values) in std::mem::take(&mut self.samples) {
            key.stack.retain(&mut shown);
            self.add(key, &values);
        }
    }

    /// All, the greatest first value first.
    pub(crate) fn sorted(&self) -> Vec<(&Key, &[i64])> {
        let mut all: Vec<_> = self.samples.iter().map(|(k, v)| (k, &**v)).collect();
        all.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.stack.cmp(&b.0.stack)));
        all
    }

    /// The sum of the first value.
    pub(crate) fn total(&self) -> i64 {
        self.samples.values().map(|values| values[0]).sum()
    }
}
