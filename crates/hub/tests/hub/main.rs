//! The hub from outside: in this process, as a process, in a browser, behind a proxy, over Redis.
//! One binary, since each is linked anew.

mod browser;
mod chat;
mod closing;
mod common;
mod deflate;
mod echo;
mod http;
mod load;
mod nginx;
mod process;
mod protocol;
mod redis;
mod security;
mod slow;
#[cfg(feature = "tls")]
mod tls;
