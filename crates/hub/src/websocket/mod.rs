//! One WebSocket connection, from the handshake to the last byte.
//!
//! ```text
//!                    +------------------ Session ------------------+
//!   socket --> reader (its goroutine)                  Outbox --> writer --> socket
//!                 |        pong, echo, close frame ------^  ^
//!                 v                                         |
//!               room ---------------------------------------+   (every member's)
//! ```
//!
//! - The **reader** is the connection's goroutine. It alone holds the protocol's state.
//! - The **outbox** holds encoded frames, bounded in bytes. Pushing never waits.
//! - The **writer** is a goroutine that exists only while there is something to write. So an idle
//!   connection is one goroutine, and nobody but the writer waits for a client that does not read.
//! - A client whose own words are still on their way is not read from (see
//!   [`outbox::Bounds::busy`]): who talks faster than it listens is slowed, not thrown out.
//!
//! How a connection ends is told in `README.md` beside this file.

pub mod close;
pub mod frame;
pub mod handshake;
pub mod outbox;
mod reader;
mod session;
mod writer;

pub use close::Code;
pub use frame::Frame;
pub use outbox::SlowReader;
pub use reader::{Audience, linger, read};
pub use session::Session;
