//! A WebSocket hub on goroutines: everything said in a room reaches everyone in it.
//!
//! One goroutine reads each connection, in plain blocking code. The binary is a thin shell around
//! [`Server`]; tests drive it in their own process.
//!
//! # Rooms
//! - [`args`]: the command line; [`config`]: what it sets.
//! - [`server`]: listening, connections, the end.
//! - [`http`]: request heads in, responses out.
//! - [`websocket`]: one connection from its handshake to its end.
//! - [`room`]: who hears whom.
//! - [`page`]: what the browser gets.
//! - [`stats`]: counters and the picture of this moment.
//! - [`signals`][]: Ctrl-C; [`limits`]: open files.
//!
//! # What is absent
//! No permission model, no history, no TLS: who can reach the port can read and write in every
//! room. Put a proxy in front where that is not wanted.

pub mod args;
pub mod config;
pub mod http;
pub mod limits;
pub mod page;
pub mod room;
mod rt;
pub mod server;
pub mod signals;
pub mod stats;
pub mod websocket;

pub use config::Config;
pub use server::{Server, Serving, Summary};
