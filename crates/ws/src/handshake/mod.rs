//! The opening handshake, RFC 6455 section 4, as bytes and headers.
//!
//! A server that has parsed the request already (an HTTP server with other pages, say) starts at
//! [`Upgrade::from_headers`]; one that has bytes, at [`Upgrade::parse`]. Then it looks at what is
//! asked ([`Upgrade::target`], [`origin`](Upgrade::origin), [`protocols`](Upgrade::protocols)), and
//! answers: [`Upgrade::accept`], or [`Refusal`].

mod client;
mod origin;
mod server;

pub use client::{ClientRequest, Established, ResponseError};
pub use origin::Origins;
pub use server::{Accepted, Answer, HeadLimits, Refusal, Upgrade};
