//! The runtime's insight pages, under `/debug`: what the goroutines do.

use std::fmt::Write as _;

use crate::http::{Request, Response, Status};
use crate::rt::debug;

/// Goroutines listed at most.
const LISTED: usize = 1000;

/// The answer to a request for something under `/debug`.
pub fn answer(request: &Request) -> Response {
    match request.path.as_str() {
        "/debug/goroutines" => Response::text(Status::Ok, goroutines()),
        _ => Response::text(
            Status::Ok,
            format!("/debug/goroutines\n\n{:#?}", debug::sched_stats()),
        ),
    }
}

fn goroutines() -> String {
    let all = debug::goroutines();
    let mut out = format!("{} goroutines\n", all.len());
    for goroutine in all.iter().take(LISTED) {
        let _ = writeln!(out, "{goroutine:?}");
    }
    out
}
