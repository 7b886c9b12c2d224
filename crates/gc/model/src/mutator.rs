//! What a mutator may do next.

use crate::config::Config;
use crate::state::{MUTATORS, NIL, Op, State, ctl, place};

/// After the last step of an operation's own: it leaves.
const LEAVE: u8 = 6;

/// All successors of `s` by a step of mutator `i`.
pub fn steps(c: &Config, s: &State, i: usize, out: &mut Vec<State>) {
    if s.m[i].buffered > 0 {
        let mut t = *s;
        t.flush_one(i);
        out.push(t);
    }
    match s.m[i].pc {
        0 => {
            borrow(c, s, i, out);
            begin(c, s, i, out);
        }
        1 => enter(c, s, i, out),
        LEAVE => leave(c, s, i, out),
        _ => out.extend(go_on(c, s, i)),
    }
}

/// As [`steps`], where memory is sequentially consistent: steps that nobody else can tell apart are
/// taken at once.
pub fn coarse_steps(c: &Config, s: &State, i: usize, out: &mut Vec<State>) {
    let mut work = Vec::new();
    steps(c, s, i, &mut work);
    while let Some(t) = work.pop() {
        let m = &t.m[i];
        let visible = matches!(
            (m.op, m.pc),
            (_, 0)
                | (Op::Get, 3)
                | (Op::Set, 3 | 5)
                | (Op::Alloc, 3)
                | (Op::Upgrade | Op::Finalize, 3)
        );
        if visible {
            out.push(t);
        } else {
            steps(c, &t, i, &mut work);
        }
    }
}

/// Takes a handle the other one lends; the lender keeps it until it is given back. Handles go over by
/// messages, a scoped thread's start and its end: whoever has one sees what its sender did before. So
/// nothing that either did may be in a store buffer still, and what is given back has left it.
fn borrow(c: &Config, s: &State, i: usize, out: &mut Vec<State>) {
    let (m, other) = (&s.m[i], &s.m[1 - i]);
    if m.buffered + other.buffered > 0 {
        return;
    }
    let free = m.pinned == 0 && m.borrows == 0 && m.slot[0] == NIL;
    if c.lending && free && other.borrows == 0 && other.slot[0] != NIL && other.pc == 0 {
        let mut t = *s;
        t.m[i].slot[0] = other.slot[0];
        t.m[i].borrows = 1;
        out.push(t);
    }
}

/// Begins an operation, or ends a pinned region.
fn begin(c: &Config, s: &State, i: usize, out: &mut Vec<State>) {
    if !s.can_store(c, i) {
        return;
    }
    let m = s.m[i];
    let lends = s.m[1 - i].borrows == 1;
    let mut start = |op: Op, dst: usize, field: usize, value: u8| {
        if lends
            && matches!(
                op,
                Op::Get | Op::Pop | Op::Move | Op::Alloc | Op::Keep | Op::Upgrade | Op::Finalize
            )
        {
            return;
        }
        let mut t = *s;
        let q = &mut t.m[i];
        (q.pc, q.op, q.loaded) = (1, op, NIL);
        (q.dst, q.field, q.value) = (dst as u8, field as u8, value);
        if m.pinned == 0 {
            t.store(c, i, place::BUSY, 1);
        }
        out.push(t);
    };
    let held = |o: usize| (0..c.slots).any(|k| s.load_slot(i, k) == o as u8);
    let mut values = vec![NIL];
    for k in 0..c.slots {
        let v = s.load_slot(i, k);
        if !values.contains(&v) {
            values.push(v);
        }
    }
    let fields = (0..c.objects).chain(c.two_fields.then_some(4));
    for k in fields {
        let owner = if k == 4 { 0 } else { k };
        let in_register = m.pinned == 1 && m.register == owner as u8;
        if owner != 0 && !held(owner) && !in_register {
            continue;
        }
        for d in 0..if m.pinned == 1 { 1 } else { c.slots } {
            start(Op::Get, d, k, NIL);
        }
        values.iter().for_each(|v| start(Op::Set, 0, k, *v));
        if m.pinned == 1 && !values.contains(&m.register) {
            start(Op::Set, 0, k, m.register);
        }
    }
    if m.pinned == 1 {
        if m.register != NIL {
            start(Op::Keep, 0, 0, m.register);
        }
        let mut t = *s;
        (t.m[i].pinned, t.m[i].register) = (0, NIL);
        t.store(c, i, place::BUSY, 0);
        out.push(t);
        return;
    }
    for d in 0..c.slots {
        let here = s.load_slot(i, d);
        if here != NIL {
            start(Op::Pop, d, 0, NIL);
        }
        for e in 0..c.slots {
            let v = s.load_slot(i, e);
            if e != d && v != NIL && v != here {
                start(Op::Move, d, 0, v);
            }
        }
        if c.allocation {
            values.iter().for_each(|v| start(Op::Alloc, d, 0, *v));
        }
    }
    for d in 0..c.slots {
        if c.weak && s.weak != NIL {
            start(Op::Upgrade, d, 0, NIL);
        }
        if c.finalizer && s.waiting != NIL {
            start(Op::Finalize, d, 0, NIL);
        }
    }
    if c.pin {
        start(Op::Pin, 0, 0, NIL);
    }
}

/// Reads the control word, and takes part in a scan that is due.
fn enter(c: &Config, s: &State, i: usize, out: &mut Vec<State>) {
    let m = s.m[i];
    let mut t = *s;
    let scans = m.scan == 2 || c.self_scan && !c.stop_to_scan;
    if m.ctl == ctl::POLL && scans && (m.pinned == 0 || c.scan_while_pinned) {
        if m.scan == 1 {
            return; // the collector is at it: wait
        }
        if m.scan == 0 {
            t.flush(i);
            t.m[i].scan = 2;
            for k in 0..c.slots {
                let v = t.m[i].slot[k];
                if v != NIL {
                    t.m[i].log |= 1 << v;
                }
            }
        }
        t.m[i].ctl = ctl::MARK;
    }
    t.m[i].pc = 2;
    t.m[i].mode = match t.m[i].ctl {
        ctl::POLL => ctl::PREP,
        mode => mode,
    };
    out.push(t);
}

/// The operation's own steps.
fn go_on(c: &Config, s: &State, i: usize) -> Option<State> {
    let m = s.m[i];
    let mut t = *s;
    let store = |t: &mut State, at: u8, value: u8| {
        let can = t.can_store(c, i);
        if can {
            t.store(c, i, at, value);
        }
        can.then_some(())
    };
    let barrier = m.mode != ctl::OFF;
    let mut next = LEAVE;
    match (m.op, m.pc) {
        (Op::Get, 2) => {
            t.m[i].loaded = s.load_field(i, usize::from(m.field));
            if t.m[i].loaded != NIL {
                next = 3;
            }
        }
        (Op::Get, _) if m.pinned == 1 => t.m[i].register = m.loaded,
        (Op::Get, _) => store(&mut t, place::SLOT + m.dst, m.loaded)?,
        // Load the old value, shade it, shade the new one, store.
        (Op::Set, 2) => {
            t.m[i].loaded = s.load_field(i, usize::from(m.field));
            if !c.shade_first {
                store(&mut t, m.field, m.value)?;
            }
            next = 3;
        }
        (Op::Set, 3) => {
            if c.deletion && barrier && m.loaded != NIL {
                store(&mut t, place::LOG, m.loaded)?;
            }
            next = 4;
        }
        (Op::Set, 4) => {
            let on = m.mode == ctl::PREP || barrier && c.insertion_always;
            if c.insertion && on && m.value != NIL {
                store(&mut t, place::LOG, m.value)?;
            }
            if c.shade_first {
                next = 5;
            }
        }
        (Op::Set, _) => store(&mut t, m.field, m.value)?,
        (Op::Pop, _) => store(&mut t, place::SLOT + m.dst, NIL)?,
        (Op::Move | Op::Keep, _) => store(&mut t, place::SLOT + m.dst, m.value)?,
        (Op::Alloc, 2) => {
            if let Some(o) = (1..c.objects).find(|o| s.live & (1 << o) == 0) {
                t.live |= 1 << o;
                t.m[i].loaded = o as u8;
                let black = c.black && matches!(m.mode, ctl::MARK | ctl::TERM);
                if black || c.black_early && m.mode == ctl::PREP {
                    t.mark |= 1 << o;
                }
                next = 3;
            }
        }
        (Op::Alloc, 3) => {
            if c.edges_shaded && barrier && m.value != NIL {
                store(&mut t, place::LOG, m.value)?;
            }
            store(&mut t, m.loaded, m.value)?;
            next = 4;
        }
        (Op::Alloc, _) => store(&mut t, place::SLOT + m.dst, m.loaded)?,
        (Op::Upgrade | Op::Finalize, 2) => {
            let from = if m.op == Op::Upgrade {
                s.weak
            } else {
                s.waiting
            };
            let undecided = m.mode == ctl::TERM && s.mark & (1 << from) == 0;
            // Waiting is leaving, and coming again.
            if from != NIL && !(undecided && c.upgrade_waits) {
                t.m[i].loaded = from;
                next = 3;
            }
        }
        (Op::Upgrade | Op::Finalize, 3) => {
            if c.upgrade_shades && barrier {
                store(&mut t, place::LOG, m.loaded)?;
            }
            next = 4;
        }
        (Op::Upgrade, _) => store(&mut t, place::SLOT + m.dst, m.loaded)?,
        (Op::Finalize, _) => {
            store(&mut t, place::SLOT + m.dst, m.loaded)?;
            if t.waiting == m.loaded {
                t.waiting = NIL;
            }
        }
        (Op::Pin, _) => {
            let q = &mut t.m[i];
            (q.pinned, q.op, q.mode) = (1, Op::Idle, 0);
            next = 0;
        }
        (Op::Idle, _) => unreachable!("an operation that is none"),
    }
    t.m[i].pc = next;
    Some(t)
}

fn leave(c: &Config, s: &State, i: usize, out: &mut Vec<State>) {
    let mut t = *s;
    if s.m[i].pinned == 0 {
        if !s.can_store(c, i) {
            return;
        }
        t.store(c, i, place::BUSY, 0);
    }
    let q = &mut t.m[i];
    (q.pc, q.op, q.mode) = (0, Op::Idle, 0);
    (q.dst, q.field, q.value, q.loaded) = (0, 0, NIL, NIL);
    out.push(t);
}

const _: () = assert!(MUTATORS == 2, "`borrow` knows the other one");
