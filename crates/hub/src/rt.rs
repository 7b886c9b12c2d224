//! The one place that names the runtime: goroutines, channels, sockets, timers, a look inside.

pub use gompa::{blocking, chan, debug, go, gosched, net, release_stack, sync, time};
