//! One little program, run under six barriers, as pictures: what each half of the barrier is for, and
//! what a collector pays that has only one.
//!
//! ```text
//!   R.f points to w; B holds v, which nothing else points to
//!   A:  slot = R.f;  R.f = nil
//!   B:  R.g = slot;  slot = nil
//! ```
//! In the end both objects are in use: A holds w, and R.g points to v. The schedule is the same in all
//! six runs; each step is the model's own, so the pictures show what the checked protocol does.

mod svg;

use crate::config::Config;
use crate::state::{NIL, Op, State, Violation};
use crate::{collector, mutator};

/// Mutators, as the lesson calls them.
const A: usize = 0;
const B: usize = 1;
/// Objects.
const W: u8 = 1;
const V: u8 = 2;
/// The root's fields.
const F: u8 = 0;
const G: u8 = 4;

/// A barrier.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    /// The picture's file.
    pub file: &'static str,
    /// What is over it.
    pub title: &'static str,
    /// What is under it.
    pub moral: &'static str,
    /// The protocol.
    pub config: Config,
    /// What is freed although it is in use.
    pub lost: &'static [u8],
}

const PLAIN: Config = Config {
    objects: 3,
    two_fields: true,
    allocation: false,
    marker: true,
    self_scan: false,
    ..Config::GOOD
};
const INSERTION: Config = Config {
    deletion: false,
    ..PLAIN
};
const DELETION: Config = Config {
    insertion: false,
    ..PLAIN
};

/// All six.
pub const LESSONS: &[Lesson] = &[
    Lesson {
        file: "barrier-none.svg",
        title: "No barrier",
        moral: "Both objects are in use, and both are freed.",
        config: Config {
            deletion: false,
            insertion: false,
            ..PLAIN
        },
        lost: &[W, V],
    },
    Lesson {
        file: "barrier-insertion.svg",
        title: "Insertion half only",
        moral: "v is saved by the store of B. A had been looked at before it loaded w: w is lost.",
        config: INSERTION,
        lost: &[W],
    },
    Lesson {
        file: "barrier-insertion-stop.svg",
        title: "Insertion half only, and a stop at the end",
        moral: "Nothing is lost, but all mutators stand still while all are scanned again.",
        config: Config {
            stop_to_scan_again: true,
            ..INSERTION
        },
        lost: &[],
    },
    Lesson {
        file: "barrier-deletion.svg",
        title: "Deletion half only",
        moral: "w is saved by the store of A. B put v where the marker had been, and let it go: v is lost.",
        config: DELETION,
        lost: &[V],
    },
    Lesson {
        file: "barrier-deletion-stop.svg",
        title: "Deletion half only, and a stop at the beginning",
        moral: "Nothing is lost, but all mutators stand still while all are scanned.",
        config: Config {
            stop_to_scan: true,
            ..DELETION
        },
        lost: &[],
    },
    Lesson {
        file: "barrier-hybrid.svg",
        title: "Both halves",
        moral: "Nothing is lost, and nobody has stood still: each mutator is scanned once, at any time.",
        config: PLAIN,
        lost: &[],
    },
];

/// A step, as it is shown.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What has been done.
    pub caption: String,
    /// What has come of it.
    pub state: State,
    /// All mutators had to stand still for it.
    pub stop: bool,
    /// Objects that are freed although they are in use.
    pub lost: u8,
}

/// A run that goes on.
struct Run {
    config: Config,
    state: State,
    frames: Vec<Frame>,
}

impl Lesson {
    /// The run, step by step.
    pub fn frames(&self) -> Vec<Frame> {
        let mut run = Run {
            config: self.config,
            state: State::first(&self.config),
            frames: Vec::new(),
        };
        run.state.m[A].slot[0] = NIL;
        run.state.m[B].slot[0] = V;
        run.play();
        run.frames
    }

    /// The picture.
    pub fn picture(&self) -> String {
        svg::draw(self, &self.frames())
    }
}

impl Run {
    fn play(&mut self) {
        let c = self.config;
        let barrier = match (c.deletion, c.insertion) {
            (true, true) => "stores shade the old value and the new one",
            (true, false) => "stores shade the old value",
            (false, true) => "stores shade the new value",
            (false, false) => "stores do nothing more than store",
        };
        self.show("R.f points to w, B holds v", false);
        self.collect_to(5);
        self.show(&format!("Marking is announced: {barrier}"), false);
        self.collect_to(8);
        if c.stop_to_scan {
            self.collect_to(16);
            self.show("STOP: A and B are scanned at one moment; v is grey", true);
        } else {
            self.collect_to(12);
            self.show(
                "The collector scans A, which holds nothing: A is black",
                false,
            );
        }
        self.mark(); // takes R
        self.mark();
        self.show(
            "A marker has looked at R.g, which is nil, and not yet at R.f",
            false,
        );
        self.operate(A, Op::Get, F, NIL);
        self.show(
            "A loads w from R.f: its slot will not be looked at again",
            false,
        );
        self.operate(A, Op::Set, F, NIL);
        let shaded = self.is_logged(W);
        self.show(&format!("A clears R.f{}", told(shaded, "w")), false);
        self.operate(B, Op::Set, G, V);
        let shaded = self.is_logged(V);
        self.show(&format!("B stores v in R.g{}", told(shaded, "v")), false);
        self.operate(B, Op::Pop, 0, NIL);
        self.show("B lets v go: R.g alone leads to it", false);
        if !c.stop_to_scan {
            self.collect_to(16);
            self.show(
                "The collector scans B, which holds nothing: B is black",
                false,
            );
        }
        self.mark();
        self.show(
            "The marker has looked at R.f, which is nil: R is black",
            false,
        );
        self.collect_while_at_16();
        self.show(
            "Whatever is grey or was shaded is marked; nothing is left",
            false,
        );
        self.collect_to(20);
        self.collect_to(21);
        if c.stop_to_scan_again {
            self.show("STOP: A and B are scanned again; w is marked", true);
        }
        self.verdict();
    }

    fn show(&mut self, caption: &str, stop: bool) {
        self.frames.push(Frame {
            caption: caption.into(),
            state: self.state,
            stop,
            lost: 0,
        });
    }

    fn is_logged(&self, object: u8) -> bool {
        self.state.m.iter().any(|m| m.log & (1 << object) != 0)
    }

    /// The collector goes on until it is at `pc`.
    fn collect_to(&mut self, pc: u8) {
        while self.state.pc != pc {
            self.collect();
        }
    }

    fn collect_while_at_16(&mut self) {
        while self.state.pc == 16 {
            self.collect();
        }
    }

    fn collect(&mut self) {
        let mut next = Vec::new();
        collector::steps(&self.config, &self.state, &mut next).expect("nothing is freed here");
        self.state = next[0];
    }

    /// The second marker takes its next step.
    fn mark(&mut self) {
        let mut next = Vec::new();
        let done = collector::marker_steps(&self.config, &self.state, &mut next);
        done.expect("only live objects are marked");
        // With the root: what it has found meanwhile waits.
        let at_root = next
            .iter()
            .find(|t| t.grey & 1 != self.state.grey & 1 || changes(t, self));
        self.state = *at_root.expect("the root is grey, or held");
    }

    /// A mutator does one operation, from beginning to end.
    fn operate(&mut self, i: usize, op: Op, field: u8, value: u8) {
        let mut next = Vec::new();
        mutator::steps(&self.config, &self.state, i, &mut next);
        let begun = next.into_iter().find(|t| {
            let m = &t.m[i];
            m.op == op && m.field == field && m.value == value
        });
        self.state = begun.expect("it may do that");
        while self.state.m[i].pc != 0 {
            let mut next = Vec::new();
            mutator::steps(&self.config, &self.state, i, &mut next);
            self.state = next[0];
        }
    }

    /// What is not marked is freed, in use or not.
    fn verdict(&mut self) {
        let lost = self.state.doomed & self.state.reachable();
        self.collect_to(26);
        let freed = collector::steps(&self.config, &self.state, &mut Vec::new());
        let said = Violation("a reachable object is freed");
        assert_eq!(freed.err(), (lost != 0).then_some(said));
        self.show(
            match lost {
                0 => "What is not marked is freed: nothing",
                _ => "What is not marked is freed: here is what was in use",
            },
            false,
        );
        self.frames.last_mut().expect("just shown").lost = lost;
    }
}

/// Whether the marker has gone on with the root, which it holds.
fn changes(t: &State, run: &Run) -> bool {
    let (now, then) = (t.held & 1, run.state.held & 1);
    now != then || t.doomed != run.state.doomed
}

fn told(shaded: bool, what: &str) -> String {
    if shaded {
        format!(", and shades {what}")
    } else {
        ", and tells nobody".into()
    }
}
