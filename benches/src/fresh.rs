//! Measurements that want a process of their own each time: this program runs itself with
//! `--child`, and the child says what it found in lines `VALUE <name> <number>`.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::{Command, Stdio};

/// The values of several children by name, in the order of the runs.
pub type Values = BTreeMap<String, Vec<f64>>;

/// Says one value to the parent.
pub fn value(name: &str, value: f64) {
    println!("VALUE {name} {value}");
}

/// Runs this process' own command line `times` times in new processes, with `extra` arguments.
pub fn children(times: u32, extra: &[&str]) -> Result<Values, Box<dyn Error>> {
    let mut values = Values::new();
    for _ in 0..times {
        let output = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .arg("--child")
            .args(extra)
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(format!("a fresh process failed: {}", output.status).into());
        }
        for line in String::from_utf8(output.stdout)?.lines() {
            eprintln!("{line}");
            if let Some((name, number)) = parse(line) {
                values.entry(name.to_owned()).or_default().push(number);
            }
        }
    }
    Ok(values)
}

fn parse(line: &str) -> Option<(&str, f64)> {
    let (name, number) = line.strip_prefix("VALUE ")?.split_once(' ')?;
    Some((name, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn values_are_read_back() {
        assert_eq!(parse("VALUE rss 12.5"), Some(("rss", 12.5)));
        assert_eq!(parse("VALUE rss"), None);
        assert_eq!(parse("RESULT rss 12.5"), None);
    }
}
