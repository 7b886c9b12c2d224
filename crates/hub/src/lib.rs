//! A WebSocket hub on goroutines: everything said in a room reaches everyone in it.
//!
//! One goroutine reads each connection, in plain blocking code. The binary is a thin shell around
//! [`Server`]; tests drive it in their own process.
//!
//! # Rooms
//! - [`cli`]: the command line; [`config`]: settings, from flags, environment and file.
//! - [`server`]: listening, connections, the keeper, the end.
//! - [`http`]: request heads in, responses out. [`stream`]: bytes, plain or in TLS.
//! - [`websocket`]: one connection from its handshake to its end; [`protocol`]: many rooms on one, in
//!   JSON.
//! - [`room`]: who hears whom. [`broker`]: how other hubs do.
//! - [`access`]: who may come in: origins, tokens, limits.
//! - [`page`]: what the browser gets. [`insight`]: what the goroutines do.
//! - [`stats`]: counters and the picture of this moment. [`common`]: what all of one hub share.
//! - [`signals`][]: Ctrl-C; [`limits`]: open files.

pub mod access;
pub mod broker;
pub mod cli;
pub mod common;
pub mod config;
pub mod http;
pub mod insight;
pub mod limits;
pub mod page;
pub mod protocol;
pub mod room;
mod rt;
pub mod server;
pub mod signals;
pub mod stats;
pub mod stream;
pub mod websocket;

pub use config::Config;
pub use server::{Server, Serving, Summary};
