//! Why a request is no handshake, and what to answer.

/// Why a request is no handshake, and what to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[allow(missing_docs)] // the texts say it
pub enum Refusal {
    #[error("this is not HTTP")]
    NotHttp,
    #[error("the request's head is too long, or has too many headers")]
    HeadTooLong,
    #[error("a handshake is a GET of HTTP/1.1 without a body")]
    NotGet,
    #[error("this is a WebSocket: upgrade to it")]
    NotUpgrade,
    #[error("only version 13 is spoken here")]
    Version,
    #[error("Sec-WebSocket-Key must be there once: 16 bytes in base64")]
    Key,
    #[error("Host must be there once")]
    Host,
    #[error("Sec-WebSocket-Extensions and Sec-WebSocket-Protocol must be lists of tokens")]
    Lists,
    #[error("pages of this origin may not connect")]
    Origin,
}

impl Refusal {
    /// The status of the answer: 400, 403, 405, 426 or 431.
    pub const fn status(&self) -> u16 {
        self.line().0
    }

    const fn line(&self) -> (u16, &'static str) {
        match self {
            Refusal::Origin => (403, "Forbidden"),
            Refusal::NotGet => (405, "Method Not Allowed"),
            Refusal::NotUpgrade | Refusal::Version => (426, "Upgrade Required"),
            Refusal::HeadTooLong => (431, "Request Header Fields Too Large"),
            Refusal::NotHttp | Refusal::Key | Refusal::Host | Refusal::Lists => {
                (400, "Bad Request")
            }
        }
    }

    /// The whole answer, which closes the connection.
    pub fn response(&self) -> Vec<u8> {
        let (status, words) = self.line();
        // Required with these statuses: RFC 9110, 15.5.22 and 15.5.6; RFC 6455, 4.2.2.
        let headers = match status {
            426 => {
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: close, Upgrade\r\n"
            }
            405 => "Allow: GET\r\nConnection: close\r\n",
            _ => "Connection: close\r\n",
        };
        let body = format!("{self}\n");
        format!(
            "HTTP/1.1 {status} {words}\r\n{headers}Content-Type: text/plain; charset=utf-8\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}
