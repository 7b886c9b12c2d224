//! sched

mod switch;
