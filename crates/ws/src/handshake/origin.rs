//! Which pages may connect: RFC 6455 section 10.2.

/// Whose pages a browser may connect from. Only browsers send an origin, and cannot lie about it:
/// this protects users from foreign pages that speak in their name, not the server from programs.
///
/// ```
/// use gompa_ws::handshake::Origins;
///
/// assert!(Origins::Same.allow(Some("https://chat.example"), Some("chat.example")));
/// assert!(!Origins::Same.allow(Some("https://evil.example"), Some("chat.example")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origins {
    /// Everybody's.
    #[default]
    Any,
    /// Those of the host that is asked (the `Host` header), by any scheme; and who sends no origin.
    Same,
    /// These, as browsers write them (`https://example.org`, with the port unless it is the scheme's
    /// own), compared without case; and who sends no origin.
    List(Vec<String>),
}

impl Origins {
    /// Whether a page of this origin may connect to this host.
    pub fn allow(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        let Some(origin) = origin else { return true };
        match self {
            Origins::Any => true,
            Origins::Same => origin.split_once("://").is_some_and(|(scheme, authority)| {
                let port = default_port(scheme);
                host.is_some_and(|host| {
                    without_port(authority, port).eq_ignore_ascii_case(without_port(host, port))
                })
            }),
            Origins::List(list) => list.iter().any(|one| one.eq_ignore_ascii_case(origin)),
        }
    }
}

fn default_port(scheme: &str) -> &'static str {
    match scheme.eq_ignore_ascii_case("https") {
        true => ":443",
        false => ":80",
    }
}

/// Without the scheme's own port, which one side may have written and the other not.
fn without_port<'a>(authority: &'a str, port: &str) -> &'a str {
    authority.strip_suffix(port).unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may() {
        let list = Origins::List(vec!["https://a.example:8443".into()]);
        for (origins, origin, host, may) in [
            (&Origins::Any, Some("null"), None, true),
            (&Origins::Same, None, Some("h"), true),
            (&Origins::Same, Some("http://H:8080"), Some("h:8080"), true),
            (&Origins::Same, Some("https://h"), Some("h:443"), true),
            (&Origins::Same, Some("http://h:443"), Some("h"), false),
            (&Origins::Same, Some("http://h"), Some("h:8080"), false),
            (&Origins::Same, Some("http://[::1]:80"), Some("[::1]"), true),
            (&Origins::Same, Some("null"), Some("null"), false),
            (&Origins::Same, Some("http://h"), None, false),
            (&Origins::Same, Some("http://h.evil"), Some("h"), false),
            (&list, Some("HTTPS://a.example:8443"), None, true),
            (&list, Some("https://a.example"), None, false),
            (&list, None, None, true),
        ] {
            assert_eq!(
                origins.allow(origin, host),
                may,
                "{origins:?} {origin:?} {host:?}"
            );
        }
    }
}
