//! permessage-deflate, RFC 7692: messages compressed each by itself, or each with the memory of those
//! before.
//!
//! # What is agreed
//! Four [`Params`], two for each direction:
//! - *No context takeover*: the compressor forgets after each message. Then neither side holds
//!   anything between messages: compressors and inflaters are leased for the moment one is needed.
//!   This is what a server with many connections wants, and what [`Config::DEFAULT`] asks for.
//! - *Window bits*: how far back, in a power of two, the compressor may refer. With takeover, a small
//!   window is small memory.
//!
//! # What context takeover costs
//! For each direction and connection a state and a window; figures are in the crate's page of prose.
//!
//! # Bombs
//! A message is inflated step by step into its buffer, which has room for at most the limit and one
//! byte. At that byte the message fails, and nothing more is inflated.

mod compress;
mod inflate;
mod negotiate;

pub(crate) use compress::Compressor;
pub use compress::deflate_message;
pub(crate) use inflate::Inflater;
pub(crate) use negotiate::NAME;
pub use negotiate::{Config, NegotiationError, Params};
