//! One WebSocket connection, from the handshake to the last byte.
//!
//! ```text
//!                    +------------------ Session -------------------+
//!   socket --> reader (its goroutine)                               |
//!                 |        pong, echo, close frame --> try to write --> socket
//!                 v                                        | some is left
//!               rooms --(every member's)----------->       v        |
//!                    |                              Outbox --> writer --> socket
//!                    +----------------------------------------------+
//! ```
//!
//! - The **reader** is the connection's goroutine. Parked, it holds no buffer and no timer.
//! - **Who has something to say tries to write it** at once, without waiting. Mostly that is all.
//! - The **outbox** holds what a client did not take, bounded in bytes. Pushing never waits.
//! - The **writer** is a goroutine that exists only while a client does not take everything. So an
//!   idle connection is one goroutine, and nobody but the writer waits for a client.
//! - A client whose own words are still on their way is not read from (see
//!   [`outbox::Bounds::busy`]): who talks faster than it listens is slowed, not thrown out.
//! - The hub's **keeper** (`server::keeper`) looks after silent clients: no connection has a timer.
//!
//! How a connection ends is told in `README.md` beside this file.

pub mod handshake;
pub mod outbox;
mod queue;
mod reader;
mod session;
mod writer;

pub use outbox::{SlowReader, cost};
pub use reader::{Audience, linger, read};
pub use session::{Dialect, Session, close_frame};
