//! `GOTRACEBACK`: how much a fatal error shows.
//!
//! | value | goroutines | the runtime's own frames | ends by |
//! |---|---|---|---|
//! | `none`, `0` | none | | exit status 2 |
//! | `single`, or not set | the one that failed; all, if none did | no | exit status 2 |
//! | `all`, `1` | all | no | exit status 2 |
//! | `system`, a number above 1 | all | yes | exit status 2 |
//! | `crash`, `wer` | all | yes | `SIGABRT`, for a core |
//!
//! Anything else is `none`, as in Go.

/// See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    None,
    Single,
    All,
    System,
    Crash,
}

impl Level {
    /// As the environment says.
    pub(crate) fn from_env() -> Level {
        Level::parse(std::env::var("GOTRACEBACK").ok().as_deref())
    }

    fn parse(text: Option<&str>) -> Level {
        match text {
            None | Some("" | "single") => Level::Single,
            Some("all" | "1") => Level::All,
            Some("system") => Level::System,
            Some("crash" | "wer") => Level::Crash,
            Some(text) if text.parse::<u32>().is_ok_and(|n| n > 1) => Level::System,
            Some(_) => Level::None,
        }
    }

    pub(crate) fn shows_any(self) -> bool {
        self != Level::None
    }

    pub(crate) fn shows_system(self) -> bool {
        matches!(self, Level::System | Level::Crash)
    }

    /// Whether the process ends by `SIGABRT`.
    pub(crate) fn crashes(self) -> bool {
        self == Level::Crash
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_are_gos() {
        let of = |text| Level::parse(Some(text));
        assert_eq!(Level::parse(None), Level::Single);
        assert_eq!([of(""), of("single")], [Level::Single; 2]);
        assert_eq!([of("none"), of("0"), of("nonsense")], [Level::None; 3]);
        assert_eq!([of("all"), of("1")], [Level::All; 2]);
        assert_eq!([of("system"), of("2"), of("17")], [Level::System; 3]);
        assert_eq!([of("crash"), of("wer")], [Level::Crash; 2]);
    }
}
