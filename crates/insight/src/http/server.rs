//! The server: a goroutine that accepts, one for each connection.

use super::request::{self, Head};
use super::response::Response;
use super::{Request, answer};
use crate::say;
use gompa_net::{TcpListener, TcpStream};
use gompa_park::lock::real::Lock;
use gompa_sched::debug::go_system;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// Connections at a time; further ones are answered 503.
const MOST: usize = 64;
/// The longest head.
const HEAD: usize = 16 << 10;
/// The most of a body that is read to get past it.
const BODY: u64 = 1 << 20;

/// How to serve.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    token: Option<String>,
}

impl Options {
    /// Without a token.
    pub fn new() -> Options {
        Options::default()
    }

    /// Only who shows `token` is answered: by `Authorization: Bearer TOKEN`, or `?token=TOKEN`.
    pub fn token(mut self, token: impl Into<String>) -> Options {
        self.token = Some(token.into());
        self
    }

    /// Serves [the pages](super) at `addr`: `127.0.0.1:6060`, say. A port alone, as in `:6060`, is this
    /// machine's only; `0.0.0.0:6060` is everybody's, which is warned of on stderr.
    ///
    /// Returns when it listens. It goes on until [`Server::close`], even if the handle is dropped. Of
    /// the runtime of the code that calls this; on a plain thread of the process-wide one.
    ///
    /// # Errors
    /// Those of resolving and binding.
    pub fn serve(self, addr: &str) -> io::Result<Server> {
        let addr = match addr.strip_prefix(':') {
            Some(port) => format!("127.0.0.1:{port}"),
            None => addr.to_owned(),
        };
        let listener = TcpListener::bind(addr.as_str())?;
        let local = listener.local_addr()?;
        if !local.ip().is_loopback() {
            let how = match self.token {
                Some(_) => "whoever has the token and reaches it",
                None => "anybody who reaches it",
            };
            say(&format!(
                "gompa: warning: stacks, profiles and metrics are open to {how} at {local}"
            ));
        }
        let shared = Arc::new(Shared {
            listener,
            token: self.token,
            loopback: local.ip().is_loopback(),
            connections: AtomicUsize::new(0),
            open: Lock::new(Some(Vec::new())),
        });
        let server = Server {
            shared: shared.clone(),
            local,
        };
        go_system(move || shared.accept());
        Ok(server)
    }
}

/// Serves [the pages](super) at `addr`, without a token: see [`Options::serve`].
///
/// # Errors
/// Those of resolving and binding.
pub fn serve(addr: &str) -> io::Result<Server> {
    Options::new().serve(addr)
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    local: SocketAddr,
}

impl Server {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Stops listening, and ends its connections; answers that are being made are not sent.
    pub fn close(&self) {
        self.shared.listener.close();
        let open = self.shared.open.lock().take();
        for connection in open.into_iter().flatten() {
            connection.close();
        }
    }
}

#[derive(Debug)]
struct Shared {
    listener: TcpListener,
    token: Option<String>,
    loopback: bool,
    connections: AtomicUsize,
    /// Handles of the connections; none once it is closed.
    open: Lock<Option<Vec<Arc<TcpStream>>>>,
}

impl Shared {
    fn accept(self: Arc<Shared>) {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => self.connected(stream),
                Err(e) if is_closed(&e) => return,
                // The process has no descriptors left, say: another time.
                Err(_) => gompa_sched::blocking(|| {
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }),
            }
        }
    }

    fn connected(self: &Arc<Shared>, stream: TcpStream) {
        if self.connections.load(Relaxed) >= MOST {
            let busy = Response::error(503, "too many connections");
            let _ = send(&stream, &busy, false, true);
            return;
        }
        let stream = Arc::new(stream);
        match &mut *self.open.lock() {
            Some(open) => open.push(stream.clone()),
            // It was accepted just before.
            None => return stream.close(),
        }
        self.connections.fetch_add(1, Relaxed);
        let shared = self.clone();
        go_system(move || {
            /// Also if an answer panics.
            struct Gone(Arc<Shared>, Arc<TcpStream>);
            impl Drop for Gone {
                fn drop(&mut self) {
                    if let Some(open) = &mut *self.0.open.lock() {
                        open.retain(|s| !Arc::ptr_eq(s, &self.1));
                    }
                    self.0.connections.fetch_sub(1, Relaxed);
                    self.1.close();
                }
            }
            let gone = Gone(shared, stream);
            let _ = gone.0.talk(&gone.1);
        });
    }

    /// One request after the other. No deadlines: a timer of ours would be a reason to think that the
    /// program goes on.
    fn talk(&self, stream: &TcpStream) -> io::Result<()> {
        let mut buffer = Vec::new();
        loop {
            let head = match read_head(stream, &mut buffer)? {
                Ok(Some(head)) => head,
                Ok(None) => return Ok(()),
                Err(refused) => return send(stream, &refused, false, true),
            };
            let response = match self.refuse(&head) {
                Some(refused) => refused,
                None => answer(&head.request),
            };
            let keep = head.keep_alive && head.body <= BODY;
            send(stream, &response, keep, head.request.method != "HEAD")?;
            if !keep {
                return Ok(());
            }
            skip(stream, &mut buffer, head.body)?;
        }
    }

    fn refuse(&self, head: &Head) -> Option<Response> {
        match &self.token {
            Some(token) => (!shows(&head.request, token)).then(|| {
                Response::error(
                    401,
                    "a token is needed: Authorization: Bearer TOKEN, or ?token=TOKEN",
                )
                .header("WWW-Authenticate", "Bearer")
            }),
            None if self.loopback && !names_this_machine(head.host.as_deref()) => Some(
                Response::error(403, "the host must be named by its address or as localhost"),
            ),
            None => None,
        }
    }
}

fn is_closed(e: &io::Error) -> bool {
    e.get_ref()
        .is_some_and(|inner| inner.is::<gompa_net::Closed>())
}

/// Compares all of it, so that the time tells nothing of where it differs.
fn shows(request: &Request, token: &str) -> bool {
    let shown = request
        .bearer
        .clone()
        .or_else(|| request.parameter("token"));
    shown.is_some_and(|shown| {
        let differences = shown
            .bytes()
            .zip(token.bytes())
            .filter(|(a, b)| a != b)
            .count();
        shown.len() == token.len() && differences == 0
    })
}

/// Whether the header `Host` is an address or `localhost`; a request without one comes from no browser.
fn names_this_machine(host: Option<&str>) -> bool {
    let Some(host) = host else { return true };
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(""),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

/// The next head; `None`: the client has gone.
fn read_head(
    stream: &TcpStream,
    buffer: &mut Vec<u8>,
) -> io::Result<Result<Option<Head>, Response>> {
    loop {
        match request::parse(buffer) {
            Ok(Some(head)) => {
                buffer.drain(..head.len);
                return Ok(Ok(Some(head)));
            }
            Ok(None) if buffer.len() >= HEAD => {
                return Ok(Err(Response::error(431, "the head is too large")));
            }
            Ok(None) => {}
            Err(e) => return Ok(Err(Response::error(400, e))),
        }
        let mut chunk = [0; 2048];
        match (&mut &*stream).read(&mut chunk)? {
            0 => return Ok(Ok(None)),
            n => buffer.extend_from_slice(&chunk[..n]),
        }
    }
}

/// Gets past a body.
fn skip(stream: &TcpStream, buffer: &mut Vec<u8>, body: u64) -> io::Result<()> {
    let here = body.min(buffer.len() as u64);
    buffer.drain(..here as usize);
    io::copy(&mut (&mut &*stream).take(body - here), &mut io::sink())?;
    Ok(())
}

fn send(stream: &TcpStream, response: &Response, keep: bool, body: bool) -> io::Result<()> {
    let mut out = response.head(keep).into_bytes();
    if body {
        out.extend_from_slice(&response.body);
    }
    (&mut &*stream).write_all(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_this_machine() {
        for host in [
            "localhost",
            "LocalHost:6060",
            "127.0.0.1:1",
            "[::1]:6060",
            "10.1.2.3",
        ] {
            assert!(names_this_machine(Some(host)), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:6060",
            "127.0.0.1.evil.example",
            "",
            "[",
        ] {
            assert!(!names_this_machine(Some(host)), "{host}");
        }
        assert!(names_this_machine(None));
    }

    #[test]
    fn tokens() {
        let ask = |query: &str, header| {
            shows(
                &Request::new("GET", "/", query).authorization(header),
                "s3cret",
            )
        };
        assert!(ask("token=s3cret", None) && ask("", Some("Bearer s3cret")));
        assert!(!ask("token=s3cre", None) && !ask("token=s3creT", None) && !ask("", None));
        assert!(
            !ask("token=s3cret", Some("Bearer wrong")),
            "the header counts first"
        );
    }
}
