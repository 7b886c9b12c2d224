//! WebSocket (RFC 6455) with permessage-deflate (RFC 7692), without a runtime.
//!
//! Three layers, each usable alone:
//! 1. **The protocol as state machines** that know no socket: [`handshake`], [`Decoder`],
//!    [`Encoder`], [`Prepared`]. Bytes in, events out, however the bytes are split.
//! 2. **[`Reader`]**: a decoder with a buffer it holds only while there is something in it. For
//!    programs that read here and write elsewhere.
//! 3. **[`WebSocket`]**: both directions over anything that is [`Read`](std::io::Read) and
//!    [`Write`](std::io::Write) in blocking style: std's sockets, gompa's, TLS over either.
//!
//! # What an idle connection holds
//! A [`Reader`] and an [`Encoder`] are plain values, 176 and 32 bytes (a test says so). While nothing
//! comes, they hold no buffer. With context takeover, which both sides must agree to, they hold a
//! window for each direction: see [`deflate`].
//!
//! # What is absent
//! - No `unsafe`, no thread, no clock, no timeout: set those on the socket.
//! - No TLS, no DNS, no proxy, no HTTP beside the handshake.

#![forbid(unsafe_code)]

pub mod deflate;
pub mod frame;
pub mod handshake;
pub mod mask;

mod close;
mod decoder;
mod encoder;
mod error;
mod extension;
mod limits;
mod pool;
mod prepared;
mod random;
mod socket;
mod utf8;

pub use close::{Close, CloseCode, MAX_REASON};
pub use decoder::{Decoder, Event, Step};
pub use encoder::Encoder;
pub use error::{Error, ProtocolError};
pub use frame::{Kind, Opcode, Role};
pub use limits::Limits;
pub use prepared::{Frame, Prepared};
pub use socket::{AcceptError, ConnectError, Reader, WebSocket};
