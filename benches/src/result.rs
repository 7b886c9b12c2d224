//! RESULT lines: how a figure is said, and how a line is read back.

use crate::setup::Setup;

/// One `RESULT <workload> <contender> <metric> <value> <unit>`.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultLine {
    /// What was done, as `spsc`.
    pub workload: String,
    /// Who did it, as `gompa` or `go1.27`.
    pub contender: String,
    /// What was measured, with the number of Ps, as `ns_per_msg@P2`.
    pub metric: String,
    /// The figure.
    pub value: f64,
    /// Its unit, as `ns`.
    pub unit: String,
}

impl ResultLine {
    /// Reads a line; `None` if it is no RESULT line or its value is no number.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        if words.next() != Some("RESULT") {
            return None;
        }
        let mut next = || words.next().map(str::to_owned);
        Some(ResultLine {
            workload: next()?,
            contender: next()?,
            metric: next()?,
            value: next()?.parse().ok()?,
            unit: next()?,
        })
    }
}

/// Prints the repetitions as a remark and their median as the result.
pub fn report(setup: &Setup, workload: &str, metric: &str, values: &[f64], unit: &str) {
    let (contender, metric) = (setup.contender.name(), setup.at_p(metric));
    let all: Vec<String> = values.iter().map(|v| number(*v)).collect();
    println!("# reps {workload} {contender} {metric}: {}", all.join(" "));
    println!(
        "RESULT {workload} {contender} {metric} {} {unit}",
        number(median(values))
    );
}

/// The middle value; the mean of the middle two if their number is even.
///
/// # Panics
/// If there is no value.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}

/// Four significant digits, never an exponent.
pub fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 1000.0 => format!("{value:.0}"),
        v if v >= 100.0 => format!("{value:.1}"),
        v if v >= 10.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back() {
        let line = ResultLine::parse("RESULT yield go1.27 ns_per_yield@P1 69.80 ns").unwrap();
        assert_eq!(
            line,
            ResultLine {
                workload: "yield".into(),
                contender: "go1.27".into(),
                metric: "ns_per_yield@P1".into(),
                value: 69.8,
                unit: "ns".into(),
            }
        );
    }

    #[test]
    fn what_is_no_figure_is_left_out() {
        for line in [
            "",
            "# reps spawn gompa ns_per_task@P1: 1 2 3",
            "RESULT fairness tokio verdict@P2 starved -",
            "RESULT spawn gompa ns_per_task@P1",
            "FAILED spawn gompa",
        ] {
            assert_eq!(ResultLine::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }

    #[test]
    fn numbers_keep_four_digits() {
        let said: Vec<String> = [0.12345, 12.345, 123.45, 1234.5].map(number).into();
        assert_eq!(said, ["0.123", "12.35", "123.5", "1234"]);
    }
}
