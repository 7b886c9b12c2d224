//! The rule: who is reached.

use super::memory::{Arena, PAGE, Touched, own_stack, read, read_file, roots};
use super::stop::Stopped;
use gompa_park::WaitReason;
use gompa_sched::debug::stopped::{Parked, World};
use std::ops::Range;

/// Channels that a goroutine waits for at the most, on average; with more, nothing is proven.
const CHANNELS_EACH: usize = 4;
/// Words read at a time.
const WORDS: usize = 1 << 13;
const MAPS: usize = 4 << 20;
/// Ranges that are no roots, besides targets.
const MOST_APART: usize = 1 << 16;
/// Larger mappings are looked up in the kernel's table first: most of them may never have been
/// touched.
const LARGE: usize = 1 << 20;
/// Threads that end at the wrong moment make a stop fail.
const TRIES: u32 = 3;

/// The numbers of goroutines that nothing can reach; `None` if that could not be found out.
pub(super) fn search() -> Option<Vec<u64>> {
    let world = World::new();
    let places = world.places();
    let bytes = (64 << 20) + places * (8 + CHANNELS_EACH * 8) * size_of::<usize>();
    let arena = Arena::new(TRIES as usize * bytes)?;
    // Asking for it makes memory.
    let own = own_stack()?;
    (0..TRIES).find_map(|_| {
        let mut search = Search::new(&arena, places)?;
        let stopped = Stopped::new(&arena)?;
        let found = search.run(&world, own.clone());
        drop(stopped);
        found.then(|| search.unreached().collect())
    })
}

/// Sorted by their beginnings; they do not overlap.
struct Targets<'a> {
    starts: &'a mut [usize],
    ends: &'a mut [usize],
    /// The candidate whose stack it is; beyond those: a channel.
    whose: &'a mut [usize],
    reached: &'a mut [u8],
    n: usize,
}

const CHANNEL: usize = usize::MAX;

struct Search<'a> {
    arena: Range<usize>,
    targets: Targets<'a>,
    /// Candidates: number; place among the targets.
    ids: &'a mut [u64],
    places: &'a mut [usize],
    /// Some memory could not be looked at.
    blind: bool,
    candidates: usize,
    /// Who waits for which channel: address, candidate. Sorted.
    waits: (&'a mut [usize], &'a mut [usize]),
    n_waits: usize,
    /// Targets that were reached and not searched yet.
    work: &'a mut [usize],
    n_work: usize,
    /// Not roots: start and end. Sorted.
    apart: (&'a mut [usize], &'a mut [usize]),
    n_apart: usize,
    maps: &'a mut [u8],
    words: &'a mut [usize],
    pages: &'a mut [u64],
}

impl<'a> Search<'a> {
    fn new(arena: &'a Arena, places: usize) -> Option<Search<'a>> {
        let pairs = places * CHANNELS_EACH;
        let targets = places + pairs;
        Some(Search {
            arena: arena.range(),
            targets: Targets {
                starts: arena.take(targets)?,
                ends: arena.take(targets)?,
                whose: arena.take(targets)?,
                reached: arena.take(targets)?,
                n: 0,
            },
            ids: arena.take(places)?,
            places: arena.take(places)?,
            blind: false,
            candidates: 0,
            waits: (arena.take(pairs)?, arena.take(pairs)?),
            n_waits: 0,
            work: arena.take(targets)?,
            n_work: 0,
            apart: (arena.take(MOST_APART)?, arena.take(MOST_APART)?),
            n_apart: 0,
            maps: arena.take(MAPS)?,
            words: arena.take(WORDS)?,
            pages: arena.take(WORDS)?,
        })
    }

    /// All are stopped. False: it cannot be found out.
    fn run(&mut self, world: &World, own: Range<usize>) -> bool {
        let mut fits = true;
        // SAFETY: all are stopped.
        unsafe { world.each_parked(|g| fits &= self.candidate(&g)) };
        if !fits || self.candidates == 0 {
            return fits;
        }
        self.sort_waits();
        self.channels_become_targets();
        self.sort_targets();
        fits &= self.keep_apart(own) & self.keep_apart(self.arena.clone());
        // SAFETY: all are stopped.
        unsafe {
            world.each_of_ours(|memory| fits &= self.keep_apart(memory));
            world.each_stack(|mapped| fits &= self.keep_apart(mapped), |_| {});
        }
        if !fits {
            return false;
        }
        self.sort_apart();
        let Some(n) = read_file(c"/proc/self/maps", self.maps) else {
            return false;
        };
        let Some(touched) = Touched::open() else {
            return false;
        };
        let maps = std::mem::take(&mut self.maps);
        for (range, private) in roots(&maps[..n]) {
            self.search_apart_from(range, private.then_some(&touched));
        }
        self.maps = maps;
        // SAFETY: all are stopped.
        unsafe {
            world.each_stack(
                |_| {},
                |stack| {
                    if self.candidate_with(stack.used.start).is_none() {
                        self.search_range(stack.used, Some(&touched));
                    }
                },
            );
        }
        while let Some(target) = self.next_work() {
            self.search_target(target);
        }
        !self.blind
    }

    /// Takes a goroutine in if it waits for channels and nothing else. False: no room.
    fn candidate(&mut self, g: &Parked) -> bool {
        use WaitReason::{ChanReceive, ChanSend, Select};
        let waits = matches!(g.reason, ChanReceive | ChanSend | Select);
        if !waits || g.may_time_out || g.waits_for == 0 {
            return true;
        }
        if self.candidates == self.ids.len() {
            return false;
        }
        let candidate = self.candidates;
        let mut fits = true;
        let mut add = |channel| {
            fits &= self.n_waits < self.waits.0.len();
            if fits {
                self.waits.0[self.n_waits] = channel;
                self.waits.1[self.n_waits] = candidate;
                self.n_waits += 1;
            }
        };
        if g.memory.contains(&g.waits_for) {
            // SAFETY: a select's wait gives its own frame; it waits, for all are stopped.
            unsafe { gompa_chan::__insight::channels_of(g.waits_for, &mut add) };
        } else {
            add(g.waits_for);
        }
        if !fits {
            return false;
        }
        self.ids[candidate] = g.id;
        self.candidates += 1;
        self.targets.push(g.memory.clone(), candidate)
    }

    fn sort_waits(&mut self) {
        let n = self.n_waits;
        sort(&mut self.waits.0[..n], [&mut self.waits.1[..n]]);
    }

    fn channels_become_targets(&mut self) {
        for i in 0..self.n_waits {
            let channel = self.waits.0[i];
            if i == 0 || self.waits.0[i - 1] != channel {
                // SAFETY: somebody waits for it, so it is there; all are stopped.
                let memory = unsafe { gompa_chan::__insight::memory_of(channel) };
                self.targets.push(memory, CHANNEL);
            }
        }
    }

    fn sort_targets(&mut self) {
        let n = self.targets.n;
        let t = &mut self.targets;
        sort(&mut t.starts[..n], [&mut t.ends[..n], &mut t.whose[..n]]);
        for i in 0..n {
            if t.whose[i] != CHANNEL {
                self.places[t.whose[i]] = i;
            }
        }
    }

    fn keep_apart(&mut self, range: Range<usize>) -> bool {
        if self.n_apart == self.apart.0.len() {
            return false;
        }
        self.apart.0[self.n_apart] = range.start;
        self.apart.1[self.n_apart] = range.end;
        self.n_apart += 1;
        true
    }

    fn sort_apart(&mut self) {
        let n = self.n_apart;
        sort(&mut self.apart.0[..n], [&mut self.apart.1[..n]]);
    }

    /// Searches what of `range` is neither kept apart nor a target.
    fn search_apart_from(&mut self, range: Range<usize>, touched: Option<&Touched>) {
        let mut at = range.start;
        while at < range.end {
            let hole = first_from(
                &self.apart.0[..self.n_apart],
                &self.apart.1[..self.n_apart],
                at,
            );
            let n = self.targets.n;
            let target = first_from(&self.targets.starts[..n], &self.targets.ends[..n], at);
            let next = if hole.start <= target.start {
                hole
            } else {
                target
            };
            let end = next.start.clamp(at, range.end);
            self.search_range(at..end, touched);
            at = next.end.max(end);
        }
    }

    /// Looks at every word of `range` that was ever touched.
    fn search_range(&mut self, range: Range<usize>, touched: Option<&Touched>) {
        let Some(touched) = touched.filter(|_| range.len() >= LARGE) else {
            return self.search_words(range);
        };
        let mut at = range.start & !(PAGE - 1);
        while at < range.end {
            let pages = std::mem::take(&mut self.pages);
            let n = touched.read(&(at..range.end.next_multiple_of(PAGE)), pages);
            for (i, page) in pages[..n].iter().enumerate() {
                let page_at = at + i * PAGE;
                if Touched::is_there(*page) {
                    self.search_words(page_at.max(range.start)..(page_at + PAGE).min(range.end));
                }
            }
            self.pages = pages;
            if n == 0 {
                return self.search_words(at.max(range.start)..range.end);
            }
            at += n * PAGE;
        }
    }

    fn search_words(&mut self, range: Range<usize>) {
        let mut at = range.start.next_multiple_of(size_of::<usize>());
        while at + size_of::<usize>() <= range.end {
            let words = std::mem::take(&mut self.words);
            let n = ((range.end - at) / size_of::<usize>()).min(words.len());
            let n = read(at, &mut words[..n]);
            self.blind |= n.is_none();
            let n = n.unwrap_or(0);
            words[..n].iter().for_each(|word| self.hit(*word));
            self.words = words;
            // What cannot be read holds nothing that anybody could.
            at = match n {
                0 => (at & !(PAGE - 1)) + PAGE,
                n => at + n * size_of::<usize>(),
            };
        }
    }

    /// A word that was found: perhaps an address.
    #[inline]
    fn hit(&mut self, word: usize) {
        if let Some(target) = self.targets.find(word) {
            self.reach(target);
        }
    }

    fn reach(&mut self, target: usize) {
        if self.targets.reached[target] == 0 {
            self.targets.reached[target] = 1;
            self.work[self.n_work] = target;
            self.n_work += 1;
        }
    }

    fn next_work(&mut self) -> Option<usize> {
        self.n_work = self.n_work.checked_sub(1)?;
        Some(self.work[self.n_work])
    }

    /// A target that was reached: its memory is searched like that of the roots.
    fn search_target(&mut self, target: usize) {
        let start = self.targets.starts[target];
        self.search_words(start..self.targets.ends[target]);
        if self.targets.whose[target] == CHANNEL {
            let mut i = self.waits.0[..self.n_waits].partition_point(|c| *c < start);
            while i < self.n_waits && self.waits.0[i] == start {
                self.reach(self.places[self.waits.1[i]]);
                i += 1;
            }
        }
    }

    /// The candidate whose frames begin there.
    fn candidate_with(&self, frames: usize) -> Option<usize> {
        let i = self.targets.starts[..self.targets.n]
            .binary_search(&frames)
            .ok()?;
        (self.targets.whose[i] != CHANNEL).then_some(i)
    }

    fn unreached(&self) -> impl Iterator<Item = u64> {
        let reached = |i: &usize| self.targets.reached[self.places[*i]] != 0;
        (0..self.candidates)
            .filter(move |i| !reached(i))
            .map(|i| self.ids[i])
    }
}

impl Targets<'_> {
    fn push(&mut self, memory: Range<usize>, whose: usize) -> bool {
        if self.n == self.starts.len() {
            return false;
        }
        self.starts[self.n] = memory.start;
        self.ends[self.n] = memory.end;
        self.whose[self.n] = whose;
        self.n += 1;
        true
    }

    #[inline]
    fn find(&self, address: usize) -> Option<usize> {
        let starts = &self.starts[..self.n];
        if address < *starts.first()? || address >= self.ends[self.n - 1] {
            return None;
        }
        let i = starts.partition_point(|start| *start <= address) - 1;
        (address < self.ends[i]).then_some(i)
    }
}

/// The first of some sorted ranges that does not end before `at`.
fn first_from(starts: &[usize], ends: &[usize], at: usize) -> Range<usize> {
    let i = ends.partition_point(|end| *end <= at);
    match starts.get(i) {
        Some(start) => *start..ends[i],
        None => usize::MAX..usize::MAX,
    }
}

/// Sorts columns by the first: in place, for there is no memory to be had. A heap sort.
fn sort<const N: usize>(keys: &mut [usize], mut others: [&mut [usize]; N]) {
    fn swap<const N: usize>(
        keys: &mut [usize],
        others: &mut [&mut [usize]; N],
        a: usize,
        b: usize,
    ) {
        keys.swap(a, b);
        others.iter_mut().for_each(|column| column.swap(a, b));
    }
    let others = &mut others;
    let n = keys.len();
    // First every parent is put above its children; then the greatest goes to the end, one by one.
    for step in (1..n + n / 2).rev() {
        let (mut at, end) = match step.checked_sub(n) {
            Some(parent) => (parent, n),
            None => {
                swap(keys, others, 0, step);
                (0, step)
            }
        };
        loop {
            let mut child = 2 * at + 1;
            if child >= end {
                break;
            }
            child += usize::from(child + 1 < end && keys[child + 1] > keys[child]);
            if keys[at] >= keys[child] {
                break;
            }
            swap(keys, others, at, child);
            at = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_sorted_together() {
        for n in [0, 1, 2, 3, 10, 1000] {
            let mut keys: Vec<usize> = (0..n).map(|i| i * 7919 % 1009).collect();
            let (mut a, mut b): (Vec<usize>, Vec<usize>) = (keys.clone(), (0..n).collect());
            let mut expected = keys.clone();
            let before = keys.clone();
            expected.sort_unstable();
            sort(&mut keys, [&mut a, &mut b]);
            assert_eq!((&keys, &a), (&expected, &expected));
            assert!(b.iter().zip(&keys).all(|(i, key)| before[*i] == *key));
        }
    }

    #[test]
    fn the_next_hole_is_found() {
        let (starts, ends) = ([10, 30, 50], [20, 40, 60]);
        let next = |at| first_from(&starts, &ends, at);
        assert_eq!(
            [next(0), next(19), next(20), next(59)],
            [10..20, 10..20, 30..40, 50..60]
        );
        assert_eq!(next(60).start, usize::MAX);
    }
}
