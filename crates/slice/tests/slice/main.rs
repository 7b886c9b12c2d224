//! Slices and growth, beside Go's figures and words, beside a naive model, and under attack.

mod aliasing;
mod attack;
mod common;
mod drops;
mod edit;
mod gc;
mod golden;
mod grow_vec;
mod model;
mod nothing;
mod only;
mod rules;
mod serde;
mod texts;
mod zeros;
