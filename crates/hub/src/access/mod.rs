//! Who may come in, and how much of it.
//!
//! - `origin`: which pages' scripts may connect; browsers tell where a script came from.
//! - `token`: what a client may do, signed by whoever knows the secret.
//! - `addresses`: connections at a time, in all and from one address.
//! - `rate`: messages a second from one connection.
//! - `proxy`: the client's address behind proxies that are trusted.

mod addresses;
mod origin;
mod proxy;
mod rate;
mod token;

pub use addresses::{Addresses, Full, Place};
pub use origin::Origins;
pub use proxy::client_address;
pub use rate::Rate;
pub use token::{Claims, Refusal, Secret};
