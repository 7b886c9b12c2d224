//! The picture: for every row the cost relative to Go's, ours and the best Rust peer's.
//!
//! ```text
//!  spawn  ns per task, P=1   #######            | 0.25      # ours
//!                            -----              | 0.17      - best Rust peer
//!  yield  ...                ##########         |           | Go
//! ```
//! It brings its own background, light or dark as the reader's system, so that it can be read on
//! any page.

use super::compared::Compared;
use super::table::{metric, name};
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const ROW: f64 = 34.0;
const TOP: f64 = 64.0;
/// Where the bars begin and where they end at the latest.
const LEFT: f64 = 250.0;
const RIGHT: f64 = 690.0;
/// Between a bar and its label.
const GAP: f64 = 6.0;
/// How wide a letter is, about.
const LETTER: f64 = 7.0;
/// The greatest cost that is drawn; a longer bar is cut and says so.
const LONGEST: f64 = 1.75;

const STYLE: &str = "\
    .page { fill: #ffffff; } .text { fill: #1f2328; } .soft { fill: #59636e; }\n\
    .ours { fill: #1a7f37; } .peer { fill: #a475f9; } .go { stroke: #cf222e; }\n\
    text { font: 12px system-ui, sans-serif; } .head { font-size: 15px; font-weight: 600; }\n\
    @media (prefers-color-scheme: dark) {\n\
    .page { fill: #0d1117; } .text { fill: #e6edf3; } .soft { fill: #9198a1; }\n\
    .ours { fill: #3fb950; } .peer { fill: #ab7df8; } .go { stroke: #f85149; }\n\
    }";

/// The SVG of all rows that have a figure of Go.
pub fn draw(rows: &[Compared<'_>]) -> String {
    let rows: Vec<_> = rows.iter().filter(|row| row.go.is_some()).collect();
    let height = TOP + ROW * rows.len() as f64 + 16.0;
    let mut svg = Svg::open(height);
    svg.text(
        16.0,
        26.0,
        "text head",
        "Cost relative to Go: shorter is better, the line is Go",
    );
    svg.bar("ours", 16.0, 38.0, 12.0, 8.0);
    svg.text(34.0, 46.0, "soft", "gompa");
    svg.bar("peer", 90.0, 38.0, 12.0, 8.0);
    svg.text(
        108.0,
        46.0,
        "soft",
        "best Rust peer, named at its bar;  ¹ without own thread-locals",
    );
    for (index, row) in rows.iter().enumerate() {
        svg.row(TOP + ROW * index as f64, row);
    }
    let go = x_of(1.0);
    svg.line("go", go, TOP - 6.0, height - 12.0);
    svg.close()
}

fn x_of(cost: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * cost.min(LONGEST) / LONGEST
}

/// An SVG under construction.
struct Svg(String);

impl Svg {
    fn open(height: f64) -> Self {
        Svg(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
             <title>Cost of gompa and of the best Rust peer relative to Go</title>\n\
             <style>\n{STYLE}\n</style>\n\
             <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>\n"
        ))
    }

    fn row(&mut self, y: f64, row: &Compared<'_>) {
        self.text(16.0, y + 12.0, "text", &name(row));
        self.text(
            16.0,
            y + 25.0,
            "soft",
            &metric(row.row.metric, &row.ours.unit),
        );
        self.value("ours", y + 2.0, row.cost(row.ours.median()), "text", "");
        if let Some((peer, value)) = row.peer {
            self.value("peer", y + 15.0, row.cost(value), "soft", peer);
        }
    }

    /// A bar with its cost and a word behind it.
    fn value(&mut self, class: &str, y: f64, cost: Option<f64>, text: &str, word: &str) {
        let Some(cost) = cost else { return };
        let (end, cut) = (x_of(cost), cost > LONGEST);
        self.bar(class, LEFT, y, end - LEFT, 10.0);
        let more = if cut { "→ " } else { "" };
        let label = format!("{more}{cost:.2} {word}");
        // Behind the line of Go where it would strike through the label.
        let (line, wide) = (x_of(1.0), LETTER * label.chars().count() as f64);
        let x = if end < line && end + GAP + wide > line {
            line
        } else {
            end
        };
        self.text(x + GAP, y + 9.5, text, &label);
    }

    fn bar(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.0,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{:.1}\" height=\"{height}\"/>",
            width.max(1.0)
        );
    }

    fn line(&mut self, class: &str, x: f64, from: f64, to: f64) {
        let _ = writeln!(
            self.0,
            "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{from}\" y2=\"{to}\"/>"
        );
    }

    fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let text = text.trim().replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(
            self.0,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y}\">{text}</text>"
        );
    }

    fn close(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::compared::all;
    use super::super::gathered::Gathered;
    use super::*;

    fn picture(lines: &[&str]) -> String {
        let mut gathered = Gathered::default();
        lines.iter().for_each(|line| gathered.add(line));
        draw(&all(&gathered))
    }

    #[test]
    fn a_row_has_both_bars() {
        let svg = picture(&[
            "RESULT mpmc gompa ns_per_msg@P2 10 ns",
            "RESULT mpmc go1.27 ns_per_msg@P2 40 ns",
            "RESULT mpmc a<b ns_per_msg@P2 20 ns",
        ]);
        assert!(svg.contains(">0.25</text>"), "{svg}");
        assert!(svg.contains(">0.50 a&lt;b</text>"), "{svg}");
        assert_eq!(svg.matches("class=\"ours\"").count(), 2, "legend and bar");
    }

    #[test]
    fn a_bar_too_long_is_cut() {
        let svg = picture(&[
            "RESULT mpmc gompa ns_per_msg@P2 400 ns",
            "RESULT mpmc go1.27 ns_per_msg@P2 40 ns",
        ]);
        assert!(svg.contains("→ 10.00"), "{svg}");
        assert!(
            svg.contains(&format!("width=\"{:.1}\"", RIGHT - LEFT)),
            "{svg}"
        );
    }

    #[test]
    fn without_go_there_is_nothing_to_relate_to() {
        let svg = picture(&["RESULT mpmc gompa ns_per_msg@P2 10 ns"]);
        assert_eq!(svg.matches("class=\"ours\"").count(), 1, "only the legend");
    }
}
