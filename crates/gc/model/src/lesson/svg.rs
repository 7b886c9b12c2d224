//! How a run is drawn: a strip for each step, with A and B to the left, R and the objects to the
//! right.

use super::{A, B, F, Frame, G, Lesson, V, W};
use crate::state::{NIL, State};
use std::fmt::Write;

const WIDTH: u32 = 760;
const STRIP: u32 = 118;
const TOP: u32 = 56;

/// An object or a mutator, as far as the collector has come with it.
#[derive(Clone, Copy)]
enum Colour {
    White,
    Grey,
    Black,
}

impl Colour {
    fn fill(self) -> (&'static str, &'static str) {
        match self {
            Colour::White => ("#ffffff", "#222222"),
            Colour::Grey => ("#b8b8b8", "#222222"),
            Colour::Black => ("#333333", "#ffffff"),
        }
    }
}

fn colour(s: &State, object: u8) -> Colour {
    let bit = 1 << object;
    let is_grey = s.grey & bit != 0 || s.held & bit != 0 || s.m.iter().any(|m| m.log & bit != 0);
    if s.mark & bit != 0 && s.grey & bit == 0 && s.held & bit == 0 {
        Colour::Black
    } else if is_grey {
        Colour::Grey
    } else {
        Colour::White
    }
}

pub(super) fn draw(lesson: &Lesson, frames: &[Frame]) -> String {
    let height = TOP + STRIP * frames.len() as u32 + 44;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"15\">\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fcfcf8\"/>\n"
    );
    text(&mut out, 20, 34, "start", 21, "#222222", lesson.title);
    for (n, frame) in frames.iter().enumerate() {
        strip(&mut out, n, frame);
    }
    let colour = if lesson.lost.is_empty() {
        "#1a6b2f"
    } else {
        "#b01818"
    };
    text(&mut out, 20, height - 16, "start", 16, colour, lesson.moral);
    out.push_str("</svg>\n");
    out
}

fn strip(out: &mut String, n: usize, frame: &Frame) {
    let top = TOP + STRIP * n as u32;
    let back = if frame.stop { "#ffe9c9" } else { "#ffffff" };
    let _ = writeln!(
        out,
        "<rect x=\"12\" y=\"{top}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"{back}\" stroke=\"#cccccc\"/>",
        WIDTH - 24,
        STRIP - 8
    );
    let caption = format!("{}  {}", n + 1, frame.caption);
    text(out, 24, top + 22, "start", 15, "#222222", &caption);
    let s = &frame.state;
    let middle = top + 66;
    for (i, name, x) in [(A, "A", 110), (B, "B", 240)] {
        let m = &s.m[i];
        let scanned = if m.scan == 2 {
            Colour::Black
        } else {
            Colour::White
        };
        cell(out, x - 34, middle, 26, scanned, name);
        let held = name_of(m.slot[0]);
        cell(out, x, middle, 40, Colour::White, held);
    }
    cell(out, 380, middle, 26, colour(s, 0), "R");
    for (field, name, y) in [(F, "f", middle - 15), (G, "g", middle + 15)] {
        let value = s.field[usize::from(field)];
        text(out, 412, y + 5, "start", 14, "#222222", &format!("{name}:"));
        if value == NIL {
            text(out, 432, y + 5, "start", 14, "#777777", "nil");
        } else {
            let to = if value == W { middle - 18 } else { middle + 18 };
            let _ = writeln!(
                out,
                "<line x1=\"434\" y1=\"{y}\" x2=\"563\" y2=\"{to}\" stroke=\"#222222\" marker-end=\"url(#head)\"/>"
            );
        }
    }
    for (object, y) in [(W, middle - 18), (V, middle + 18)] {
        let (fill, ink) = colour(s, object).fill();
        let _ = writeln!(
            out,
            "<circle cx=\"580\" cy=\"{y}\" r=\"16\" fill=\"{fill}\" stroke=\"#222222\"/>"
        );
        text(out, 580, y + 5, "middle", 15, ink, name_of(object));
        if frame.lost & (1 << object) != 0 {
            let (up, down) = (y - 16, y + 16);
            let _ = writeln!(
                out,
                "<path d=\"M562 {up}L598 {down}M562 {down}L598 {up}\" stroke=\"#d01818\" stroke-width=\"4\"/>"
            );
            text(out, 612, y + 5, "start", 15, "#b01818", "in use, and freed");
        } else if s.m.iter().any(|m| m.log & (1 << object) != 0) {
            text(out, 612, y + 5, "start", 14, "#666666", "shaded");
        }
    }
}

fn name_of(object: u8) -> &'static str {
    match object {
        NIL => "-",
        W => "w",
        _ => "v",
    }
}

/// A box of that width around `x`.
fn cell(out: &mut String, x: u32, y: u32, width: u32, colour: Colour, word: &str) {
    let (fill, ink) = colour.fill();
    let _ = writeln!(
        out,
        "<rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"28\" fill=\"{fill}\" stroke=\"#222222\"/>",
        x - width / 2,
        y - 14
    );
    text(out, x, y + 5, "middle", 15, ink, word);
}

fn text(out: &mut String, x: u32, y: u32, anchor: &str, size: u32, fill: &str, words: &str) {
    let _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"{fill}\">{words}</text>"
    );
}
