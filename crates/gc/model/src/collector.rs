//! What the collector may do next: one cycle, over and over.
//!
//! ```text
//!  0.. 4  PREP to each; heavy fence; wait for each       27..29  the same wait again
//!  5.. 7  POLL to each; heavy fence
//!  8..15  scan each: 8, 12 wait; 9, 13 claim; 10, 11 and 14, 15 slot by slot
//!     16  trace a grey object, or take a log
//! 17..19  heavy fence; look at each log
//!     20  what is not marked is condemned
//! 21..25  OFF to each; heavy fence; wait for each
//!     26  free what is condemned
//!
//! With weak pointers or finalizers, before 20:
//! 30..33  TERM to each; wait for each
//!     34  look at the logs once more; clear the weak pointer; keep what has a finalizer
//! 35..38  if anything is grey after all: MARK to each; wait for each; back to 16
//! ```

use crate::config::Config;
use crate::state::{MUTATORS, NIL, State, Violation, ctl};

/// All successors of `s` by a step of the collector.
pub fn steps(c: &Config, s: &State, out: &mut Vec<State>) -> Result<(), Violation> {
    let mut t = *s;
    let sc = c.tso == 0;
    let mut go = |mut t: State, pc: u8| {
        t.pc = pc;
        out.push(t);
    };
    let fence = |t: &mut State| {
        if c.heavy_fence {
            (0..MUTATORS).for_each(|i| t.flush(i));
        }
    };
    let idle = |i: usize| s.m[i].busy == 0;
    match s.pc {
        0 => {
            t.m[0].ctl = ctl::PREP;
            go(t, 1);
        }
        1 => {
            t.m[1].ctl = ctl::PREP;
            go(
                t,
                if !c.two_phases {
                    5
                } else if sc {
                    3
                } else {
                    2
                },
            );
        }
        2 => {
            fence(&mut t);
            go(t, 3);
        }
        3 if !c.first_wait || idle(0) => go(t, 4),
        4 if !c.first_wait || idle(1) => {
            go(
                t,
                if !c.second_wait {
                    5
                } else if sc {
                    27
                } else {
                    29
                },
            );
        }
        29 => {
            if c.second_heavy_fence {
                fence(&mut t);
            }
            go(t, 27);
        }
        27 if idle(0) => go(t, 28),
        28 if idle(1) => go(t, 5),
        5 => {
            t.m[0].ctl = ctl::POLL;
            go(t, 6);
        }
        6 => {
            t.m[1].ctl = ctl::POLL;
            t.mark |= 1;
            t.grey |= 1;
            go(t, if sc { 8 } else { 7 });
        }
        7 => {
            fence(&mut t);
            go(t, 8);
        }
        8 if c.stop_to_scan => {
            // All at once, when all stand still.
            if idle(0) && idle(1) {
                for m in &s.m {
                    for k in 0..c.slots {
                        t.shade(m.slot[k])?;
                    }
                }
                t.m.iter_mut().for_each(|m| m.scan = 2);
                go(t, 16);
            }
        }
        8 | 12 => {
            let i = usize::from(s.pc == 12);
            if s.m[i].scan == 2 {
                go(t, s.pc + 4);
            } else if !c.scan_wait || idle(i) {
                if sc && c.exclusive_scan {
                    for k in 0..c.slots {
                        t.shade(s.m[i].slot[k])?;
                    }
                    t.m[i].scan = 2;
                    go(t, s.pc + 4);
                } else {
                    go(t, s.pc + 1);
                }
            }
        }
        9 | 13 => {
            let i = usize::from(s.pc == 13);
            if s.m[i].scan == 0 {
                t.m[i].scan = u8::from(c.exclusive_scan);
                go(t, s.pc + 1);
            } else {
                go(t, s.pc + 3);
            }
        }
        10 | 14 => {
            let i = usize::from(s.pc == 14);
            t.shade(s.m[i].slot[0])?;
            go(t, s.pc + 1);
        }
        11 | 15 => {
            let i = usize::from(s.pc == 15);
            if c.slots > 1 {
                t.shade(s.m[i].slot[1])?;
            }
            t.m[i].scan = 2;
            go(t, s.pc + 1);
        }
        16 => mark(c, s, &mut go)?,
        17 => {
            fence(&mut t);
            go(t, 18);
        }
        18 | 19 => {
            let empty = s.m[usize::from(s.pc - 18)].log == 0;
            let next = match s.pc {
                _ if !empty && c.look_at_logs => 16,
                19 if (c.weak || c.finalizer) && c.term => 30,
                19 if c.weak || c.finalizer => 34,
                pc => pc + 1,
            };
            go(t, next);
        }
        30 | 31 => {
            t.m[usize::from(s.pc - 30)].ctl = ctl::TERM;
            go(t, s.pc + 1);
        }
        32 | 33 if idle(usize::from(s.pc - 32)) => go(t, s.pc + 1),
        34 => {
            if c.term {
                for i in 0..MUTATORS {
                    take_log(c, &mut t, i)?;
                }
            }
            if t.grey == 0 {
                let marked = |o: u8| s.mark & (1 << o) != 0;
                if !marked(s.weak) {
                    t.weak = NIL;
                }
                if s.finalizer != NIL && !marked(s.finalizer) && s.waiting == NIL {
                    (t.waiting, t.finalizer) = (s.finalizer, NIL);
                    t.shade(t.waiting)?;
                } else if c.keeps_waiting {
                    t.shade(s.waiting)?;
                }
            }
            go(t, if t.grey == 0 { 20 } else { 35 });
        }
        35 | 36 => {
            t.m[usize::from(s.pc - 35)].ctl = ctl::MARK;
            go(t, s.pc + 1);
        }
        37 if idle(0) => go(t, 38),
        38 if idle(1) => go(t, 16),
        20 if c.stop_to_scan_again => {
            if idle(0) && idle(1) {
                for i in 0..MUTATORS {
                    take_log(c, &mut t, i)?;
                    for k in 0..c.slots {
                        t.shade(s.m[i].slot[k])?;
                    }
                }
                while t.grey != 0 {
                    let o = t.grey.trailing_zeros() as usize;
                    t.grey &= !(1 << o);
                    t.shade(t.field[o])?;
                }
                t.doomed = s.live & !t.mark & !1;
                go(t, 21);
            }
        }
        20 => {
            t.doomed = s.live & !s.mark & !1;
            go(t, 21);
        }
        21 => {
            t.m[0].ctl = ctl::OFF;
            go(t, 22);
        }
        22 => {
            t.m[1].ctl = ctl::OFF;
            go(t, if sc { 24 } else { 23 });
        }
        23 => {
            fence(&mut t);
            go(t, 24);
        }
        24 if !c.last_wait || idle(0) => go(t, 25),
        25 if !c.last_wait || idle(1) => {
            t.m.iter_mut().for_each(|m| m.log = 0);
            go(t, 26);
        }
        26 => {
            if s.doomed & s.reachable() != 0 {
                return Err(Violation("a reachable object is freed"));
            }
            let weak = s.weak != NIL && s.doomed & (1 << s.weak) != 0;
            if weak {
                return Err(Violation("a weak pointer to a freed object"));
            }
            t.live &= !s.doomed;
            for o in (1..c.objects).filter(|o| s.doomed & (1 << o) != 0) {
                t.field[o] = NIL;
            }
            (t.doomed, t.mark, t.grey) = (0, 0, 0);
            t.m.iter_mut().for_each(|m| m.scan = 0);
            go(t, 0);
        }
        3 | 4 | 24 | 25 | 27 | 28 | 32 | 33 | 37 | 38 => {} // waits
        pc => unreachable!("the collector at {pc}"),
    }
    Ok(())
}

/// What mutator `i` has logged becomes grey.
fn take_log(c: &Config, t: &mut State, i: usize) -> Result<(), Violation> {
    let log = std::mem::take(&mut t.m[i].log);
    for o in (1..c.objects as u8).filter(|o| log & (1 << o) != 0) {
        t.shade(o)?;
    }
    Ok(())
}

/// All successors of `s` by a step of the second marker: it takes a grey object, or traces what it
/// has taken.
pub fn marker_steps(c: &Config, s: &State, out: &mut Vec<State>) -> Result<(), Violation> {
    if !c.marker || !matches!(s.pc, 7..=19 | 35..=38) {
        return Ok(());
    }
    for o in 0..c.objects {
        let bit = 1 << o;
        let mut t = *s;
        if s.grey & bit != 0 {
            t.grey &= !bit;
            t.held |= bit;
        } else if s.held & bit != 0 {
            let half = trace(c, &mut t, o)?;
            if !half {
                t.held &= !bit;
            }
        } else {
            continue;
        }
        out.push(t);
    }
    Ok(())
}

/// Traces an object; whether that was the first half of it only.
fn trace(c: &Config, t: &mut State, o: usize) -> Result<bool, Violation> {
    if o == 0 && c.two_fields && t.doomed & 1 == 0 {
        t.doomed |= 1;
        t.shade(t.field[4])?;
        return Ok(true);
    }
    t.shade(t.field[o])?;
    if o == 0 {
        t.doomed &= !1;
    }
    Ok(false)
}

fn mark(c: &Config, s: &State, go: &mut impl FnMut(State, u8)) -> Result<(), Violation> {
    let mut any = false;
    for o in (0..c.objects).filter(|o| s.grey & (1 << o) != 0) {
        any = true;
        let mut t = *s;
        t.grey &= !(1 << o);
        if trace(c, &mut t, o)? {
            t.grey |= 1 << o;
        }
        go(t, 16);
    }
    for i in (0..MUTATORS).filter(|i| s.m[*i].log != 0) {
        any = true;
        let mut t = *s;
        take_log(c, &mut t, i)?;
        go(t, 16);
    }
    let others = c.wait_for_markers && s.held != 0;
    if !others && (!any || !c.look_at_logs && s.grey == 0) {
        go(*s, if c.tso == 0 { 18 } else { 17 });
    }
    Ok(())
}
