//! What the map does, by subject; one binary, because linking each takes longer than running it.

mod common;
mod cursor;
mod gc;
mod golden;
mod history;
mod hostile;
mod model;
mod replay;
mod shrink;
mod std_surface;
