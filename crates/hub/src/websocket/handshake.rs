//! The opening handshake: what is agreed to.

use gompa_ws::deflate;
use gompa_ws::handshake::{Accepted, Answer, Refusal, Upgrade};

use crate::http::Request;

/// The subprotocol of `/hub`: clients need not ask for it.
pub const PROTOCOL: &str = "gompa.hub.v1";

/// The client's wish, checked.
pub fn upgrade(request: &Request) -> Result<Upgrade<'_>, Refusal> {
    let headers = request.all().map(|(name, value)| (name, value.as_bytes()));
    Upgrade::from_headers(
        &request.method,
        &request.path,
        u8::from(request.http11),
        headers,
    )
}

/// The answer that turns the connection into a WebSocket.
pub fn accept(upgrade: &Upgrade<'_>, deflate: bool) -> Accepted {
    // Without context takeover, as the default has it: one deflated frame is everybody's, and an
    // idle connection holds no window.
    let config = deflate::Config::default();
    upgrade.accept(&Answer {
        protocol: upgrade.choose_protocol(&[PROTOCOL]),
        deflate: deflate.then_some(&config),
        headers: &[],
    })
}
