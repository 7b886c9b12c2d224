//! The TOML file: the names of the flags, without the dashes in front.
//!
//! ```toml
//! addr = "0.0.0.0:8080"
//! max-message = "64KiB"
//! origin = ["https://example.com"]
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Settings;

/// Why there are no settings in a file.
#[derive(Debug, Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's word.
        error: std::io::Error,
    },
    /// It is not what it should be; the message names the line.
    #[error("{}: {error}", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// What is wrong where.
        error: toml::de::Error,
    },
}

impl Settings {
    /// The settings in a TOML file. A name that is none is an error: better than a typing mistake
    /// that silently means the default.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn read(path: &Path) -> Result<Settings, FileError> {
        let text = fs::read_to_string(path).map_err(|error| FileError::Read {
            path: path.into(),
            error,
        })?;
        toml::from_str(&text).map_err(|error| FileError::Parse {
            path: path.into(),
            error,
        })
    }
}
