//! Looking into programs that run, with the tools that people use.

mod consumer;
mod dumps;
mod profiles;
mod prometheus;
mod served;
mod stalls;
mod support;
mod traces;
