//! Which file lies where in memory: code only.

/// A mapped file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) offset: u64,
    pub(crate) file: String,
}

/// All executable mappings; the executable's own first, as tools expect.
#[derive(Debug)]
pub(crate) struct Mappings(Vec<Mapping>);

impl Default for Mappings {
    fn default() -> Self {
        Mappings::parse(&std::fs::read_to_string("/proc/self/maps").unwrap_or_default())
    }
}

impl Mappings {
    fn parse(text: &str) -> Mappings {
        Mappings(text.lines().filter_map(mapping).collect())
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Mapping> {
        self.0.iter()
    }

    /// The number, from one, of the mapping of an address; 0: none.
    pub(crate) fn find(&self, at: u64) -> u64 {
        let found = self.0.iter().position(|m| (m.start..m.end).contains(&at));
        found.map_or(0, |i| i as u64 + 1)
    }
}

/// `55d0-55d9 r-xp 00002000 08:01 1234   /usr/bin/x`
fn mapping(line: &str) -> Option<Mapping> {
    let mut words = line.splitn(6, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let hex = |text| u64::from_str_radix(text, 16).ok();
    if !words.next()?.contains('x') {
        return None;
    }
    let offset = hex(words.next()?)?;
    let file = words.nth(2)?.trim_start().to_owned();
    Some(Mapping {
        start: hex(start)?,
        end: hex(end)?,
        offset,
        file,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let maps = Mappings::parse(
            "1000-2000 r--p 00000000 08:01 12                         /bin/a b\n\
             2000-3000 r-xp 00001000 08:01 12                         /bin/a b\n\
             7000-8000 rw-p 00000000 00:00 0 \n\
             9000-a000 r-xp 00000000 00:00 0                          [vdso]\n\
             nonsense\n",
        );
        let all: Vec<&Mapping> = maps.all().collect();
        assert_eq!(all.len(), 2);
        assert_eq!(
            (all[0].start, all[0].end, all[0].offset),
            (0x2000, 0x3000, 0x1000)
        );
        assert_eq!((&*all[0].file, &*all[1].file), ("/bin/a b", "[vdso]"));
        assert_eq!(
            [0x1fff, 0x2000, 0x2fff, 0x3000, 0x9001].map(|at| maps.find(at)),
            [0, 1, 1, 0, 2]
        );
    }

    #[test]
    fn our_own_code_is_found() {
        let here = our_own_code_is_found as *const () as u64;
        let maps = Mappings::default();
        assert_ne!(maps.find(here), 0);
        assert_eq!(maps.find(0), 0);
    }
}
