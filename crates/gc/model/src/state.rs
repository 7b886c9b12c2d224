//! One state of the world, packed for the table of states seen.
//!
//! Objects are 0 to 3; object 0 is a root that is always alive. Each has one field, the root may
//! have two (`field[4]` is its second). A value above 0 names an object; 0 is nil, for the root is
//! never stored.

use crate::config::Config;

/// Mutators.
pub const MUTATORS: usize = 2;
/// No object.
pub const NIL: u8 = 0;

/// The control word: what a mutator is told.
pub mod ctl {
    /// No barrier.
    pub const OFF: u8 = 0;
    /// Barrier.
    pub const PREP: u8 = 1;
    /// Barrier, and a scan is due.
    pub const POLL: u8 = 2;
    /// Barrier; scanned.
    pub const MARK: u8 = 3;
    /// As MARK, and weak pointers wait.
    pub const TERM: u8 = 4;
}

/// What a mutator is doing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
#[repr(u8)]
pub enum Op {
    /// Nothing.
    #[default]
    Idle,
    /// Loads a field into a slot (a register in a pinned region).
    Get,
    /// Stores a slot or nil into a field.
    Set,
    /// Clears a slot.
    Pop,
    /// Copies a slot to another.
    Move,
    /// Makes an object, with a slot's value or nil as its field.
    Alloc,
    /// Opens a pinned region.
    Pin,
    /// Keeps the register in a slot.
    Keep,
    /// Takes what the weak pointer points to into a slot.
    Upgrade,
    /// Takes what waits for its finalizer into a slot.
    Finalize,
}

/// A mutator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mutator {
    /// Where in its operation it is; 0: in none.
    pub pc: u8,
    /// Which operation.
    pub op: Op,
    /// The control word as the operation read it.
    pub mode: u8,
    /// The operation's slot.
    pub dst: u8,
    /// The operation's field.
    pub field: u8,
    /// The operation's value.
    pub value: u8,
    /// What it has loaded or made.
    pub loaded: u8,
    /// It says that it is in an operation.
    pub busy: u8,
    /// What the collector tells it.
    pub ctl: u8,
    /// Scanned: 0 no, 1 the collector is at it, 2 yes.
    pub scan: u8,
    /// The register of its pinned region.
    pub register: u8,
    /// A pinned region is open.
    pub pinned: u8,
    /// Its slot 0 is borrowed from the other mutator.
    pub borrows: u8,
    /// Its slots.
    pub slot: [u8; 2],
    /// Its log: a set of objects.
    pub log: u8,
    /// Stores in its buffer, oldest first: place and value.
    pub buffered: u8,
    /// The buffer.
    pub buffer: [(u8, u8); 3],
}

/// The world.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// Fields: of objects 0 to 3, and the root's second.
    pub field: [u8; 5],
    /// The set of objects that exist.
    pub live: u8,
    /// Marked ones.
    pub mark: u8,
    /// Marked and not traced yet.
    pub grey: u8,
    /// Condemned ones; while marking, bit 0 says that half of the root has been traced.
    pub doomed: u8,
    /// Taken by the second marker and not traced yet.
    pub held: u8,
    /// What the weak pointer points to.
    pub weak: u8,
    /// The object that has a finalizer.
    pub finalizer: u8,
    /// The object whose finalizer is about to run.
    pub waiting: u8,
    /// Where the collector is.
    pub pc: u8,
    /// The mutators.
    pub m: [Mutator; MUTATORS],
}

/// Places a buffered store goes to; below them fields.
pub mod place {
    /// The first slot.
    pub const SLOT: u8 = 8;
    /// The word that says "in an operation".
    pub const BUSY: u8 = 10;
    /// The log.
    pub const LOG: u8 = 11;
}

/// A violated promise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Violation(pub &'static str);

/// A state in few bits.
pub type Packed = (u128, u64);

struct Bits {
    word: u128,
    used: u32,
}

impl Bits {
    fn put(&mut self, value: u8, bits: u32) {
        debug_assert!(u32::from(value) < 1 << bits);
        self.word |= u128::from(value) << self.used;
        self.used += bits;
    }
}

impl State {
    /// The beginning: the root holds object 1; mutator 0 holds object 2, if there is one.
    pub fn first(c: &Config) -> State {
        let mut s = State {
            live: 0b11,
            ..State::default()
        };
        s.field[0] = 1;
        s.weak = u8::from(c.weak);
        s.finalizer = u8::from(c.finalizer);
        if c.objects > 2 {
            s.live |= 1 << 2;
            s.m[0].slot[0] = 2;
        }
        s
    }

    /// See [`Packed`]; different states differ.
    pub fn pack(&self) -> Packed {
        let mut w = Bits { word: 0, used: 0 };
        self.field.iter().for_each(|f| w.put(*f, 2));
        for set in [self.live, self.mark, self.grey, self.doomed, self.held] {
            w.put(set, 4);
        }
        for object in [self.weak, self.finalizer, self.waiting] {
            w.put(object, 2);
        }
        w.put(self.pc, 6);
        for m in &self.m {
            w.put(m.pc, 3);
            w.put(m.mode, 3);
            w.put(m.op as u8, 4);
            w.put(m.dst, 1);
            w.put(m.field, 3);
            for two in [m.value, m.loaded] {
                w.put(two, 2);
            }
            w.put(m.busy, 1);
            w.put(m.ctl, 3);
            for two in [m.scan, m.register] {
                w.put(two, 2);
            }
            w.put(m.pinned, 1);
            w.put(m.borrows, 1);
            w.put(m.slot[0], 2);
            w.put(m.slot[1], 2);
            w.put(m.log, 4);
        }
        assert!(w.used <= 128);
        let mut buffers = Bits { word: 0, used: 0 };
        for m in &self.m {
            buffers.put(m.buffered, 2);
            for (place, value) in m.buffer {
                buffers.put(place, 4);
                buffers.put(value, 2);
            }
        }
        (w.word, buffers.word as u64)
    }

    fn apply(&mut self, i: usize, at: u8, value: u8) {
        let m = &mut self.m[i];
        match at {
            place::BUSY => m.busy = value,
            place::LOG => m.log |= 1 << value,
            slot if slot >= place::SLOT => {
                m.slot[usize::from(slot - place::SLOT)] = value;
                // What was borrowed is in the first one.
                if at == place::SLOT && value == NIL {
                    m.borrows = 0;
                }
            }
            field => self.field[usize::from(field)] = value,
        }
    }

    /// The oldest store of mutator `i` becomes visible.
    pub fn flush_one(&mut self, i: usize) {
        let m = &mut self.m[i];
        let (at, value) = m.buffer[0];
        let n = usize::from(m.buffered);
        m.buffer.copy_within(1..n, 0);
        m.buffer[n - 1] = (0, 0);
        m.buffered -= 1;
        self.apply(i, at, value);
    }

    /// All its stores do.
    pub fn flush(&mut self, i: usize) {
        while self.m[i].buffered > 0 {
            self.flush_one(i);
        }
    }

    /// Whether mutator `i` can store now.
    pub fn can_store(&self, c: &Config, i: usize) -> bool {
        c.tso == 0 || usize::from(self.m[i].buffered) < c.tso
    }

    /// Mutator `i` stores.
    pub fn store(&mut self, c: &Config, i: usize, at: u8, value: u8) {
        if c.tso == 0 {
            self.apply(i, at, value);
        } else {
            let m = &mut self.m[i];
            m.buffer[usize::from(m.buffered)] = (at, value);
            m.buffered += 1;
        }
    }

    fn newest(&self, i: usize, at: u8) -> Option<u8> {
        let m = &self.m[i];
        let stores = &m.buffer[..usize::from(m.buffered)];
        stores.iter().rev().find(|s| s.0 == at).map(|s| s.1)
    }

    /// Field `k` as mutator `i` sees it.
    pub fn load_field(&self, i: usize, k: usize) -> u8 {
        self.newest(i, k as u8).unwrap_or(self.field[k])
    }

    /// Its slot `k`, as it sees it.
    pub fn load_slot(&self, i: usize, k: usize) -> u8 {
        let newest = self.newest(i, place::SLOT + k as u8);
        newest.unwrap_or(self.m[i].slot[k])
    }

    /// The objects that somebody can still get at.
    pub fn reachable(&self) -> u8 {
        let mut set: u8 = 1;
        let mut add = |v: u8| {
            if v != NIL {
                set |= 1 << v;
            }
        };
        for m in &self.m {
            m.slot.iter().for_each(|v| add(*v));
            add(m.register);
            let takes = matches!(m.op, Op::Get | Op::Alloc | Op::Upgrade | Op::Finalize);
            if takes && m.pc >= 3 {
                add(m.loaded);
            }
            for (at, value) in &m.buffer[..usize::from(m.buffered)] {
                if *at < place::BUSY {
                    add(*value);
                }
            }
        }
        if self.waiting != NIL {
            set |= 1 << self.waiting;
        }
        loop {
            let before = set;
            for (k, v) in self.field.iter().enumerate() {
                let owner = if k == 4 { 0 } else { k };
                if set & (1 << owner) != 0 && *v != NIL {
                    set |= 1 << *v;
                }
            }
            if set == before {
                return set;
            }
        }
    }

    /// The collector marks what it found.
    pub fn shade(&mut self, v: u8) -> Result<(), Violation> {
        if v == NIL {
            return Ok(());
        }
        if self.live & (1 << v) == 0 {
            return Err(Violation("the collector marks a freed object"));
        }
        if self.mark & (1 << v) == 0 {
            self.mark |= 1 << v;
            self.grey |= 1 << v;
        }
        Ok(())
    }

    /// The same state under the names of objects and slots that pack smallest: objects but the root
    /// are interchangeable, and so are slots where a scan is one step.
    pub fn canonical(&self, c: &Config) -> State {
        const NAMES: [&[[u8; 4]]; 3] = [
            &[[0, 1, 2, 3]],
            &[[0, 1, 2, 3], [0, 2, 1, 3]],
            &[
                [0, 1, 2, 3],
                [0, 2, 1, 3],
                [0, 1, 3, 2],
                [0, 3, 2, 1],
                [0, 2, 3, 1],
                [0, 3, 1, 2],
            ],
        ];
        let all = NAMES[c.objects - 2].iter();
        let renamed = all.map(|names| self.renamed(c, names));
        renamed.min_by_key(State::pack).expect("there are names")
    }

    fn renamed(&self, c: &Config, names: &[u8; 4]) -> State {
        let name = |v: u8| names[usize::from(v)];
        let set = |s: u8| (0..4).fold(0, |r, o| r | ((s >> o & 1) << name(o)));
        let mut t = *self;
        for o in 0..4 {
            t.field[usize::from(name(o))] = name(self.field[usize::from(o)]);
        }
        t.field[4] = name(self.field[4]);
        t.live = set(self.live);
        t.mark = set(self.mark);
        t.grey = set(self.grey);
        t.doomed = set(self.doomed);
        t.held = set(self.held);
        t.weak = name(self.weak);
        t.finalizer = name(self.finalizer);
        t.waiting = name(self.waiting);
        for m in &mut t.m {
            m.slot = m.slot.map(name);
            m.register = name(m.register);
            m.log = set(m.log);
            m.value = name(m.value);
            m.loaded = name(m.loaded);
            if matches!(m.op, Op::Set | Op::Get) && m.field < 4 {
                m.field = name(m.field);
            }
            if c.slots == 2 && c.exclusive_scan && m.slot[0] > m.slot[1] {
                m.slot.swap(0, 1);
                let to = matches!(m.op, Op::Get | Op::Alloc | Op::Upgrade | Op::Finalize);
                m.dst ^= u8::from(m.pc > 0 && to);
            }
        }
        t
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |v: u8| if v == NIL { "-".into() } else { v.to_string() };
        let set = |s: u8| -> String {
            let members = (0..4).filter(|o| s >> o & 1 != 0);
            members.map(|o| o.to_string()).collect()
        };
        let fields: Vec<String> = self.field.iter().map(|v| name(*v)).collect();
        write!(
            f,
            "collector@{:02} fields [{}] live {{{}}} mark {{{}}} grey {{{}}} doomed {{{}}}",
            self.pc,
            fields.join(" "),
            set(self.live),
            set(self.mark),
            set(self.grey),
            set(self.doomed)
        )?;
        if self.held != 0 {
            write!(f, " held {{{}}}", set(self.held))?;
        }
        let others = [
            ("weak", self.weak),
            ("finalizer", self.finalizer),
            ("waiting", self.waiting),
        ];
        for (what, object) in others.iter().filter(|(_, object)| *object != NIL) {
            write!(f, " {what} {object}")?;
        }
        for (i, m) in self.m.iter().enumerate() {
            write!(f, "  M{i} {:?}", m.op)?;
            if m.pc > 0 {
                write!(f, "@{} field {} value {}", m.pc, m.field, name(m.value))?;
            }
            write!(
                f,
                " slots {}{} ctl {} scan {} log {{{}}}",
                name(m.slot[0]),
                name(m.slot[1]),
                ["off", "prep", "poll", "mark", "term"][usize::from(m.ctl)],
                m.scan,
                set(m.log)
            )?;
            if m.pinned == 1 {
                write!(f, " pinned with {}", name(m.register))?;
            }
            if m.buffered > 0 {
                let stores = &m.buffer[..usize::from(m.buffered)];
                write!(f, " buffered {stores:?}")?;
            }
        }
        Ok(())
    }
}
