//! TLS by rustls, on one socket.
//!
//! The engine (`ServerConnection`) is behind a lock, held while bytes are transformed or offered to
//! the kernel without waiting, never while anybody waits. Records must leave in the order in which
//! the engine made them:
//!
//! ```text
//!   engine --> out --> kernel        under the lock, as far as the kernel takes it
//!              out --> flush's own --> kernel     `flushing`: without the lock, waiting
//! ```
//! While somebody flushes, others only add to `out`.

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use super::{Written, plain};
use crate::rt::net::TcpStream;

/// Plaintext the engine takes before what it made of it has left.
const BUFFER: usize = 64 << 10;
/// Ciphertext read at a time: a whole record, mostly.
const CHUNK: usize = 4 << 10;

/// Makes TLS of connections.
#[derive(Debug, Clone)]
pub struct Acceptor(Arc<ServerConfig>);

impl Acceptor {
    /// With this certificate chain and this key, both in PEM.
    pub fn new(cert: &Path, key: &Path) -> Result<Acceptor, String> {
        let chain = CertificateDer::pem_reader_iter(open(cert)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| format!("{}: {e}", cert.display()))?;
        if chain.is_empty() {
            return Err(format!("{}: no certificate in PEM", cert.display()));
        }
        let private = PrivateKeyDer::from_pem_reader(open(key)?)
            .map_err(|e| format!("{}: {e}", key.display()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(|e| format!("{} and {}: {e}", cert.display(), key.display()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Acceptor(Arc::new(config)))
    }

    /// Greets the client, who must have finished by `deadline`.
    pub fn accept(&self, socket: TcpStream, deadline: Instant) -> io::Result<TlsStream> {
        let mut engine = ServerConnection::new(Arc::clone(&self.0)).map_err(io::Error::other)?;
        engine.set_buffer_limit(Some(BUFFER));
        let stream = TlsStream {
            state: Mutex::new(State {
                engine,
                come: Vec::new(),
                out: Vec::new(),
                flushing: false,
            }),
            socket,
        };
        stream.socket.set_read_deadline(Some(deadline));
        while stream.lock().engine.is_handshaking() {
            stream.flush()?;
            if stream.fill()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        stream.flush()?;
        Ok(stream)
    }
}

fn open(path: &Path) -> Result<File, String> {
    File::open(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// A socket under TLS, for a reader and a writer at once.
#[derive(Debug)]
pub struct TlsStream {
    state: Mutex<State>,
    socket: TcpStream,
}

#[derive(Debug)]
struct State {
    engine: ServerConnection,
    /// What has come and the engine has not taken: it takes nothing while it has much plaintext, nor
    /// behind the client's `close_notify`.
    come: Vec<u8>,
    /// Records that the kernel has not taken yet.
    out: Vec<u8>,
    /// Somebody writes what came before `out`.
    flushing: bool,
}

impl TlsStream {
    /// The socket under it.
    pub fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// Waits for plaintext; 0 at the end.
    pub fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.lock().engine.reader().read(buf) {
                // No plaintext is there.
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                // The client has closed without a word: the end, as without TLS. Frames tell
                // whether a message is whole.
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                done => return done,
            }
            if self.fill()? == 0 {
                return Ok(0);
            }
            // What reading causes, such as an answer to a key update. What does not leave now
            // leaves before the next message does.
            self.offer(&mut self.lock())?;
        }
    }

    /// Encrypts what the buffers take, and offers it to the kernel.
    pub fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<Written> {
        let mut state = self.lock();
        if !self.offer(&mut state)? {
            return Ok(Written {
                bytes: 0,
                flushed: false,
            });
        }
        let bytes = state.engine.writer().write_vectored(slices)?;
        let flushed = self.offer(&mut state)?;
        Ok(Written { bytes, flushed })
    }

    /// Likewise, and waits until something is taken.
    pub fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        loop {
            let written = self.try_write(slices)?;
            if written.bytes != 0 {
                return Ok(written.bytes);
            }
            self.flush()?;
        }
    }

    /// Waits until the kernel has everything. Called by one at a time.
    pub fn flush(&self) -> io::Result<()> {
        loop {
            let mut state = self.lock();
            if self.offer(&mut state)? {
                return Ok(());
            }
            let out = std::mem::take(&mut state.out);
            state.flushing = true;
            drop(state);
            let mut rest = &out[..];
            while !rest.is_empty() {
                let n = plain::write(&self.socket, &[IoSlice::new(rest)])?;
                rest = &rest[n..];
            }
            self.lock().flushing = false;
        }
    }

    /// Tells the client that nothing follows.
    pub fn close_notify(&self) {
        let mut state = self.lock();
        state.engine.send_close_notify();
        // If it does not leave, the client learns from the socket.
        let _ = self.offer(&mut state);
    }

    /// Offers the kernel what there is; whether everything went.
    fn offer(&self, state: &mut State) -> io::Result<bool> {
        while state.engine.wants_write() {
            state.engine.write_tls(&mut state.out)?;
        }
        if state.flushing {
            return Ok(false);
        }
        let mut gone = 0;
        while gone < state.out.len() {
            match plain::try_write(&self.socket, &[IoSlice::new(&state.out[gone..])])?.bytes {
                0 => break,
                n => gone += n,
            }
        }
        if gone == state.out.len() {
            // An idle connection keeps no buffer.
            state.out = Vec::new();
        } else {
            state.out.drain(..gone);
        }
        Ok(state.out.is_empty())
    }

    /// Gives the engine ciphertext, waiting for some if none is left; 0 at the end. Called by the
    /// reader, when no plaintext is there.
    fn fill(&self) -> io::Result<usize> {
        let mut state = self.lock();
        if state.come.is_empty() {
            drop(state);
            let mut chunk = vec![0; CHUNK];
            let n = plain::read(&self.socket, &mut chunk)?;
            chunk.truncate(n);
            state = self.lock();
            state.come = chunk;
        }
        let State { engine, come, .. } = &mut *state;
        let n = engine.read_tls(&mut &come[..])?;
        come.drain(..n);
        if come.is_empty() {
            // An idle connection keeps no buffer.
            *come = Vec::new();
        }
        if let Err(e) = state.engine.process_new_packets() {
            // The alert says why.
            let _ = self.offer(&mut state);
            return Err(io::Error::new(io::ErrorKind::InvalidData, e));
        }
        Ok(n)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
