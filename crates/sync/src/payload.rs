//! A panic that several must hear of.
//!
//! A payload can be caught once and cannot be copied. What is known to be copyable (texts, and the
//! ends of goroutines) is; anything else is shared as a [`SharedPanic`].

use gompa_park::Lock;
use gompa_park::waiter::{Abandoned, Goexit};
use std::any::Any;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;

type Raw = Box<dyn Any + Send>;

/// The payload of a panic that reached several, where it was not a text: all get a clone of this.
#[derive(Clone)]
pub struct SharedPanic(Arc<Lock<Raw>>);

impl SharedPanic {
    /// Gives `f` the value that was thrown, to be looked at by `downcast_ref`. It is behind a lock
    /// that blocks the thread: look, and return.
    pub fn with<R>(&self, f: impl FnOnce(&(dyn Any + Send)) -> R) -> R {
        f(&**self.0.lock())
    }
}

impl fmt::Debug for SharedPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedPanic(..)")
    }
}

/// How the function ended that several waited for.
#[derive(Clone)]
pub(crate) enum Payload {
    Static(&'static str),
    Text(Arc<str>),
    /// It called `goexit`.
    Goexit,
    /// Its goroutine ended with its runtime.
    Abandoned,
    Other(SharedPanic),
}

impl Payload {
    pub(crate) fn new(raw: Raw) -> Payload {
        if let Some(text) = raw.downcast_ref::<&'static str>() {
            return Payload::Static(text);
        }
        if let Some(text) = raw.downcast_ref::<String>() {
            return Payload::Text(text.as_str().into());
        }
        if raw.is::<Goexit>() {
            return Payload::Goexit;
        }
        if raw.is::<Abandoned>() {
            return Payload::Abandoned;
        }
        match raw.downcast::<SharedPanic>() {
            Ok(shared) => Payload::Other(*shared),
            Err(raw) => Payload::Other(SharedPanic(Arc::new(Lock::new(raw)))),
        }
    }

    fn raw(self) -> Raw {
        match self {
            Payload::Static(text) => Box::new(text),
            Payload::Text(text) => Box::new(String::from(&*text)),
            Payload::Goexit => Box::new(Goexit),
            Payload::Abandoned => Box::new(Abandoned),
            Payload::Other(shared) => Box::new(shared),
        }
    }

    /// Goes on with the panic where it came from: the end of a goroutine goes on to end it.
    pub(crate) fn resume(self) -> ! {
        resume_unwind(self.raw())
    }

    /// Panics with it elsewhere. The panic hook is not called: it was when the panic began.
    pub(crate) fn rethrow(self) -> ! {
        match self {
            Payload::Abandoned => {
                panic!("the goroutine that ran the function ended with its runtime")
            }
            payload => payload.resume(),
        }
    }
}
