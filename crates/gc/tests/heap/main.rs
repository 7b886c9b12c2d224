//! The heap as its users see it: what is reachable stays, what is not goes.
#![cfg(not(loom))]

mod against_model;
mod attacks;
mod basic;
mod common;
mod concurrent;
mod control;
mod history;
mod looking_in;
mod maps;
mod pacing;
mod replay;
mod stress;
