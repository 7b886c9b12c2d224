//! Goroutines in their barest form, [`World`], and what must hold on their thread-locals.

mod blocks;
mod values;
mod world;
