//! A look inside over HTTP: profiles in Go's paths, metrics, traces, and a live page.
//!
//! | path | what |
//! |---|---|
//! | `/` | the live page |
//! | `/debug/pprof/` | the profiles, and each: `/debug/pprof/NAME?debug=N&seconds=N` ([`pprof`]) |
//! | `/metrics` | [`metrics`] |
//! | `/trace?seconds=N` | [`trace`]: N seconds from now, or what the recorder holds |
//! | `/stalls` | [`stall`], as text |
//! | `/api/state`, `/api/stacks?reason=R` | what the live page asks for, JSON and text ([`state`]) |
//!
//! [`serve`] listens; it is off until called. Its goroutines are none of the program's (see
//! [`go_system`](gompa_sched::debug::go_system)). [`answer`] answers one request that somebody else has
//! parsed, for servers that mount these pages below a path of theirs; all links are relative.
//!
//! # Who may look
//! Stacks and paths are nobody else's business, and a profile costs processor time. [`serve`] warns if
//! it is told to listen to more than this machine; [`Options::token`] asks for a token. Without one a
//! request must name this machine as its host, by number or as `localhost`, lest some page in a
//! browser here asks by a name of its own that it makes point here.

mod page;
mod pprof;
mod request;
mod response;
mod server;
mod state;

pub use request::Request;
pub use response::Response;
pub use server::{Options, Server, serve};

use crate::{metrics, stall, trace};
use response::{JSON, TEXT};
use std::fmt::Write;

/// Answers one request. May wait (`seconds=`); the goroutine, not the thread.
pub fn answer(request: &Request) -> Response {
    if !matches!(request.method.as_str(), "GET" | "HEAD" | "POST") {
        return Response::error(405, "GET or HEAD").header("Allow", "GET, HEAD");
    }
    match request.path.as_str() {
        "/metrics" => Response::ok(metrics::CONTENT_TYPE, metrics::text()),
        "/trace" => traced(request),
        "/stalls" => Response::ok(TEXT, stalls()),
        "/api/state" => Response::ok(JSON, state::json()),
        "/api/stacks" => Response::ok(TEXT, state::stacks(request)),
        path => match path.strip_prefix("/debug/pprof") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => pprof::answer(rest, request),
            _ => page::answer(path),
        },
    }
}

fn traced(request: &Request) -> Response {
    let seconds = match request.seconds() {
        Ok(seconds) => seconds.filter(|s| !s.is_zero()),
        Err(e) => return Response::error(400, e),
    };
    let mut body = Vec::new();
    let written = match seconds {
        Some(time) => trace::write_for(time, &mut body),
        None => trace::write(&mut body),
    };
    match written {
        Ok(()) => Response::ok(JSON, body).header(
            "Content-Disposition",
            "attachment; filename=\"gompa-trace.json\"",
        ),
        Err(e) => Response::error(500, &e.to_string()),
    }
}

fn stalls() -> String {
    let sites = stall::report();
    let mut text = format!(
        "{} call sites have held their thread for more than 10 ms\n",
        sites.len()
    );
    for site in sites {
        let _ = writeln!(text, "\n{site}");
        for frame in &site.stack {
            let file = frame.file.as_deref().map(|f| f.display().to_string());
            let file = file.unwrap_or_else(|| "?".into());
            let _ = writeln!(text, "  {}\n    {file}:{}", frame.function, frame.line);
        }
    }
    text
}
