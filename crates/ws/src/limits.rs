//! How much is taken from a peer.

/// How much is taken from a peer. Whatever the header of a frame announces, memory is used only for
/// what has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a frame's payload, as sent. What is longer fails at its header.
    pub frame: u64,
    /// Bytes of a message, put together and inflated. A message fails as soon as it is longer; no
    /// more than this is ever inflated.
    pub message: usize,
    /// Frames a message may be in.
    pub fragments: u32,
}

impl Limits {
    /// 64 MiB a frame and a message, 1 048 576 fragments.
    pub const DEFAULT: Limits = Limits {
        frame: 64 << 20,
        message: 64 << 20,
        fragments: 1 << 20,
    };

    /// The same limit for a message and a frame.
    pub const fn bytes(limit: usize) -> Limits {
        Limits {
            frame: limit as u64,
            message: limit,
            ..Limits::DEFAULT
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::DEFAULT
    }
}
