//! `/debug/pprof/`: Go's paths and parameters, so `go tool pprof http://HOST/debug/pprof/NAME` works
//! as with a Go program.

use super::request::Request;
use super::response::{HTML, Response, TEXT};
use super::traced;
use crate::registry;
use std::fmt::Write;
use std::time::Duration;

/// How long a CPU profile is if nobody says, as in Go.
const CPU: Duration = Duration::from_secs(30);

/// `rest` is what follows `/debug/pprof`.
pub(super) fn answer(rest: &str, request: &Request) -> Response {
    match rest {
        "" => Response::error(301, "/debug/pprof/").header("Location", "pprof/"),
        "/" => Response::ok(HTML, index()),
        "/cmdline" => {
            let words: Vec<String> = std::env::args_os()
                .map(|a| a.to_string_lossy().into_owned())
                .collect();
            Response::ok(TEXT, words.join("\0"))
        }
        // Names are in the profiles.
        "/symbol" => Response::ok(TEXT, "num_symbols: 0\n"),
        "/trace" => traced(request),
        name => profile(name.trim_start_matches('/'), request),
    }
}

fn profile(name: &str, request: &Request) -> Response {
    let Some(profile) = registry::find(name) else {
        return Response::error(404, "Unknown profile");
    };
    let mut asked = match request.of_profile() {
        Ok(asked) => asked,
        Err(e) => return Response::error(400, e),
    };
    if name == "profile" && asked.seconds.is_none() {
        asked.seconds = Some(CPU);
    }
    let mut body = Vec::new();
    if let Err(e) = (profile.write)(&asked, &mut body) {
        return Response::error(500, &format!("{name}: {e}"));
    }
    if asked.debug > 0 && !body.starts_with(&[0x1f, 0x8b]) {
        return Response::ok(TEXT, body);
    }
    let file = format!("attachment; filename=\"{name}.pb.gz\"");
    Response::ok("application/octet-stream", body).header("Content-Disposition", file)
}

fn index() -> String {
    let mut rows = String::new();
    for profile in registry::all() {
        let name = profile.name;
        let count = profile.count.map(|count| count().to_string());
        let count = count.unwrap_or_default();
        let help = profile.help.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(
            rows,
            "<tr><td class=n>{count}</td><td><a href=\"{name}?debug=1\">{name}</a></td><td>{help}</td></tr>"
        );
    }
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>/debug/pprof/</title>\
         <link rel=stylesheet href=\"../../page.css\"><body class=plain><h1>/debug/pprof/</h1>\
         <p>Set <code>debug=1</code> for text; without it the profile is pprof's, gzipped.</p>\
         <table><tr><th>Count</th><th>Profile</th><th>What it shows</th></tr>\n{rows}</table>\
         <p><a href=\"goroutine?debug=2\">full goroutine stack dump</a> · \
         <a href=\"../../trace?seconds=1\">trace of one second</a> · <a href=\"../../metrics\">metrics</a> · \
         <a href=\"../../stalls\">stalls</a> · <a href=\"../../\">live page</a></p></body></html>"
    )
}
