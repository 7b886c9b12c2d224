//! The origin check: a browser sends with each handshake where the script came from, and any page
//! may try any host. Other programs send no origin and are not stopped by this.

use gompa_ws::handshake::Origins as Rule;

/// Pages whose scripts may connect: those that one of the rules allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins(Vec<Rule>);

impl Default for Origins {
    /// Those served by the host that is connected to.
    fn default() -> Origins {
        Origins(vec![Rule::Same])
    }
}

impl Origins {
    /// What the setting's list means.
    pub fn parse(list: &[String]) -> Result<Origins, String> {
        let mut rules = Vec::new();
        let mut listed = Vec::new();
        for word in list {
            match word.trim() {
                "any" | "*" => rules.push(Rule::Any),
                "same" => rules.push(Rule::Same),
                origin if is_origin(origin) => listed.push(origin.to_owned()),
                other => {
                    return Err(format!(
                        "--origin '{other}' is none: 'same', 'any', or scheme and host, as in \
                         https://example.com"
                    ));
                }
            }
        }
        if !listed.is_empty() {
            rules.push(Rule::List(listed));
        }
        Ok(Origins(rules))
    }

    /// Whether a handshake with these headers is welcome.
    pub fn allow(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        self.0.iter().any(|rule| rule.allow(origin, host))
    }
}

/// Scheme and host, and perhaps a port, with nothing behind.
fn is_origin(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, host)| {
        matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains('/')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_let_in() {
        let of = |list: &[&str]| {
            let list: Vec<String> = list.iter().map(|s| s.to_string()).collect();
            Origins::parse(&list).unwrap()
        };
        let same = of(&["same"]);
        assert_eq!(same, Origins::default());
        let listed = of(&["https://x.example", "same"]);
        for (origin, by_same, by_list) in [
            (None, true, true),
            (Some("http://hub"), true, true),
            (Some("https://x.example"), false, true),
            (Some("https://x.example.evil"), false, false),
            (Some("null"), false, false),
        ] {
            assert_eq!(same.allow(origin, Some("hub")), by_same, "{origin:?}");
            assert_eq!(listed.allow(origin, Some("hub")), by_list, "{origin:?}");
            assert!(of(&["any"]).allow(origin, Some("hub")));
        }
        assert!(!of(&["https://x.example"]).allow(Some("http://hub"), Some("hub")));
    }
}
