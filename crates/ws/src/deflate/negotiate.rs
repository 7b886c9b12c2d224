//! Which parameters both sides agree to. RFC 7692 section 7.1.

use crate::frame::Role;

/// What a side wants of permessage-deflate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Effort, 0 (none) to 9 (most).
    pub level: u8,
    /// Messages shorter than this are sent as they are. In bytes.
    pub min_size: usize,
    /// The server shall forget after each message.
    pub server_no_context_takeover: bool,
    /// The client shall forget after each message.
    pub client_no_context_takeover: bool,
    /// The server's window at most: 8 to 15.
    pub server_max_window_bits: u8,
    /// The client's window at most: 8 to 15.
    pub client_max_window_bits: u8,
}

impl Config {
    /// No context takeover, full windows, level 1, messages from 64 bytes on.
    pub const DEFAULT: Config = Config {
        level: 1,
        min_size: 64,
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        server_max_window_bits: 15,
        client_max_window_bits: 15,
    };
}

impl Default for Config {
    fn default() -> Self {
        Config::DEFAULT
    }
}

/// What has been agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Params {
    /// The server forgets after each message.
    pub server_no_context_takeover: bool,
    /// The client forgets after each message.
    pub client_no_context_takeover: bool,
    /// The server's window, 8 to 15.
    pub server_max_window_bits: u8,
    /// The client's window, 8 to 15.
    pub client_max_window_bits: u8,
    /// Effort of this side's compressor, from its [`Config`].
    pub level: u8,
    /// Messages shorter than this are sent as they are, from the [`Config`].
    pub min_size: usize,
}

/// What a server answered that the client did not ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NegotiationError {
    /// An extension that was not offered.
    #[error("the server chose an extension that was not offered")]
    NotOffered,
    /// A parameter that is unknown, twice there, or has a bad value.
    #[error("a parameter of permessage-deflate is unknown, repeated or out of range")]
    BadParameter,
}

impl Params {
    /// The window and whether it is forgotten, of what `role` sends.
    pub(crate) fn sends(&self, role: Role) -> (u8, bool) {
        match role {
            Role::Client => (self.client_max_window_bits, self.client_no_context_takeover),
            Role::Server => (self.server_max_window_bits, self.server_no_context_takeover),
        }
    }
}
