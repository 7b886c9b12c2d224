//! Close codes, and which one answers which error.

use std::io::ErrorKind;

use tungstenite::Error;
use tungstenite::error::ProtocolError;

/// A close code of RFC 6455, section 7.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code(pub u16);

impl Code {
    /// The hub is ending.
    pub const AWAY: Code = Code(1001);
    /// A frame broke the protocol.
    pub const PROTOCOL: Code = Code(1002);
    /// A text message, or a close reason, was not UTF-8.
    pub const NOT_UTF8: Code = Code(1007);
    /// A message was larger than allowed.
    pub const TOO_BIG: Code = Code(1009);
    /// The client did not read fast enough; it may come again.
    pub const TRY_AGAIN: Code = Code(1013);
}

/// What reading ended in.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// The client did wrong: it gets this code and reason.
    Client(Code, &'static str),
    /// Nothing was heard for the time a read may take.
    Silence,
    /// The connection has gone; nobody is there to be told.
    Gone,
}

impl Failure {
    /// What an error of the protocol engine means for the connection.
    pub fn of(error: &Error) -> Failure {
        match error {
            Error::Io(e) if e.kind() == ErrorKind::TimedOut => Failure::Silence,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Failure::Gone,
            Error::Protocol(_) => Failure::Client(Code::PROTOCOL, "protocol error"),
            Error::Utf8(_) => Failure::Client(Code::NOT_UTF8, "not UTF-8"),
            Error::Capacity(_) => Failure::Client(Code::TOO_BIG, "message too big"),
            _ => Failure::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tungstenite::error::CapacityError;

    #[test]
    fn errors_to_codes() {
        let too_long = CapacityError::MessageTooLong {
            size: 2,
            max_size: 1,
        };
        for (error, code) in [
            (
                Error::Protocol(ProtocolError::NonZeroReservedBits),
                Code::PROTOCOL,
            ),
            (
                Error::Protocol(ProtocolError::UnmaskedFrameFromClient),
                Code::PROTOCOL,
            ),
            (Error::Utf8("x".into()), Code::NOT_UTF8),
            (Error::Capacity(too_long), Code::TOO_BIG),
        ] {
            assert!(
                matches!(Failure::of(&error), Failure::Client(c, _) if c == code),
                "{error}"
            );
        }
        let io = |kind: ErrorKind| Failure::of(&Error::Io(kind.into()));
        assert_eq!(io(ErrorKind::TimedOut), Failure::Silence);
        assert_eq!(io(ErrorKind::ConnectionReset), Failure::Gone);
    }
}
