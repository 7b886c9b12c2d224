//! As much HTTP/1.1 as a hub needs: request heads in, short whole responses out.
//!
//! One connection carries any number of requests, one after the other, and may end as a WebSocket:
//!
//! ```text
//!   bytes --head--> Request --route--> Route --server--> Response --> bytes
//!                                        |
//!                                        +-- Socket --handshake--> 101, then websocket
//! ```
//!
//! # What is absent
//! Request bodies (a request with one is answered and the connection closed), chunked encoding,
//! TLS, HTTP/2: a proxy in front does those.

mod head;
mod request;
mod response;
mod route;

pub use head::{HeadError, HeadReader};
#[cfg(test)]
pub use request::Parsed;
pub use request::Request;
pub use response::{Response, Status};
pub use route::{Endpoint, Route, percent_decoded, route};
