//! Checks the variants in the largest world that fits: `gompa-gc-model [-v] [objects=N] [limit=N] [part of a name]`;
//! or draws the lessons: `gompa-gc-model pictures [folder]`.

use gompa_gc_model::lesson::LESSONS;
use gompa_gc_model::search::{Outcome, search};
use gompa_gc_model::variants::ALL;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("pictures") {
        return pictures(std::env::args().nth(2).as_deref().unwrap_or("docs/gc"));
    }
    let mut verbose = false;
    let mut objects = 3;
    let mut limit = 60_000_000;
    let mut part = String::new();
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some(("objects", n)) => objects = n.parse().expect("a number of objects, 2 to 4"),
            Some(("limit", n)) => limit = n.parse().expect("a number of states"),
            _ if argument == "-v" => verbose = true,
            _ => part = argument,
        }
    }
    let mut surprises = 0;
    for v in ALL.iter().filter(|v| v.name.contains(&part)) {
        let mut config = v.config;
        config.objects = v.objects.max(objects);
        let began = Instant::now();
        let outcome = search(&config, limit);
        let (said, broken) = match &outcome {
            Outcome::Holds { states } => (format!("holds, all of {states} states"), false),
            Outcome::Unfinished { states } => {
                (format!("unfinished after {states} states"), !v.holds)
            }
            Outcome::Broken { violation, path } => {
                (format!("{} after {} steps", violation.0, path.len()), true)
            }
        };
        println!(
            "{:60} {:6.1} s  {said}",
            v.name,
            began.elapsed().as_secs_f64()
        );
        if let (true, Outcome::Broken { path, .. }) = (verbose, &outcome) {
            path.iter().for_each(|s| println!("    {s}"));
        }
        if broken == v.holds {
            surprises += 1;
            println!("    THIS IS A SURPRISE");
        }
    }
    ExitCode::from(u8::from(surprises > 0))
}

fn pictures(folder: &str) -> ExitCode {
    for lesson in LESSONS {
        let path = std::path::Path::new(folder).join(lesson.file);
        if let Err(e) = std::fs::write(&path, lesson.picture()) {
            eprintln!("{}: {e}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
