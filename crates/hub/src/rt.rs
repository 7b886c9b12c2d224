//! The one place that names the runtime: goroutines, channels, sockets, timers, a look inside.

pub use gompa::{JoinHandle, chan, debug, go, net, time};
