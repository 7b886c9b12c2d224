//! `debug::serve`: what there is to see, the collected heap with it.

use gompa_insight::http::{self, Options, Request, Response, Server};
use gompa_insight::metrics::{Heap, provide_heap};
use std::io;

/// Serves profiles (`/debug/pprof/`), metrics (`/metrics`), traces (`/trace?seconds=`) and a live page
/// (`/`) at `addr`, `127.0.0.1:6060` say, until the server is closed: see [`http`].
///
/// # Errors
/// Those of resolving and binding.
///
/// ```
/// use std::io::{Read, Write};
///
/// let page = gompa::run(|| {
///     let server = gompa::debug::serve("127.0.0.1:0").unwrap();
///     let mut client = gompa::net::TcpStream::connect(server.local_addr()).unwrap();
///     client.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
///     let mut page = String::new();
///     client.read_to_string(&mut page).unwrap();
///     page
/// });
/// assert!(page.contains("# TYPE gompa_goroutines gauge"));
/// ```
pub fn serve(addr: &str) -> io::Result<Server> {
    serve_with(Options::new(), addr)
}

/// As [`serve`], with a token, say.
///
/// # Errors
/// As [`serve`].
pub fn serve_with(options: Options, addr: &str) -> io::Result<Server> {
    provide_heap(heap);
    options.serve(addr)
}

/// Answers one request that a server of the program's own has parsed: see [`http::answer`].
pub fn answer(request: &Request) -> Response {
    provide_heap(heap);
    http::answer(request)
}

fn heap() -> Heap {
    let (heap, collector) = (gompa_gc::stats(), gompa_gc::read_gc_stats());
    let nanos = |d: std::time::Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
    Heap {
        alive: heap.heap_alloc,
        goal: heap.next_gc,
        in_use: heap.heap_inuse,
        idle: heap.heap_idle,
        allocated: heap.total_alloc,
        objects: heap.mallocs,
        cycles: heap.num_gc,
        forced: heap.num_forced_gc,
        marking: nanos(collector.marking),
        assists: nanos(collector.assists),
        cleanups: heap.cleanups,
    }
}
