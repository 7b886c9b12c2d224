//! permessage-deflate, RFC 7692: messages compressed each by itself, or each with the memory of those
//! before.
//!
//! # What is agreed
//! Four [`Params`], two for each direction:
//! - *No context takeover*: the compressor forgets after each message. Then neither side holds
//!   anything between messages: compressors and inflaters are leased for the moment one is needed.
//!   This is what a server with many connections wants, and what [`Config::default`] asks for.
//! - *Window bits*: how far back, in a power of two, the compressor may refer. With takeover, a small
//!   window is small memory: see the table.
//!
//! # What context takeover costs
//! Bytes held for each connection, by direction and window bits (measured by a test of this crate):
//! see `docs/ws.md`.

mod compress;
mod inflate;
mod negotiate;

pub(crate) use compress::Compressor;
pub use compress::deflate_message;
pub(crate) use inflate::Inflater;
pub use negotiate::{Config, NegotiationError, Params};
