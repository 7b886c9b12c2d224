//! Go's runtime model for Rust.
