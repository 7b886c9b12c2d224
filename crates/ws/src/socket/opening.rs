//! The opening handshake over a socket in blocking style.

use std::io::{self, ErrorKind, Read, Write};

use super::WebSocket;
use crate::frame::Role;
use crate::handshake::{
    Accepted, ClientRequest, Established, HeadLimits, Refusal, ResponseError, Upgrade,
};
use crate::limits::Limits;

/// Bytes asked for at a time.
const STEP: usize = 1 << 10;

/// Why a server did not come to a WebSocket.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The request was refused, and told so.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The socket failed, or ended within the handshake.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Why a client did not come to a WebSocket.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server's answer opens none.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// The socket failed, or ended within the handshake.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl<S: Read + Write> WebSocket<S> {
    /// A server's handshake. `answer` looks at who asks for what, and agrees or refuses; a refusal is
    /// written before it is returned. Set a read deadline on the socket before: a client may be slow on
    /// purpose.
    ///
    /// # Errors
    /// See [`AcceptError`].
    pub fn accept(
        mut stream: S,
        head: HeadLimits,
        limits: Limits,
        answer: impl FnOnce(&Upgrade<'_>) -> Result<Accepted, Refusal>,
    ) -> Result<WebSocket<S>, AcceptError> {
        let mut bytes = Vec::new();
        let accepted = loop {
            read_some(&mut stream, &mut bytes)?;
            match Upgrade::parse(&bytes, head) {
                Ok(None) => {}
                Ok(Some((upgrade, length))) => {
                    break answer(&upgrade).map(|accepted| (accepted, length));
                }
                Err(refusal) => break Err(refusal),
            }
        };
        match accepted {
            Ok((accepted, length)) => {
                stream.write_all(&accepted.response)?;
                stream.flush()?;
                let deflate = accepted.deflate.as_ref();
                let rest = &bytes[length..];
                Ok(WebSocket::new(stream, Role::Server, limits, deflate, rest))
            }
            Err(refusal) => {
                stream.write_all(&refusal.response())?;
                stream.flush()?;
                Err(refusal.into())
            }
        }
    }

    /// A client's handshake.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub fn connect(
        mut stream: S,
        request: &ClientRequest,
        head: HeadLimits,
        limits: Limits,
    ) -> Result<(WebSocket<S>, Established), ConnectError> {
        stream.write_all(&request.encode())?;
        stream.flush()?;
        let mut bytes = Vec::new();
        let established = loop {
            read_some(&mut stream, &mut bytes)?;
            if let Some(established) = request.read_response(&bytes, head)? {
                break established;
            }
        };
        let deflate = established.deflate.as_ref();
        let rest = &bytes[established.head..];
        let socket = WebSocket::new(stream, Role::Client, limits, deflate, rest);
        Ok((socket, established))
    }
}

/// Appends what comes next, at most [`STEP`] bytes.
fn read_some(stream: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let have = bytes.len();
    bytes.resize(have + STEP, 0);
    let n = loop {
        match stream.read(&mut bytes[have..]) {
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            result => break result?,
        }
    };
    bytes.truncate(have + n);
    match n {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}
