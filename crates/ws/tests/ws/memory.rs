//! What is on the heap, counted: nothing for an idle connection, and never more than the limit for a
//! bomb.

use crate::common::{FIN, RSV1, TEXT, frame, prose};
use gompa_ws::deflate::{Params, deflate_message};
use gompa_ws::{Decoder, Error, Event, Kind, Limits, ProtocolError, Role, WebSocket};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Write};

/// Counts the bytes that each thread has, and has had at most.
struct Meter;

#[global_allocator]
static METER: Meter = Meter;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    LIVE.set(LIVE.get() + bytes);
    PEAK.set(PEAK.get().max(LIVE.get()));
}

// SAFETY: every call is handed on as it is; the counters, which need no destructor and so are there
// as long as their thread, neither allocate nor panic.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller answers for the layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller answers for the layout.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: the caller's block is one of ours, and so of the system's, with this layout.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        // SAFETY: as for `dealloc`; the caller answers for the new size.
        unsafe { System.realloc(block, layout, size) }
    }
}

/// A stream without memory: gives its bytes, then has nothing for now; what is written is gone.
struct Tape<'a>(&'a [u8]);

impl Read for Tape<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            n => Ok(n),
        }
    }
}

impl Write for Tape<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

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

/// Bytes on the heap for a connection that has had messages both ways and now waits: the median of
/// many, as now and then one fills a pool.
fn idle(deflate: Option<&Params>) -> isize {
    let text = prose(6000);
    let mut packed = Vec::new();
    deflate_message(&text, 15, 1, &mut packed);
    let key = Some([1, 2, 3, 4]);
    let mut wire = frame(FIN | TEXT, &text, key);
    if deflate.is_some() {
        wire.extend(frame(FIN | RSV1 | TEXT, &packed, key));
    }
    // In fragments, with a ping between.
    wire.extend(frame(TEXT, &text[..3000], key));
    wire.extend(frame(0x89, b"ping", key));
    wire.extend(frame(0x80, &text[3000..], key));
    let mut sockets = Vec::with_capacity(21);
    let mut held = Vec::with_capacity(21);
    for _ in 0..21 {
        let before = LIVE.get();
        let mut socket = WebSocket::new(Tape(&wire), Role::Server, Limits::DEFAULT, deflate, &[]);
        let mut messages = 0;
        loop {
            match socket.read() {
                Ok(Event::Text(got)) => {
                    assert!(got.as_bytes() == text);
                    messages += 1;
                }
                Ok(event) => assert_eq!(event, Event::Ping(b"ping")),
                Err(Error::Io(error)) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    break;
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(messages, if deflate.is_some() { 3 } else { 2 });
        socket.send(Kind::Text, &text).unwrap();
        socket.send(Kind::Text, b"short").unwrap();
        sockets.push(socket);
        held.push(LIVE.get() - before);
    }
    held.sort_unstable();
    held[held.len() / 2]
}

#[test]
fn an_idle_connection_holds_nothing() {
    assert_eq!(idle(None), 0);
    // The box that says how to inflate.
    let forgets = idle(Some(&params(true)));
    assert!(forgets <= 32, "{forgets}");
    // That this is seen at all: two windows and their states.
    let remembers = idle(Some(&params(false)));
    assert!(remembers > 100 << 10, "{remembers}");
}

#[test]
fn a_bomb_takes_no_more_than_the_limit() {
    let limit = 256 << 10;
    let mut bomb = Vec::new();
    deflate_message(&vec![b'0'; 4 << 20], 15, 1, &mut bomb);
    for forgets in [true, false] {
        let params = params(forgets);
        for one in [true, false] {
            let mut wire = match one {
                true => frame(FIN | RSV1 | TEXT, &bomb, None),
                false => frame(RSV1 | TEXT, &[], None),
            };
            for part in bomb.chunks(100).filter(|_| !one) {
                wire.extend(frame(0, part, None));
            }
            let mut decoder = Decoder::new(Role::Client, Limits::bytes(limit), Some(&params));
            let before = LIVE.get();
            PEAK.set(before);
            let error = decoder.step(&mut wire).unwrap_err();
            assert_eq!(error, ProtocolError::MessageTooBig { limit });
            // Beside the message an inflater.
            let most = limit as isize + (64 << 10);
            assert!(PEAK.get() - before <= most, "{}", PEAK.get() - before);
        }
    }
}

#[test]
fn what_is_announced_takes_nothing() {
    let mut decoder = Decoder::new(Role::Client, Limits::bytes(1 << 30), None);
    let before = LIVE.get();
    PEAK.set(before);
    let mut header = [0x82, 127, 0, 0, 0, 0, 0x40, 0, 0, 0];
    assert_eq!(decoder.step(&mut header).unwrap().event, None);
    assert!(decoder.step(&mut [7; 100]).unwrap().event.is_none());
    assert!(PEAK.get() - before < 1000, "{}", PEAK.get() - before);
}
