//! The pictures in the documentation are those of the model.

use gompa_gc_model::lesson::LESSONS;
use gompa_gc_model::state::NIL;
use std::path::Path;

#[test]
fn the_pictures_are_up_to_date() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/gc");
    for lesson in LESSONS {
        let there = std::fs::read_to_string(docs.join(lesson.file)).unwrap_or_default();
        assert!(
            there == lesson.picture(),
            "docs/gc/{} is not what the model draws; make it anew: \
             cargo run --release -p gompa-gc-model -- pictures docs/gc",
            lesson.file
        );
    }
}

/// Each run ends as its lesson says: the same program, the same end, and what is lost or not.
#[test]
fn each_lesson_is_true() {
    for lesson in LESSONS {
        let frames = lesson.frames();
        let last = frames.last().unwrap();
        assert_eq!(last.state.m[0].slot[0], 1, "A holds w");
        assert_eq!((last.state.field[0], last.state.field[4]), (NIL, 2));
        let lost = lesson.lost.iter().fold(0, |set, o| set | 1 << o);
        assert_eq!(last.lost, lost, "{}", lesson.title);
        let stops = frames.iter().filter(|f| f.stop).count();
        assert_eq!(stops > 0, lesson.title.contains("stop"), "{}", lesson.title);
    }
}
