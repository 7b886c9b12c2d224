//! Prometheus' text format, version 0.0.4.

use std::fmt::{self, Display, Write};

/// A page of metrics in the making.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes up only; its name ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
}

impl Page {
    /// A metric with its samples: label pairs and a value each.
    pub fn metric<'a, V: Display>(
        &mut self,
        kind: Kind,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Vec<(&'a str, String)>, V)>,
    ) {
        debug_assert_eq!(kind == Kind::Counter, name.ends_with("_total"), "{name}");
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        self.head(name, help, kind);
        for (labels, value) in samples {
            self.sample(name, &labels, value);
        }
    }

    /// A counter without labels.
    pub fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.metric(Kind::Counter, name, help, [(Vec::new(), value)]);
    }

    /// A gauge without labels.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.metric(Kind::Gauge, name, help, [(Vec::new(), value)]);
    }

    /// A histogram: how many fell into each bucket, by upper bound; the last has none.
    pub fn histogram(&mut self, name: &str, help: &str, buckets: &[(Option<f64>, u64)], sum: f64) {
        self.head(name, help, "histogram");
        let mut count = 0;
        for (bound, n) in buckets {
            count += n;
            let bound = bound.map_or("+Inf".into(), |b| b.to_string());
            self.sample(&format!("{name}_bucket"), &[("le", bound)], count);
        }
        self.sample(&format!("{name}_sum"), &[], sum);
        self.sample(&format!("{name}_count"), &[], count);
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.text
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, String)], value: impl Display) {
        self.line(format_args!("{name}"));
        for (i, (label, text)) in labels.iter().enumerate() {
            let open = if i == 0 { '{' } else { ',' };
            let text = text
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            self.line(format_args!("{open}{label}=\"{text}\""));
        }
        let close = if labels.is_empty() { "" } else { "}" };
        self.line(format_args!("{close} {value}\n"));
    }

    fn line(&mut self, text: fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("a string takes all");
    }
}
