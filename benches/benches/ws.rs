//! WebSocket frames beside tungstenite, and permessage-deflate beside the bare compressor (tungstenite
//! has none). `docs/ws.md` has the table, which `benches/ws.sh` writes.
//!
//! Over streams that cost nothing: what is written goes nowhere, and a read gives one message, or as
//! much of it as there is room for, as a socket does on which messages come one by one.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use gompa_ws::deflate::{Params, deflate_message};
use gompa_ws::{Decoder, Encoder, Event, Kind, Limits, Prepared, Role, WebSocket, mask};
use std::hint::black_box;
use std::io::{self, IoSlice, Read, Write};
use std::time::Duration;
use tungstenite::protocol::{self, WebSocketConfig};
use tungstenite::{Bytes, Message};

/// Payloads: a line of chat, a page, a picture.
const SIZES: [usize; 3] = [64, 16 << 10, 1 << 20];

/// A stream of one frame again and again.
struct Endless {
    frame: Vec<u8>,
    at: usize,
}

impl Endless {
    fn new(frame: Vec<u8>) -> Endless {
        Endless { frame, at: 0 }
    }
}

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let rest = &self.frame[self.at..];
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        self.at = (self.at + n) % self.frame.len();
        Ok(n)
    }
}

impl Write for Endless {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(black_box(buf).len())
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(black_box(bufs).iter().map(|buf| buf.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Both sides' frames, of a role each.
const ROLES: [(&str, Role, protocol::Role); 2] = [
    ("server", Role::Server, protocol::Role::Server),
    ("client", Role::Client, protocol::Role::Client),
];

/// A message's frame as `role` sends it.
fn frame(role: Role, kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Encoder::new(role, None).message(kind, payload, &mut out);
    out
}

fn other(role: Role) -> Role {
    match role {
        Role::Server => Role::Client,
        Role::Client => Role::Server,
    }
}

fn ours(role: Role, frame: Vec<u8>) -> WebSocket<Endless> {
    WebSocket::new(Endless::new(frame), role, Limits::DEFAULT, None, &[])
}

fn theirs(role: protocol::Role, frame: Vec<u8>) -> tungstenite::WebSocket<Endless> {
    let config = WebSocketConfig::default();
    tungstenite::WebSocket::from_raw_socket(Endless::new(frame), role, Some(config))
}

/// Text that compresses like a protocol's: names again and again, and numbers.
fn json(size: usize) -> Vec<u8> {
    let mut text = String::new();
    let mut n = 1u64;
    while text.len() < size {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        text += &format!(r#"{{"room":"main","id":{},"text":"hello"}},"#, n >> 40);
    }
    text.truncate(size);
    text.into()
}

fn group<'a>(c: &'a mut Criterion, row: &str, bytes: usize) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(row);
    group.throughput(Throughput::Bytes(bytes as u64));
    group
}

/// A whole binary message, from memory to the stream.
fn send(c: &mut Criterion) {
    for (name, role, their_role) in ROLES {
        for size in SIZES {
            let mut group = group(c, &format!("send/{name}/{size}"), size);
            let payload = vec![7; size];
            let mut socket = ours(role, Vec::new());
            group.bench_function("gompa", |b| {
                b.iter(|| socket.send(Kind::Binary, black_box(&payload)).unwrap());
            });
            // It takes a share of the payload, and masks in a buffer of its own.
            let payload = Bytes::from(payload);
            let mut socket = theirs(their_role, Vec::new());
            group.bench_function("tungstenite", |b| {
                b.iter(|| socket.send(Message::Binary(payload.clone())).unwrap());
            });
        }
    }
}

/// A whole message, from the stream to the program.
fn receive(c: &mut Criterion) {
    for (name, role, their_role) in ROLES {
        for (what, kind, size) in SIZES
            .map(|size| ("", Kind::Binary, size))
            .into_iter()
            .chain([("-text", Kind::Text, 16 << 10)])
        {
            let mut group = group(c, &format!("receive{what}/{name}/{size}"), size);
            let wire = frame(other(role), kind, &json(size));
            let mut socket = ours(role, wire.clone());
            group.bench_function("gompa", |b| {
                b.iter(|| match socket.read().unwrap() {
                    Event::Text(text) => black_box(text).len(),
                    Event::Binary(data) => black_box(data).len(),
                    _ => unreachable!(),
                });
            });
            let mut socket = theirs(their_role, wire);
            group.bench_function("tungstenite", |b| {
                b.iter(|| black_box(socket.read().unwrap()).len());
            });
        }
    }
}

/// A key over a payload in the cache, beside a byte after the other.
fn masking(c: &mut Criterion) {
    let mut payload = vec![7; 16 << 10];
    let mut group = group(c, "mask/client/16384", payload.len());
    group.bench_function("gompa", |b| {
        b.iter(|| mask::apply(black_box(&mut payload), black_box([1, 2, 3, 4]), 1));
    });
    group.bench_function("bare", |b| {
        b.iter(|| {
            let key = black_box([1u8, 2, 3, 4]);
            for (i, byte) in black_box(&mut payload).iter_mut().enumerate() {
                *byte ^= black_box(key)[(i + 1) % 4];
            }
        });
    });
}

/// What was agreed on a connection, forgotten or not.
fn params(forgets: bool) -> Params {
    Params {
        server_no_context_takeover: forgets,
        client_no_context_takeover: forgets,
        server_max_window_bits: 15,
        client_max_window_bits: 15,
        level: 1,
        min_size: 0,
    }
}

/// A server's message, compressed: by a leased compressor, with memory, prepared once for all; and by
/// a compressor made for it.
fn deflate(c: &mut Criterion) {
    for size in [256, 16 << 10] {
        let text = json(size);
        let mut group = group(c, &format!("deflate/server/{size}"), size);
        for (name, forgets) in [("gompa", true), ("gompa-takeover", false)] {
            let mut encoder = Encoder::new(Role::Server, Some(&params(forgets)));
            let mut out = Vec::new();
            group.bench_function(name, |b| {
                b.iter(|| {
                    out.clear();
                    encoder.message(Kind::Text, black_box(&text), &mut out);
                });
            });
        }
        let mut encoder = Encoder::new(Role::Server, Some(&params(true)));
        let prepared = Prepared::new(Kind::Text, &text);
        group.bench_function("gompa-prepared", |b| {
            b.iter(|| encoder.prepared(black_box(&prepared)));
        });
        let mut out = Vec::with_capacity(2 * size + 100);
        group.bench_function("bare", |b| {
            b.iter(|| {
                out.clear();
                let mut compress = Compress::new(Compression::new(1), false);
                compress.compress_vec(black_box(&text), &mut out, FlushCompress::Sync)
            });
        });
    }
}

/// A compressed message, as a client reads it; and by an inflater made for it.
fn inflate(c: &mut Criterion) {
    for size in [256, 16 << 10] {
        let text = json(size);
        let params = params(true);
        let mut wire = Vec::new();
        Encoder::new(Role::Server, Some(&params)).message(Kind::Text, &text, &mut wire);
        let mut group = group(c, &format!("inflate/client/{size}"), size);
        let mut decoder = Decoder::new(Role::Client, Limits::DEFAULT, Some(&params));
        group.bench_function("gompa", |b| {
            b.iter(|| match decoder.step(&mut wire).unwrap().event {
                Some(Event::Text(text)) => black_box(text).len(),
                _ => unreachable!(),
            });
        });
        let mut packed = Vec::new();
        deflate_message(&text, 15, 1, &mut packed);
        packed.extend([0, 0, 0xff, 0xff]);
        let mut out = Vec::with_capacity(2 * size);
        group.bench_function("bare", |b| {
            b.iter(|| {
                out.clear();
                let mut inflate = Decompress::new(false);
                inflate
                    .decompress_vec(black_box(&packed), &mut out, FlushDecompress::Sync)
                    .unwrap();
                std::str::from_utf8(&out).unwrap().len()
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(700))
        .sample_size(20);
    targets = send, receive, masking, deflate, inflate
}
criterion_main!(benches);
