//! Reading memory of this process that may change or be missing.
//!
//! The kernel copies it through a pipe: no reference is made to memory that belongs to somebody
//! else, and an address that is not there is an error, not a fault.

use super::super::unsupported::Unsupported;
use std::io::{PipeReader, PipeWriter, Read};
use std::os::fd::AsRawFd;

/// Bytes copied at once: a pipe takes that many without blocking, or none.
const CHUNK: usize = libc::PIPE_BUF;

/// The pipe.
pub(super) struct Peek {
    /// Where the copy comes out.
    reader: PipeReader,
    /// Where the kernel reads our memory.
    writer: PipeWriter,
}

impl Peek {
    /// A pipe of its own.
    pub(super) fn new() -> Result<Peek, Unsupported> {
        let (reader, writer) = std::io::pipe().map_err(|error| Unsupported::System {
            call: "pipe",
            error,
        })?;
        Ok(Peek { reader, writer })
    }

    /// The `words` words at `address`; `None` if they are not all readable.
    pub(super) fn words(&mut self, address: usize, words: usize) -> Option<Vec<usize>> {
        let mut bytes = vec![0u8; words * size_of::<usize>()];
        for (at, chunk) in (address..).step_by(CHUNK).zip(bytes.chunks_mut(CHUNK)) {
            // SAFETY: the kernel checks the address; the descriptor is open.
            let written = unsafe {
                libc::write(
                    self.writer.as_raw_fd(),
                    at as *const libc::c_void,
                    chunk.len(),
                )
            };
            let written = usize::try_from(written).ok()?;
            self.reader.read_exact(&mut chunk[..written]).ok()?;
            if written != chunk.len() {
                return None;
            }
        }
        let word = |w: &[u8]| usize::from_ne_bytes(w.try_into().expect("a word has 8 bytes"));
        Some(bytes.chunks_exact(size_of::<usize>()).map(word).collect())
    }

    /// The word at `address`, if it is aligned and readable.
    pub(super) fn word(&mut self, address: usize) -> Option<usize> {
        if !address.is_multiple_of(align_of::<usize>()) {
            return None;
        }
        self.words(address, 1).map(|words| words[0])
    }
}
