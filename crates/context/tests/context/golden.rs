//! Every line that Go 1.27 printed about contexts (`golden/context.jsonl`).
//!
//! Where the line cannot come true in Rust it says so: the panics about nil parents and keys, which
//! there are none of, and texts with names of types.

use crate::{HOUR, is_done, until};
use gompa_chan::{self as chan, Receiver};
use gompa_context::{
    self as context, Cause, Context, Error, Foreign, background, todo, with_cancel,
    with_cancel_cause, with_deadline, with_timeout, with_timeout_cause, with_value, without_cancel,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// Lines that are about what Rust does not have.
const NOT_HERE: [&str; 10] = [
    "panic WithCancel(nil)",
    "panic WithCancelCause(nil)",
    "panic WithDeadline(nil)",
    "panic WithTimeout(nil)",
    "panic WithoutCancel(nil)",
    "panic WithValue(nil ctx)",
    "panic WithValue(nil key)",
    "panic WithValue(slice key)",
    "panic AfterFunc(nil)",
    // A value that is nothing: no type of Rust's is that.
    "value_nil",
];

struct Golden {
    rows: Vec<Value>,
    seen: BTreeSet<String>,
}

impl Golden {
    fn row(&mut self, name: &str) -> Value {
        assert!(self.seen.insert(name.into()), "{name} twice");
        let row = self.rows.iter().find(|r| r["name"] == name);
        row.unwrap_or_else(|| panic!("Go printed no {name}"))
            .clone()
    }

    /// The context is as Go says.
    fn check(&mut self, name: &str, ctx: &Context) {
        self.check_but(name, ctx, |text| text);
    }

    /// Likewise, with Go's text changed for what Rust names otherwise.
    fn check_but(&mut self, name: &str, ctx: &Context, rename: impl FnOnce(String) -> String) {
        let row = self.row(name);
        let text = |key: &str| row[key].as_str().unwrap().to_string();
        assert_eq!(
            without_times(&ctx.to_string()),
            rename(text("string")),
            "{name}"
        );
        let printed = |e: Option<String>| e.unwrap_or_default();
        assert_eq!(
            printed(ctx.err().map(|e| e.to_string())),
            text("err"),
            "{name}"
        );
        assert_eq!(
            printed(ctx.cause().map(|e| e.to_string())),
            text("cause"),
            "{name}"
        );
        assert_eq!(is_done(ctx), row["done"] == "closed", "{name}");
        assert_eq!(
            ctx.deadline().is_some(),
            row["deadline_set"] == true,
            "{name}"
        );
    }

    fn notes(&mut self, name: &str) -> String {
        self.row(name)["notes"].as_str().unwrap().to_string()
    }
}

/// The text with `<T> [<D>]` for each deadline; what is replaced must look like one.
fn without_times(text: &str) -> String {
    let mut parts = text.split(".WithDeadline(");
    let mut out = parts.next().unwrap().to_string();
    for part in parts {
        let (time, rest) = part.split_once(" [").expect("time [duration]");
        let (duration, rest) = rest.split_once("])").expect("time [duration])");
        let words: Vec<_> = time.split(' ').collect();
        assert_eq!(words.len(), 5, "{time}");
        assert_eq!(words[2..4], ["+0000", "UTC"], "{time}");
        assert!(
            words[0].starts_with("20") && words[4].starts_with("m="),
            "{time}"
        );
        assert!(duration.ends_with('s'), "{duration}");
        out += ".WithDeadline(<T> [<D>])";
        out += rest;
    }
    out
}

#[derive(Debug)]
struct Why(&'static str);

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Why {}

#[derive(PartialEq, Eq)]
struct Key(u32);

/// Go's `main.key` is this crate's.
fn rust_key(text: String) -> String {
    text.replace("main.key", std::any::type_name::<Key>())
}

fn ended(ctx: (Context, context::CancelFunc)) -> Context {
    ctx.1.cancel();
    ctx.0
}

#[test]
fn as_go_printed() {
    let rows = include_str!("../golden/context.jsonl").lines();
    let mut go = Golden {
        rows: rows.map(|l| serde_json::from_str(l).unwrap()).collect(),
        seen: NOT_HERE.iter().map(ToString::to_string).collect(),
    };
    cancels(&mut go);
    values(&mut go);
    deadlines(&mut go);
    relations(&mut go);
    foreigners(&mut go);
    functions(&mut go);
    errors(&mut go);
    let all: BTreeSet<String> = go
        .rows
        .iter()
        .map(|r| r["name"].as_str().unwrap().into())
        .collect();
    assert_eq!(go.seen, all, "every line");
}

fn cancels(go: &mut Golden) {
    go.check("background", &background());
    go.check("todo", &todo());
    let (ctx, cancel) = with_cancel(&background());
    go.check("cancel_open", &ctx);
    cancel.cancel();
    go.check("cancel_done", &ctx);
    cancel.cancel();
    go.check("cancel_twice", &ctx);
    let (ctx, cancel) = with_cancel_cause(&background());
    cancel.cancel(Why("why"));
    cancel.cancel(Why("too late"));
    go.check("cause_first_wins", &ctx);
    let (ctx, cancel) = with_cancel_cause(&background());
    cancel.without_cause().cancel();
    go.check("cause_nil", &ctx);
}

fn values(go: &mut Golden) {
    let root = background();
    go.check_but("value_string", &with_value(&root, Key(1), "str"), rust_key);
    let key = |text: String| {
        text.replace("ikey#3", std::any::type_name::<Key>())
            .replace("int", "i64")
    };
    go.check_but("value_int", &with_value(&root, Key(1), 7_i64), key);
    // Go's plain key prints itself by a method String, as its value does; here only strings do.
    go.check_but(
        "value_stringer",
        &with_value(&root, "plainkey", "ikey#9"),
        |t| t,
    );
    let error =
        |text: String| rust_key(text).replace("*errors.errorString", std::any::type_name::<Why>());
    go.check_but("value_error", &with_value(&root, Key(1), Why("x")), error);
    let boxed = |text: String| text.replace("*int", std::any::type_name::<Box<i64>>());
    let second = Duration::from_secs(1);
    go.check_but(
        "value_ptr_key",
        &with_value(&root, Box::new(1_i64), second),
        boxed,
    );
    let chain = with_value(&with_value(&root, Key(1), "str"), Key(2), true);
    go.check_but("value_chain", &chain, rust_key);
}

fn deadlines(go: &mut Golden) {
    let root = background();
    let (ctx, cancel) = with_timeout(&root, HOUR);
    go.check("deadline_open", &ctx);
    cancel.cancel();
    go.check("deadline_cancelled", &ctx);
    let past = Instant::now() - Duration::from_secs(1);
    let (ctx, cancel) = with_deadline(&root, past);
    go.check("deadline_past", &ctx);
    cancel.cancel();
    go.check("deadline_past_then_cancel", &ctx);
    go.check("timeout_zero", &with_timeout(&root, Duration::ZERO).0);
    let (ctx, _cancel) = with_timeout(&root, Duration::from_millis(2));
    ctx.done().recv().unwrap_err();
    go.check("timeout_fired", &ctx);
    let (ctx, _cancel) = with_timeout_cause(&root, Duration::from_millis(2), Why("slow"));
    ctx.done().recv().unwrap_err();
    go.check("timeout_cause", &ctx);
    let ctx = ended(with_timeout_cause(&root, HOUR, Why("slow")));
    go.check("timeout_cause_cancelled", &ctx);
    let (parent, cancel) = with_timeout(&root, HOUR);
    let (later, _later) = with_timeout(&parent, 2 * HOUR);
    go.check("deadline_later_than_parent", &later);
    assert_eq!(later.deadline(), parent.deadline());
    let (earlier, _earlier) = with_timeout(&parent, HOUR / 2);
    go.check("deadline_earlier_than_parent", &earlier);
    let (child, _child) = with_cancel(&parent);
    cancel.cancel();
    go.check("parent_cancelled_child", &child);
    let free = without_cancel(&child);
    go.check("without_cancel_of_cancelled", &free);
    let (below, cancel) = with_cancel(&free);
    go.check("cancel_of_without_cancel", &below);
    cancel.cancel();
    go.check("cancel_of_without_cancel_done", &below);
}

fn relations(go: &mut Golden) {
    let (parent, why) = with_cancel_cause(&background());
    let (child, slow) = with_cancel_cause(&parent);
    why.cancel(Why("why"));
    slow.cancel(Why("slow"));
    go.check("parent_cause_before_child", &child);
    let (parent, why) = with_cancel_cause(&background());
    let (child, slow) = with_cancel_cause(&parent);
    slow.cancel(Why("slow"));
    why.cancel(Why("why"));
    go.check("parent_cause_after_child", &child);
    go.check("child_of_cancelled_parent", &with_cancel(&parent).0);
    go.check(
        "timeout_child_of_cancelled_parent",
        &with_timeout(&parent, HOUR).0,
    );
}

/// Go's `main.other`: embeds a context and overrides nothing. Go's `main.foreign`: has an end of its
/// own.
struct Other(Context);

impl Foreign for Other {
    fn parent(&self) -> Option<&Context> {
        Some(&self.0)
    }
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("main.other")
    }
}

struct Stranger {
    done: Receiver<()>,
}

impl Foreign for Stranger {
    fn done(&self) -> Option<&Receiver<()>> {
        Some(&self.done)
    }
    fn err(&self) -> Option<Error> {
        self.done.is_closed().then_some(Error::Canceled)
    }
    fn cause(&self) -> Option<Cause> {
        self.err().map(|_| Arc::new(Why("foreign err")) as Cause)
    }
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("*main.foreign")
    }
}

fn foreigners(go: &mut Golden) {
    let (parent, cancel) = with_cancel(&background());
    let (child, _child) = with_cancel(&Context::foreign(Other(parent)));
    go.check("child_of_wrapper", &child);
    cancel.cancel();
    go.check("child_of_wrapper_done", &child);
    let end = chan::make(0);
    let stranger = Context::foreign(Stranger {
        done: end.receiver(),
    });
    let (child, _child) = with_cancel(&stranger);
    go.check("child_of_foreign", &child);
    end.close();
    child.done().recv().unwrap_err();
    // An error of the stranger's own is its cause here; `err` is one of two.
    let row = go.row("child_of_foreign_done");
    assert_eq!(
        child.cause().unwrap().to_string(),
        row["cause"].as_str().unwrap()
    );
    assert_eq!(child.err(), Some(Error::Canceled));
    assert_eq!(child.to_string(), row["string"].as_str().unwrap());
}

fn functions(go: &mut Golden) {
    let ran = Arc::new(AtomicU32::new(0));
    let count = |ran: &Arc<AtomicU32>| {
        let ran = ran.clone();
        move || {
            ran.fetch_add(1, SeqCst);
        }
    };
    let (ctx, cancel) = with_cancel(&background());
    let stop = context::after_func(&ctx, count(&ran));
    let (first, second) = (stop.stop(), stop.stop());
    cancel.cancel();
    let said = format!("stop()={first} then {second}, ran={}", ran.load(SeqCst));
    assert_eq!(said, go.notes("afterfunc_stop_first"));
    let (ctx, cancel) = with_cancel(&background());
    let stop = context::after_func(&ctx, count(&ran));
    cancel.cancel();
    until("called", || ran.load(SeqCst) == 1);
    assert_eq!(
        format!("stop()={}", stop.stop()),
        go.notes("afterfunc_after_cancel")
    );
    let stop = context::after_func(&ctx, count(&ran));
    until("called at once", || ran.load(SeqCst) == 2);
    let said = format!("ran at once, stop()={}", stop.stop());
    assert_eq!(said, go.notes("afterfunc_on_cancelled"));
}

fn errors(go: &mut Golden) {
    let late = Error::DeadlineExceeded;
    let said = format!(
        "Error={late} Timeout={}/true Temporary=true/true",
        late.is_timeout()
    );
    assert_eq!(said, go.notes("DeadlineExceeded"));
    assert_eq!(format!("Error={}", Error::Canceled), go.notes("Canceled"));
}
