//! The opening handshake, RFC 6455 section 4, as bytes and headers.
//!
//! ```text
//!   client                                            server
//!   ClientRequest::encode  -- GET, key, offers -->    Upgrade::parse, or from_headers
//!                                                     who asks, and for what?
//!   read_response  <-- 101, the key's answer, choices --  Upgrade::accept
//!                  <-- 400, 403, 405, 426, 431 ---------  Refusal::response
//! ```
//!
//! A server that has parsed the request already (an HTTP server with other pages, say) starts at
//! [`Upgrade::from_headers`]; one that has bytes, at [`Upgrade::parse`]. Then it looks at what is
//! asked ([`Upgrade::target`], [`origin`](Upgrade::origin), [`protocols`](Upgrade::protocols)), and
//! answers.

mod client;
mod head;
mod origin;
mod refusal;
mod server;

pub use client::{ClientRequest, Established, ResponseError};
pub use head::HeadLimits;
pub use origin::Origins;
pub use refusal::Refusal;
pub use server::{Accepted, Answer, Upgrade};

#[cfg(test)]
mod tests;
