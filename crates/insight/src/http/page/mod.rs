//! The live page: HTML, a style sheet and a script, embedded in the program.

use super::response::{HTML, Response};

/// The part of the page at `path`. It loads nothing from elsewhere, and the policy keeps it so.
pub(super) fn answer(path: &str) -> Response {
    let (kind, text) = match path {
        "/" => (HTML, include_str!("index.html")),
        "/page.css" => ("text/css; charset=utf-8", include_str!("page.css")),
        "/page.js" => ("text/javascript; charset=utf-8", include_str!("page.js")),
        "/draw.js" => ("text/javascript; charset=utf-8", include_str!("draw.js")),
        "/icon.svg" => ("image/svg+xml", include_str!("icon.svg")),
        _ => return Response::error(404, "404 page not found"),
    };
    Response::ok(kind, text).header(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
         connect-src 'self'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'",
    )
}
