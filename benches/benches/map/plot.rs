//! The picture: for each contender, what share of its operations took longer than so long. Both axes
//! are logarithmic. To the left and below is better.

use super::report::{Latencies, Measured, nanoseconds};
use std::fmt::Write;

/// Those that are drawn, each with a colour.
const DRAWN: [(&str, &str); 5] = [
    ("gompa", "#d62728"),
    ("hashbrown+ahash", "#1f77b4"),
    ("griddle", "#2ca02c"),
    ("go1.27", "#9467bd"),
    ("go1.23", "#8c564b"),
];
const PANELS: [(&str, &str); 2] = [
    ("insert", "16 million insertions from empty"),
    ("delete", "16 million removals, until empty"),
];

/// A panel.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 330.0;
const MARGIN: f64 = 60.0;

/// The axes: decades of nanoseconds, and of shares.
const FROM: f64 = 1.0;
const DECADES: f64 = 8.0;
const RAREST: f64 = 7.5;

fn x(nanoseconds: f64) -> f64 {
    (nanoseconds.log10() - FROM).clamp(0.0, DECADES) / DECADES * WIDTH
}

fn y(share: f64) -> f64 {
    -share.log10().clamp(-RAREST, 0.0) / RAREST * HEIGHT
}

/// The whole picture.
pub fn tails(measured: &Measured) -> String {
    let width = 2.0 * (WIDTH + MARGIN) + MARGIN;
    let height = HEIGHT + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" \
         fill=\"white\"/>\n"
    );
    for (n, (what, title)) in PANELS.into_iter().enumerate() {
        let left = MARGIN + n as f64 * (WIDTH + MARGIN);
        let _ = writeln!(svg, "<g transform=\"translate({left} {MARGIN})\">");
        axes(&mut svg, title);
        for (contender, colour) in DRAWN {
            let of = measured
                .ordered()
                .find(|of| (of.0, of.1) == (what, contender));
            if let Some((.., of)) = of {
                let _ = writeln!(
                    svg,
                    "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"/>",
                    path(of)
                );
            }
        }
        svg += "</g>\n";
    }
    for (n, (contender, colour)) in DRAWN.into_iter().enumerate() {
        let (x, y) = (MARGIN + n as f64 * 150.0, height - 8.0);
        let _ = writeln!(
            svg,
            "<path d=\"M{x} {} h20\" stroke=\"{colour}\" stroke-width=\"3\"/>\
             <text x=\"{}\" y=\"{y}\">{contender}</text>",
            y - 4.0,
            x + 26.0
        );
    }
    svg + "</svg>\n"
}

fn axes(svg: &mut String, title: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"0\" y=\"-24\" font-size=\"14\">{title}</text>\
         <text x=\"0\" y=\"-8\" fill=\"#555\">share of operations that took longer</text>"
    );
    let names = [
        "10 ns", "100 ns", "1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s",
    ];
    for (n, name) in names.into_iter().enumerate() {
        let at = n as f64 / DECADES * WIDTH;
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.1} 0 v{HEIGHT}\" stroke=\"#ddd\"/>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{name}</text>",
            HEIGHT + 16.0
        );
    }
    for n in 0..8 {
        let at = y(10_f64.powi(-n));
        let name = match n {
            0 => "1".to_owned(),
            n => format!("10<tspan dy=\"-4\" font-size=\"8\">-{n}</tspan>"),
        };
        let _ = writeln!(
            svg,
            "<path d=\"M0 {at:.1} h{WIDTH}\" stroke=\"#ddd\"/>\
             <text x=\"-8\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
            at + 4.0
        );
    }
}

/// A stair: each step of the histogram takes its operations off the share that took longer.
fn path(of: &Latencies) -> String {
    let all: u64 = of.counts.values().sum();
    let mut left = all;
    let mut path = format!("M0 {:.1}", y(1.0));
    for (step, count) in &of.counts {
        left -= count;
        let end = match left {
            0 => of.longest,
            _ => nanoseconds(step + 1),
        };
        let _ = write!(path, " H{:.1}", x(end));
        if left > 0 {
            let _ = write!(path, " V{:.1}", y(left as f64 / all as f64));
        }
    }
    let _ = write!(path, " V{HEIGHT}");
    path
}
