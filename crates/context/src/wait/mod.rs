//! Waits under a context: how its end reaches into them. See [`gompa_park::cut`] for the mechanism.

mod chan;
mod sleep;

pub use chan::{RecvExt, SendExt};
pub use sleep::sleep_ctx;

use crate::context::Context;
use crate::error::Error;
use crate::node::Ends;
use crate::tree;
use gompa_park::cut;
use std::io;

impl Context {
    /// Runs `f` in reach of this context: once it is done, waits of `f` that can say so end as if
    /// their time were over. Those are
    /// - reading, writing, accepting and so on at a socket: they fail with
    ///   [`TimedOut`](io::ErrorKind::TimedOut);
    /// - the `_timeout` and `_deadline` forms at channels and locks, and a `select!` with
    ///   `default(duration)`: they time out;
    /// - the `_ctx` forms under another context.
    ///
    /// Other waits go on: receiving without a time limit, say, has no way to tell that nothing has
    /// been received. In every case the operation has happened or it has not. What does not have to
    /// wait happens even after the end; and what another goroutine does that `f` starts is not
    /// concerned. A loop that tries again when the time is over should look at
    /// [`err`](Self::err) as well.
    ///
    /// So synchronous code that knows nothing of contexts, a protocol over sockets say, can be
    /// cancelled.
    ///
    /// ```
    /// use gompa_chan as chan;
    /// use gompa_context as context;
    /// use std::time::Duration;
    ///
    /// let (ctx, cancel) = context::with_cancel(&context::background());
    /// let never = chan::make::<()>(0);
    /// std::thread::spawn(move || cancel.cancel());
    /// let received = ctx.run(|| never.recv_timeout(Duration::MAX));
    /// assert_eq!(received, Err(chan::RecvTimeoutError::Timeout));
    /// ```
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        match self.ends() {
            Ends::Never => f(),
            // SAFETY: at or above this, hence there.
            Ends::With(tree) => cut::within(unsafe { tree.as_ref() }, f),
            Ends::WithStranger(_) => cut::within(tree::of(&tree::child(self, None)), f),
        }
    }

    /// Does something that may have to wait, in two steps: `now` does it if that is possible at
    /// once; if it is not (`Err`), `wait` does it in reach of this context ([`run`](Self::run)) and
    /// gives up only when it is cut. What waits under a context is built on this.
    ///
    /// # Errors
    /// Why the context is done: if it was before, nothing has been tried. Otherwise `wait` was cut,
    /// by this context, or by one around it which is then the one that says why.
    ///
    /// # Panics
    /// If `wait` gives up though nothing has cut it.
    pub fn wait<R, E>(
        &self,
        now: impl FnOnce() -> Result<R, E>,
        wait: impl FnOnce() -> Result<R, E>,
    ) -> Result<R, Error> {
        if let Some(error) = self.err() {
            return Err(error);
        }
        if let Ok(done) = now() {
            return Ok(done);
        }
        self.run(|| wait().map_err(|_| self.was_cut()))
    }

    /// Why a wait in reach of this context has been cut.
    fn cut_by(&self) -> Option<Error> {
        self.err().or_else(|| cut::in_force().map(Error::from))
    }

    /// As above, for a wait that has ended for no other reason.
    fn was_cut(&self) -> Error {
        self.cut_by()
            .expect("a wait without time limit ends when it is cut")
    }

    /// Runs `f`, which reads or writes, in reach of this context. If that ends it the error is the
    /// context's: an [`Error`] inside an [`io::Error`].
    ///
    /// Reading and writing all of something (`read_exact`, `write_all`) are many operations; that
    /// some have happened cannot be told from an error, as ever.
    ///
    /// # Errors
    /// Why the context is done, or `f`'s. If it was done before, `f` is not called.
    pub fn io<R>(&self, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        if let Some(error) = self.err() {
            return Err(error.into());
        }
        self.run(|| match f() {
            Err(e) if e.kind() == io::ErrorKind::TimedOut => match self.cut_by() {
                Some(error) => Err(error.into()),
                None => Err(e),
            },
            other => other,
        })
    }
}
