//! The one place that names the runtime: goroutines, channels, sockets, timers.

pub use crate::shim::{chan, debug, go, net, run, time};
