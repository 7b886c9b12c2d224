//! What contexts print, in Go's words.

mod duration;
mod moment;

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A key or a value. As in Go, strings print themselves; most others only their type, as a context
/// must not show what it carries, and many types cannot print.
pub(crate) struct Plain<'a> {
    it: &'a dyn Any,
    type_name: &'static str,
}

impl<'a> Plain<'a> {
    pub(crate) fn new(it: &'a dyn Any, type_name: &'static str) -> Plain<'a> {
        Plain { it, type_name }
    }

    fn as_str(&self) -> Option<&str> {
        let it = self.it;
        it.downcast_ref::<&'static str>()
            .copied()
            .or_else(|| it.downcast_ref::<String>().map(|s| &**s))
            .or_else(|| it.downcast_ref::<Box<str>>().map(|s| &**s))
            .or_else(|| it.downcast_ref::<Arc<str>>().map(|s| &**s))
            .or_else(|| it.downcast_ref::<Cow<'static, str>>().map(|s| &**s))
    }
}

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(d) = self.it.downcast_ref::<Duration>() {
            return duration::write(f, i128::try_from(d.as_nanos()).unwrap_or(i128::MAX));
        }
        f.write_str(self.as_str().unwrap_or(self.type_name))
    }
}

/// A deadline: the time, and how long that is from now.
pub(crate) struct Deadline(pub(crate) Instant);

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = Instant::now();
        let left = match self.0.checked_duration_since(now) {
            Some(left) => left.as_nanos() as i128,
            None => -(now.duration_since(self.0).as_nanos() as i128),
        };
        moment::write(f, left, gompa_park::time::from_instant(self.0))?;
        f.write_str(" [")?;
        duration::write(f, left)?;
        f.write_str("]")
    }
}
