//! Calls that are under way already are joined instead of made again.
//!
//! ```
//! use gompa_sync::singleflight::Group;
//!
//! let loads = Group::new();
//! let (page, shared) = loads.call("index", || "<html>".to_string());
//! assert_eq!((page.as_str(), shared), ("<html>", false));
//! ```

use crate::mutex::Mutex;
use crate::payload::Payload;
use crate::wait_group::WaitGroup;
use gompa_chan::{self as chan, Receiver, Sender};
use gompa_context::{Context, Error};
use gompa_park::host;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Suppresses duplicate calls, key by key. Clones are the same group.
///
/// Keys are hashed and compared under a lock of the group, so their `Hash` and `Eq` must not use it.
/// Values are cloned for those who joined, under a lock of that call, which nobody else needs by then.
pub struct Group<K, V> {
    calls: Arc<Mutex<HashMap<K, Arc<Call<V>>>>>,
}

/// A call under way.
struct Call<V> {
    /// One thing to be done: the call.
    ended: WaitGroup,
    state: Mutex<Flight<V>>,
}

struct Flight<V> {
    /// How many have joined. Under the group's lock too: nobody joins a call that has left the map.
    joined: usize,
    /// Where those wait who do not want to wait.
    channels: Vec<Sender<Outcome<V>>>,
    landed: Option<Landed<V>>,
}

/// How a call ended.
enum Landed<V> {
    Value(V),
    Panic(Payload),
}

/// What [`call_chan`](Group::call_chan) delivers: the value and whether it was shared, or that the
/// function panicked.
pub type Outcome<V> = Result<(V, bool), Panicked>;

/// The function of the call panicked.
#[derive(Clone, thiserror::Error)]
#[error("the function of the call panicked")]
pub struct Panicked(Payload);

impl Panicked {
    /// Panics with what the function panicked with.
    pub fn resume(self) -> ! {
        self.0.rethrow()
    }
}

impl fmt::Debug for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Panicked(..)")
    }
}

impl<K, V> Group<K, V>
where
    K: Eq + Hash + Clone,
    V: Clone,
{
    /// A group without calls.
    pub fn new() -> Group<K, V> {
        Group {
            calls: Arc::default(),
        }
    }

    /// Runs `f` and returns its value, unless a call with this key is under way: then waits for that
    /// one, and returns its value. The flag tells whether several got the value, for the one that
    /// ran its function too.
    ///
    /// # Panics
    /// Everybody does if the function panics: with its text, or, if it threw another value, with a
    /// [`SharedPanic`](crate::SharedPanic). If it calls `goexit`, that ends everybody's goroutine.
    pub fn call(&self, key: K, f: impl FnOnce() -> V) -> (V, bool) {
        match self.board(&key, None) {
            Boarded::Runner(call) => {
                self.run(&key, &call, f);
                call.result_for_runner()
            }
            Boarded::Joined(call) => {
                call.ended.wait();
                call.result()
            }
        }
    }

    /// As [`call`](Self::call), but whoever joins a call waits for `timeout` at most; `None`: it is
    /// still under way. The one that runs its function takes as long as that takes.
    pub fn call_timeout(
        &self,
        key: K,
        timeout: Duration,
        f: impl FnOnce() -> V,
    ) -> Option<(V, bool)> {
        self.call_if(key, f, |ended| ended.wait_timeout(timeout))
    }

    /// As [`call`](Self::call), but whoever joins a call waits until `deadline` at most; `None`: it
    /// is still under way. The one that runs its function takes as long as that takes.
    pub fn call_deadline(
        &self,
        key: K,
        deadline: Instant,
        f: impl FnOnce() -> V,
    ) -> Option<(V, bool)> {
        self.call_if(key, f, |ended| ended.wait_deadline(deadline))
    }

    /// As [`call`](Self::call), but whoever joins one waits as `wait` does.
    fn call_if(
        &self,
        key: K,
        f: impl FnOnce() -> V,
        wait: impl FnOnce(&WaitGroup) -> bool,
    ) -> Option<(V, bool)> {
        match self.board(&key, None) {
            Boarded::Runner(call) => {
                self.run(&key, &call, f);
                Some(call.result_for_runner())
            }
            Boarded::Joined(call) => wait(&call.ended).then(|| call.result()),
        }
    }

    /// As [`call`](Self::call), but whoever joins a call waits only until `ctx` is done. The one that
    /// runs its function takes as long as that takes.
    ///
    /// # Errors
    /// Why the context is done. If it was before, nothing is called or joined.
    pub fn call_ctx(
        &self,
        ctx: &Context,
        key: K,
        f: impl FnOnce() -> V,
    ) -> Result<(V, bool), Error> {
        if let Some(error) = ctx.err() {
            return Err(error);
        }
        match self.board(&key, None) {
            Boarded::Runner(call) => {
                self.run(&key, &call, f);
                Ok(call.result_for_runner())
            }
            Boarded::Joined(call) => {
                call.ended.wait_ctx(ctx)?;
                Ok(call.result())
            }
        }
    }

    /// Later calls with this key run anew, though one may be under way; that one's value still goes
    /// to those who wait for it.
    pub fn forget<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let forgotten = self.calls.lock().remove_entry(key);
        drop(forgotten);
    }

    /// Gets on a call that is under way, or begins one.
    fn board(&self, key: &K, channel: Option<Sender<Outcome<V>>>) -> Boarded<V> {
        // Made, and perhaps dropped, without the lock.
        let new_key = key.clone();
        let mut calls = self.calls.lock();
        if let Some(call) = calls.get(key) {
            let call = call.clone();
            let mut flight = call.state.lock();
            flight.joined += 1;
            flight.channels.extend(channel);
            drop(flight);
            drop(calls);
            return Boarded::Joined(call);
        }
        let call = Arc::new(Call::new(channel));
        calls.insert(new_key, call.clone());
        Boarded::Runner(call)
    }

    /// Runs the function of a call and lets everybody have the result.
    fn run(&self, key: &K, call: &Arc<Call<V>>, f: impl FnOnce() -> V) {
        let landed = match catch_unwind(AssertUnwindSafe(f)) {
            Ok(value) => Landed::Value(value),
            Err(raw) => Landed::Panic(Payload::new(raw)),
        };
        self.remove(key, call);
        call.land(landed);
    }

    /// Takes the call out of the map, before its result is seen, unless it has been forgotten.
    fn remove(&self, key: &K, call: &Arc<Call<V>>) {
        let mut calls = self.calls.lock();
        if calls.get(key).is_some_and(|it| Arc::ptr_eq(it, call)) {
            let removed = calls.remove_entry(key);
            drop(calls);
            drop(removed);
        }
    }
}

impl<K, V> Group<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + 'static,
{
    /// As [`call`](Self::call), in a goroutine of its own (where no scheduler runs the caller, a
    /// thread). The channel delivers the outcome, once.
    ///
    /// In Go a panic of the function then ends the process; here it is delivered.
    pub fn call_chan<F>(&self, key: K, f: F) -> Receiver<Outcome<V>>
    where
        F: FnOnce() -> V + Send + 'static,
    {
        let (sender, receiver) = chan::channel(1);
        if let Boarded::Runner(call) = self.board(&key, Some(sender)) {
            let group = self.clone();
            host::spawn(Box::new(move || {
                group.run(&key, &call, f);
                // Whoever listens hears of a panic from the channel. An end is this goroutine's too.
                if let Some(end) = call.end_of_goroutine() {
                    end.resume();
                }
            }));
        }
        receiver
    }
}

enum Boarded<V> {
    /// It is ours to run.
    Runner(Arc<Call<V>>),
    /// Another runs it.
    Joined(Arc<Call<V>>),
}

impl<V: Clone> Call<V> {
    fn new(channel: Option<Sender<Outcome<V>>>) -> Call<V> {
        let ended = WaitGroup::new();
        ended.add(1);
        Call {
            ended,
            state: Mutex::new(Flight {
                joined: 0,
                channels: channel.into_iter().collect(),
                landed: None,
            }),
        }
    }

    fn land(&self, landed: Landed<V>) {
        let mut flight = self.state.lock();
        flight.landed = Some(landed);
        let channels = std::mem::take(&mut flight.channels);
        drop(flight);
        self.ended.done();
        for channel in channels {
            let outcome = match self.landed() {
                Landed::Value(value) => Ok((value, self.is_shared())),
                Landed::Panic(payload) => Err(Panicked(payload)),
            };
            // Nobody may listen any more.
            drop(channel.try_send(outcome));
        }
    }

    /// A copy of what the call ended with.
    fn landed(&self) -> Landed<V> {
        // Nobody but those who want the same as we competes for this lock: the call has left the
        // map.
        match self.state.lock().landed.as_ref() {
            Some(Landed::Value(value)) => Landed::Value(value.clone()),
            Some(Landed::Panic(payload)) => Landed::Panic(payload.clone()),
            None => unreachable!("the call has ended"),
        }
    }

    /// What else ends with the function: the goroutine that ran it.
    fn end_of_goroutine(&self) -> Option<Payload> {
        match self.state.lock().landed.as_ref() {
            Some(Landed::Panic(end @ (Payload::Goexit | Payload::Abandoned))) => Some(end.clone()),
            _ => None,
        }
    }

    fn is_shared(&self) -> bool {
        self.state.lock().joined > 0
    }

    /// The result for one that joined.
    fn result(&self) -> (V, bool) {
        match self.landed() {
            Landed::Value(value) => (value, true),
            Landed::Panic(payload) => payload.rethrow(),
        }
    }

    /// The result for the one that ran the function: the value itself if nobody else wants it.
    fn result_for_runner(&self) -> (V, bool) {
        let shared = self.is_shared();
        let landed = match shared {
            true => self.landed(),
            false => self.state.lock().landed.take().expect("the call has ended"),
        };
        match landed {
            Landed::Value(value) => (value, shared),
            Landed::Panic(payload) => payload.resume(),
        }
    }
}

impl<K, V> Clone for Group<K, V> {
    fn clone(&self) -> Self {
        Group {
            calls: self.calls.clone(),
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Default for Group<K, V> {
    fn default() -> Self {
        Group::new()
    }
}

impl<K, V> fmt::Debug for Group<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}
