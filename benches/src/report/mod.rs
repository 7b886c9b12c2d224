//! From the RESULT lines of many runs to a table in a Markdown file and a picture beside it.
//!
//! ```text
//! results/*.txt --gathered--> medians per (workload, contender, metric)
//!                   rows: which of them make a row, and the reach of each
//!                   compared: a row with ours, Go's, the best Rust peer's
//!                      table --> text between two marks of docs/benchmarks.md
//!                      chart --> docs/benchmarks.svg
//! ```

mod chart;
mod compared;
mod gathered;
mod rows;
mod splice;
#[cfg(test)]
mod splice_tests;
mod table;

use gathered::Gathered;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

/// The options of `report`.
#[derive(clap::Args, Clone, Debug)]
pub struct ReportArgs {
    /// Folder whose files `*.txt` hold RESULT lines; `machine.md` in it heads the table
    #[arg(long)]
    results: PathBuf,
    /// Markdown file whose part between the marks is replaced
    #[arg(long)]
    doc: PathBuf,
    /// SVG file to write
    #[arg(long)]
    svg: PathBuf,
}

/// Reads, and writes both files.
pub fn run(args: &ReportArgs) -> Result<(), Box<dyn Error>> {
    let gathered = Gathered::read(&args.results)?;
    let rows = compared::all(&gathered);
    if rows.is_empty() {
        return Err("no figure of gompa among the results".into());
    }
    let machine = fs::read_to_string(args.results.join("machine.md")).unwrap_or_default();
    let text = format!(
        "{machine}\n{}\n{}",
        table::compared(&rows),
        table::everything(&gathered)
    );
    let doc = fs::read_to_string(&args.doc)?;
    fs::write(&args.doc, splice::between_marks(&doc, &text)?)?;
    fs::write(&args.svg, chart::draw(&rows))?;
    eprintln!(
        "{} rows to {} and {}",
        rows.len(),
        args.doc.display(),
        args.svg.display()
    );
    Ok(())
}
