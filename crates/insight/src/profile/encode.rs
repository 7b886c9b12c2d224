//! Samples in the form of pprof's `profile.proto`, gzipped: names are in it, so that it can be read
//! anywhere.

use super::mappings::Mappings;
use super::proto::Message;
use super::samples::{Key, Samples, Site, ValueType};
use flate2::Compression;
use flate2::write::GzEncoder;
use gompa_sched::debug::is_ours;
use gompa_unwind::names::Names;
use std::collections::HashMap;
use std::io::{self, Write};
use std::time::SystemTime;

/// The numbers of the fields.
mod field {
    pub(super) mod profile {
        pub(in super::super) const SAMPLE_TYPE: u64 = 1;
        pub(in super::super) const SAMPLE: u64 = 2;
        pub(in super::super) const MAPPING: u64 = 3;
        pub(in super::super) const LOCATION: u64 = 4;
        pub(in super::super) const FUNCTION: u64 = 5;
        pub(in super::super) const STRING: u64 = 6;
        pub(in super::super) const TIME: u64 = 9;
        pub(in super::super) const DURATION: u64 = 10;
        pub(in super::super) const PERIOD_TYPE: u64 = 11;
        pub(in super::super) const PERIOD: u64 = 12;
        pub(in super::super) const COMMENT: u64 = 13;
        pub(in super::super) const SHOWN_FIRST: u64 = 14;
    }
}
use field::profile;

/// Writes `samples`.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(mut samples: Samples, out: &mut dyn Write) -> io::Result<()> {
    let mut encoder = Encoder::default();
    encoder.text("");
    samples.trim(&mut encoder.names);
    let whole = encoder.profile(&samples);
    let mut gz = GzEncoder::new(out, Compression::fast());
    gz.write_all(whole.bytes())?;
    gz.finish()?.flush()
}

/// A place as pprof knows it.
#[derive(PartialEq, Eq, Hash)]
enum Place {
    Code(usize),
    Site(Site),
    Allocated(&'static str, Site),
    Words(&'static str),
}

#[derive(Default)]
struct Encoder {
    names: Names,
    mappings: Mappings,
    system_frames: bool,
    /// Texts, functions and locations by their numbers; messages of the latter two as they were
    /// made.
    texts: HashMap<String, u64>,
    text_list: Vec<String>,
    functions: HashMap<(u64, u64), u64>,
    function_messages: Vec<Message>,
    /// 0: nothing to show of it.
    locations: HashMap<Place, u64>,
    location_messages: Vec<Message>,
}

impl Encoder {
    fn profile(&mut self, samples: &Samples) -> Message {
        let mut whole = Message::new();
        self.system_frames = samples.system_frames;
        for value in &samples.types {
            whole.message(profile::SAMPLE_TYPE, |m| self.value_type(m, *value));
        }
        for (key, values) in samples.sorted() {
            whole.message(profile::SAMPLE, |m| self.sample(m, key, values));
        }
        for (i, mapping) in self.mappings.all().enumerate() {
            let file = number_of(&mut self.texts, &mut self.text_list, &mapping.file);
            whole.message(profile::MAPPING, |m| {
                m.number(1, i as u64 + 1);
                m.number(2, mapping.start);
                m.number(3, mapping.end);
                m.number(4, mapping.offset);
                m.number(5, file);
                // Names are all here: tools need not look into the file.
                (7..=10).for_each(|what| m.flag(what, true));
            });
        }
        for location in &self.location_messages {
            whole.part(profile::LOCATION, location.bytes());
        }
        for function in &self.function_messages {
            whole.part(profile::FUNCTION, function.bytes());
        }
        let time = samples.time.duration_since(SystemTime::UNIX_EPOCH);
        whole.number(profile::TIME, time.map_or(0, |t| t.as_nanos() as u64));
        let duration = samples.duration.unwrap_or_default();
        whole.number(profile::DURATION, duration.as_nanos() as u64);
        if let Some((what, period)) = samples.period {
            whole.message(profile::PERIOD_TYPE, |m| self.value_type(m, what));
            whole.signed(profile::PERIOD, period);
        }
        let comments: Vec<u64> = samples.comments.iter().map(|c| self.text(c)).collect();
        whole.numbers(profile::COMMENT, comments);
        let shown_first = samples.shown_first.map_or(0, |name| self.text(name));
        whole.number(profile::SHOWN_FIRST, shown_first);
        for text in &self.text_list {
            whole.part(profile::STRING, text.as_bytes());
        }
        whole
    }

    fn value_type(&mut self, m: &mut Message, (name, unit): ValueType) {
        m.number(1, self.text(name));
        m.number(2, self.text(unit));
    }

    fn sample(&mut self, m: &mut Message, key: &Key, values: &[i64]) {
        let mut locations = Vec::with_capacity(key.stack.len() + 2);
        if let Some((what, site)) = key.allocated {
            locations.push(self.location(Place::Allocated(what, site)));
        }
        for at in &key.stack {
            locations.push(self.location(Place::Code(*at)));
        }
        locations.extend(key.instead.map(|words| self.location(Place::Words(words))));
        locations.extend(key.root.map(|site| self.location(Place::Site(site))));
        m.numbers(1, locations.into_iter().filter(|l| *l != 0));
        m.numbers(2, values.iter().map(|v| *v as u64));
        for (name, word) in &key.labels {
            m.message(3, |m| {
                m.number(1, self.text(name));
                m.number(2, self.text(word));
            });
        }
        for (name, number) in &key.numbers {
            m.message(3, |m| {
                m.number(1, self.text(name));
                m.signed(3, *number);
            });
        }
    }

    fn text(&mut self, text: &str) -> u64 {
        number_of(&mut self.texts, &mut self.text_list, text)
    }

    fn location(&mut self, place: Place) -> u64 {
        if let Some(known) = self.locations.get(&place) {
            return *known;
        }
        let lines: Vec<(u64, u32)> = match place {
            Place::Code(at) => {
                let frames = self.names.of(at).clone();
                let all = self.system_frames;
                let shown = frames.iter().filter(|f| all || !is_ours(&f.function));
                shown
                    .map(|f| {
                        let file = f.file.as_ref().map(|f| f.display().to_string());
                        (
                            self.function(&f.function, &file.unwrap_or_default()),
                            f.line,
                        )
                    })
                    .collect()
            }
            Place::Site(site) => {
                let name = format!("go {}:{}", site.file(), site.line());
                vec![(self.function(&name, site.file()), site.line())]
            }
            Place::Allocated(what, site) => {
                // Lines of one type are told apart in `-top`, too.
                let name = format!("{what} at {}:{}", site.file(), site.line());
                vec![(self.function(&name, site.file()), site.line())]
            }
            Place::Words(words) => vec![(self.function(words, ""), 0)],
        };
        let mut number = 0;
        if !lines.is_empty() {
            let mut m = Message::new();
            number = self.location_messages.len() as u64 + 1;
            m.number(1, number);
            if let Place::Code(at) = place {
                m.number(2, self.mappings.find(at as u64));
                m.number(3, at as u64);
            }
            for (function, line) in lines {
                m.message(4, |m| {
                    m.number(1, function);
                    m.number(2, line.into());
                });
            }
            self.location_messages.push(m);
        }
        self.locations.insert(place, number);
        number
    }

    fn function(&mut self, name: &str, file: &str) -> u64 {
        let key = (self.text(name), self.text(file));
        let next = self.functions.len() as u64 + 1;
        let number = *self.functions.entry(key).or_insert(next);
        if number == next {
            let mut m = Message::new();
            m.number(1, number);
            m.number(2, key.0);
            m.number(3, key.0);
            m.number(4, key.1);
            self.function_messages.push(m);
        }
        number
    }
}

fn number_of(known: &mut HashMap<String, u64>, list: &mut Vec<String>, text: &str) -> u64 {
    if let Some(number) = known.get(text) {
        return *number;
    }
    let number = list.len() as u64;
    list.push(text.to_owned());
    known.insert(text.to_owned(), number);
    number
}
