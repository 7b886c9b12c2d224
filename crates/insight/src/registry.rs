//! The profiles there are, by name: who writes profiles enters them here, who serves them looks here.
//!
//! The crate's own are listed in [`BUILT_IN`]; a program may [`register`] more.

use gompa_park::lock::real::Lock;
use std::io::{self, Write};
use std::time::Duration;

/// What was asked of a profile: Go's parameters of `/debug/pprof/NAME`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// `?debug=N`: 0 is pprof's form, gzipped; 1 and above are texts for people.
    pub debug: u32,
    /// `?seconds=N`: over so long a time from now, where that makes sense for the profile.
    pub seconds: Option<Duration>,
    /// `?gc=1`: collect first, so that a profile of the heap is of what lives.
    pub gc: bool,
}

impl Request {
    /// A request of the plain form: gzipped, of now.
    pub fn new() -> Request {
        Request::default()
    }
}

/// A profile: a name, what it shows, and who writes it.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// As in the path: `goroutine`, `heap`, `profile`.
    pub name: &'static str,
    /// A sentence for the index.
    pub help: &'static str,
    /// How many samples it has now, for the index; `None` where that is nothing to count.
    pub count: Option<fn() -> usize>,
    /// Writes it. May wait: [`Request::seconds`].
    pub write: fn(&Request, &mut dyn Write) -> io::Result<()>,
}

/// Those of this crate.
pub const BUILT_IN: &[Profile] = crate::profile::BUILT_IN;

static ADDED: Lock<Vec<Profile>> = Lock::new(Vec::new());

/// Enters a profile; one of the same name is replaced.
pub fn register(profile: Profile) {
    let mut added = ADDED.lock();
    added.retain(|p| p.name != profile.name);
    added.push(profile);
}

/// All there are, by name.
pub fn all() -> Vec<Profile> {
    let added = ADDED.lock().clone();
    let replaced = |name: &str| added.iter().any(|p| p.name == name);
    let mut all: Vec<Profile> = BUILT_IN
        .iter()
        .filter(|p| !replaced(p.name))
        .copied()
        .collect();
    all.extend(added.iter().copied());
    all.sort_by_key(|p| p.name);
    all
}

/// The profile of that name.
pub fn find(name: &str) -> Option<Profile> {
    all().into_iter().find(|p| p.name == name)
}
