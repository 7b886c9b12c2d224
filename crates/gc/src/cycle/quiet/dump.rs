//! A dump of the heap, as [`dump_heap`](crate::dump_heap) describes it.

use super::walk::{Holder, Walk, type_name};
use crate::cycle::mark::Marker;
use crate::cycle::{background, request};
use crate::heap::region::region;
use std::fmt::Write;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Who waits for a dump.
static WANTED: Mutex<Vec<Sender<Arc<str>>>> = Mutex::new(Vec::new());

fn wanted() -> std::sync::MutexGuard<'static, Vec<Sender<Arc<str>>>> {
    WANTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether anybody waits for one.
pub(super) fn is_wanted() -> bool {
    !wanted().is_empty()
}

/// Cycles that may fail to hold everybody up.
const TRIES: usize = 5;

/// Runs a cycle; the heap at its end. `None` if somebody keeps a pin open and waits in it.
pub(crate) fn wait() -> Option<Arc<str>> {
    let (give, take) = channel();
    wanted().push(give);
    for _ in 0..TRIES {
        background::drive_until(request::forced());
        if let Ok(text) = take.try_recv() {
            return Some(text);
        }
    }
    None
}

/// While everybody is held up: for all who wait.
pub(super) fn take() {
    let all = std::mem::take(&mut *wanted());
    if all.is_empty() {
        return;
    }
    let text: Arc<str> = text(&Walk::everywhere()).into();
    for give in all {
        let _ = give.send(text.clone()); // it may have given up
    }
}

fn text(walk: &Walk) -> String {
    let mut text = String::new();
    let mut total = 0;
    for (holder, object) in &walk.roots {
        let _ = match holder {
            Holder::Slot(m) => write!(text, r#"{{"root":"scope","mutator":{m},"#),
            Holder::Finalizer => write!(text, r#"{{"root":"finalizer","#),
            Holder::Root | Holder::Object(..) => write!(text, r#"{{"root":"Root","#),
        };
        let _ = writeln!(text, r#""to":"{object:#x}"}}"#);
    }
    for &object in &walk.objects {
        let bytes = region().span_of(object).cell();
        total += bytes;
        let _ = write!(text, r#"{{"object":"{object:#x}","type":"#);
        quote(&mut text, type_name(object));
        let _ = write!(text, r#","bytes":{bytes},"to":["#);
        for (i, child) in Marker::children(object).into_iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let _ = write!(text, r#"{comma}"{child:#x}""#);
        }
        text.push_str("]}\n");
    }
    let (roots, objects) = (walk.roots.len(), walk.objects.len());
    let _ = writeln!(
        text,
        r#"{{"end":true,"roots":{roots},"objects":{objects},"bytes":{total}}}"#
    );
    text
}

/// A JSON string.
fn quote(text: &mut String, s: &str) {
    text.push('"');
    for c in s.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c < ' ' => _ = write!(text, "\\u{:04x}", u32::from(c)),
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_strings() {
        let mut text = String::new();
        super::quote(&mut text, "a\"b\\c\n<'_>");
        assert_eq!(text, r#""a\"b\\c\u000a<'_>""#);
    }
}
