//! Learning how libc lays out a thread, with nothing hard-wired.
//!
//! Two threads are started that do nothing ([`pristine`]); what libc put at the top of their
//! stacks is read ([`peek`]) and every word explained ([`explain`](mod@explain)). The psABI gives
//! two fixed points only: `fs:0` holds the thread pointer and `fs:8` the dtv, the thread's table of
//! its modules' thread-locals, which begins
//!
//! ```text
//!   dtv - 16   number of slots          dtv + 16 * id        address of the module's thread-locals,
//!   dtv -  0   generation               dtv + 16 * id + 8    to be freed: its heap block, or 0
//! ```
//!
//! with the address -1 for a module whose thread-locals are made when first used. The others are
//! *static*: at the same distance below every thread pointer.
//!
//! - [`modules`](mod@modules): which modules there are.

pub(super) mod explain;
mod modules;
mod peek;
mod pristine;
#[cfg(test)]
mod tests;

use super::unsupported::Unsupported;
use explain::{Oddity, Report, Sample, Word, explain};
use modules::{Module, modules, rseq_area};
use peek::Peek;
use pristine::{Pristine, SignalsBlocked};

/// What a goroutine's block must hold.
pub(super) struct Learnt {
    /// The block's words, the last ones those of the control block.
    pub(super) words: Vec<Word>,
    /// Bytes of them below the thread pointer: the static thread-locals.
    pub(super) below: usize,
    /// The thread pointer is a multiple of this.
    pub(super) align: usize,
    /// The dtv from its number of slots on, as long as the modules of now need it.
    pub(super) dtv: Vec<Word>,
    /// All that was understood.
    pub(super) report: Report,
}

/// Tries a few times: threads that come and go and libraries being loaded disturb the picture.
pub(super) fn learn() -> Result<Learnt, Unsupported> {
    const TRIES: usize = 5;
    let mut tries = 0;
    loop {
        tries += 1;
        let mut report = Report::default();
        match learn_once(&mut report)? {
            Err(_) if tries < TRIES => {}
            Err(Oddity(oddity)) => {
                let report = report.to_string();
                return Err(Unsupported::Layout { oddity, report });
            }
            Ok(mut learnt) => {
                learnt.report = report;
                return Ok(learnt);
            }
        }
    }
}

/// Space for a pristine thread beside its thread-locals.
const STACK: usize = 256 << 10;
const PAGE: usize = 4096;

fn learn_once(report: &mut Report) -> Result<Result<Learnt, Oddity>, Unsupported> {
    let _blocked = SignalsBlocked::new();
    let modules = modules();
    let space: usize = modules.iter().map(|m| m.size + m.align).sum();
    let size = (STACK + 2 * space).next_multiple_of(PAGE);
    // Different sizes, so that a word holding the size tells itself from a constant.
    let threads = [Pristine::start(size)?, Pristine::start(size + 3 * PAGE)?];
    let mut peek = Peek::new()?;
    Ok(compare(&threads, &modules, &mut peek, report))
}

fn compare(
    threads: &[Pristine; 2],
    modules: &[Module],
    peek: &mut Peek,
    report: &mut Report,
) -> Result<Learnt, Oddity> {
    let [a, b] = [
        Table::read(&threads[0], peek)?,
        Table::read(&threads[1], peek)?,
    ];
    let (dtv, static_modules) = explain_dtv(&a, &b, modules, report)?;
    let rseq = rseq_area();
    let below_for_rseq = rseq.map_or(0, |(offset, _)| offset.min(0).unsigned_abs());
    let below = static_modules
        .iter()
        .map(|(distance, _)| *distance)
        .fold(below_for_rseq, usize::max)
        .next_multiple_of(16);
    // libc aligns control blocks to 64 bytes.
    let align = static_modules
        .iter()
        .map(|(_, m)| m.align)
        .fold(64, usize::max);
    let [a, b] = [
        a.sample(&threads[0], below, peek)?,
        b.sample(&threads[1], below, peek)?,
    ];
    if rseq.is_some_and(|(offset, size)| {
        offset % 8 != 0 || b.tp.wrapping_add_signed(offset) + size > b.stack.end
    }) {
        return Err(Oddity("the area of rseq is not within the block".into()));
    }
    let is_node = |node: usize| {
        let next = peek
            .word(node)
            .and_then(|next| peek.word(next.wrapping_add(8)));
        let previous = peek.word(node + 8).and_then(|previous| peek.word(previous));
        next == Some(node) && previous == Some(node)
    };
    let words = explain(&a, &b, rseq, is_node, report)?;
    let above = words.len() * size_of::<usize>() - below;
    report.0.push(format!(
        "{below} bytes of thread-locals, {above} of control block, {} of dtv",
        dtv.len() * size_of::<usize>()
    ));
    Ok(Learnt {
        words,
        below,
        align,
        dtv,
        report: Report::default(),
    })
}

/// The dtv of a pristine thread.
struct Table {
    tp: usize,
    /// Its address, as `fs:8` has it.
    address: usize,
    /// From the number of slots on.
    words: Vec<usize>,
}

impl Table {
    /// More modules with thread-locals than this are not believed.
    const SLOTS_MAX: usize = 4096;

    fn read(thread: &Pristine, peek: &mut Peek) -> Result<Table, Oddity> {
        let odd = |what: &str| Oddity(format!("the dtv of a thread {what}"));
        let tp = thread.tp();
        let address = peek.word(tp + 8).ok_or_else(|| odd("is nowhere"))?;
        let slots = peek.word(address.wrapping_sub(16));
        let slots = slots.ok_or_else(|| odd("is not readable"))?;
        if !(1..=Self::SLOTS_MAX).contains(&slots) {
            return Err(odd(&format!("has {slots} slots")));
        }
        let words = peek.words(address - 16, 2 * (slots + 2));
        let words = words.ok_or_else(|| odd("is shorter than it says"))?;
        Ok(Table { tp, address, words })
    }

    fn slots(&self) -> usize {
        self.words[0]
    }

    fn generation(&self) -> usize {
        self.words[2]
    }

    /// Address of the thread-locals of module `id`, and what to free.
    fn slot(&self, id: usize) -> (usize, usize) {
        (self.words[2 + 2 * id], self.words[3 + 2 * id])
    }

    /// The block itself, once it is known how far below the thread pointer it begins.
    fn sample(&self, thread: &Pristine, below: usize, peek: &mut Peek) -> Result<Sample, Oddity> {
        let stack = thread.stack();
        let above = stack.end.wrapping_sub(self.tp);
        if self.tp <= stack.start || above > STACK / 2 || !above.is_multiple_of(size_of::<usize>())
        {
            return Err(Oddity(
                "the control block is not at the top of the thread's stack".into(),
            ));
        }
        let words = peek.words(self.tp - below, (below + above) / size_of::<usize>());
        Ok(Sample {
            tp: self.tp,
            tid: thread.tid(),
            stack,
            argument: thread.argument(),
            dtv: self.address,
            words: words.ok_or_else(|| Oddity("the block is not readable".into()))?,
        })
    }
}

/// A module and how far below the thread pointer its thread-locals begin.
type Static<'a> = (usize, &'a Module);

/// The dtv to give to goroutines, and the modules with static thread-locals.
fn explain_dtv<'a>(
    a: &Table,
    b: &Table,
    modules: &'a [Module],
    report: &mut Report,
) -> Result<(Vec<Word>, Vec<Static<'a>>), Oddity> {
    if a.generation() != b.generation() || a.slots() != b.slots() {
        return Err(Oddity("two threads disagree on the modules loaded".into()));
    }
    let slots = modules.iter().map(|module| module.id).max().unwrap_or(0);
    if slots > b.slots() {
        return Err(Oddity(format!("no slot in the dtv for module {slots}")));
    }
    let mut dtv = vec![
        Word::Constant(slots),
        Word::Constant(0),
        Word::Constant(b.generation()),
        Word::Constant(0),
    ];
    let mut found = Vec::new();
    for id in 1..=slots {
        let ((x, x_free), (y, y_free)) = (a.slot(id), b.slot(id));
        let distance = b.tp.wrapping_sub(y);
        let module = modules.iter().find(|module| module.id == id);
        let name = module.map_or("(gone)", |module| match &*module.name {
            "" => "(executable)",
            name => name,
        });
        let word = if x == y {
            report
                .0
                .push(format!("module {id}, {name}: made when first used"));
            Word::Constant(y)
        } else if let Some(module) = module
            && a.tp.wrapping_sub(x) == distance
            && distance < STACK + 2 * (module.size + module.align) * modules.len()
        {
            report.0.push(format!(
                "module {id}, {name}: at tp-{distance}, {} bytes",
                module.size
            ));
            found.push((distance, module));
            Word::Own(-(distance as isize))
        } else {
            return Err(Oddity(format!(
                "slot {id} of the dtv ({name}) is {x:#x} in one thread, {y:#x} in another"
            )));
        };
        if x_free != 0 || y_free != 0 {
            return Err(Oddity(format!("slot {id} of the dtv ({name}) owns memory")));
        }
        dtv.extend([word, Word::Constant(0)]);
    }
    Ok((dtv, found))
}
