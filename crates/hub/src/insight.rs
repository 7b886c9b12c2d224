//! The runtime's insight pages, mounted under `/debug`: profiles, traces, metrics, what every
//! goroutine does. The crate gompa-insight answers; this gives it what it needs.
//!
//! | here | there |
//! |---|---|
//! | `/debug` | moved to `/debug/`, so that the page's relative links hold |
//! | `/debug/...` | `/...`: the page, `/metrics`, `/trace` |
//! | `/debug/pprof/...` | as it is: Go's own path, for Go's own tools |

use crate::http::{Request, Response};
use crate::rt::debug::http;

/// The answer to a request for something under `/debug`. May wait, as long as `seconds=` says.
pub fn answer(request: &Request) -> Response {
    let path = match request.path.as_str() {
        "/debug" => {
            let to = [("Location", "/debug/".to_owned())];
            return Response::foreign((301, "Moved Permanently"), "text/plain", &to, Vec::new());
        }
        go if go == "/debug/pprof" || go.starts_with("/debug/pprof/") => go,
        path => path.strip_prefix("/debug").unwrap_or(path),
    };
    let answer = http::answer(&http::Request::new(&request.method, path, &request.query));
    Response::foreign(
        (answer.status, answer.reason()),
        answer.content_type,
        &answer.headers,
        answer.body,
    )
}
