//! The runtime's insight pages, under `/debug`: what the goroutines do, profiles, metrics, traces.
//!
//! They are gompa-insight's; their links are relative. Go's tools expect `/debug/pprof/NAME` on the
//! host itself, so that works as well.

use crate::http::{Request, Response};
use crate::rt::debug::{self, http};

/// The answer to a request for something under `/debug`. May wait (`seconds=`).
pub fn answer(request: &Request) -> Response {
    let path = match request.path.as_str() {
        // Relative links need the slash.
        "/debug" => return Response::moved("/debug/"),
        "/debug/pprof" | "/debug/pprof/" => return Response::moved("/debug/debug/pprof/"),
        path if path.starts_with("/debug/pprof/") => path,
        path => path.strip_prefix("/debug").unwrap_or(path),
    };
    let request = http::Request::new(&request.method, path, &request.query);
    Response::foreign(debug::answer(&request))
}
