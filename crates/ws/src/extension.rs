//! The grammar of `Sec-WebSocket-Extensions` and of comma-separated lists, RFC 6455 section 9.1.

/// An extension, offered or chosen, with its parameters in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension<'a> {
    /// A token.
    pub(crate) name: &'a str,
    /// Names and values. A value in quotes has lost them; what is in them must be a token.
    pub(crate) params: Vec<(&'a str, Option<&'a str>)>,
}

/// A header that does not follow the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadHeader;

/// Reads one header line.
pub(crate) fn parse(text: &str) -> Result<Vec<Extension<'_>>, BadHeader> {
    items(text)
        .map(|item| {
            let mut parts = item.split(';').map(trim);
            let name = parts
                .next()
                .filter(|name| is_token(name))
                .ok_or(BadHeader)?;
            let params = parts.map(param).collect::<Result<_, _>>()?;
            Ok(Extension { name, params })
        })
        .collect()
}

fn param(text: &str) -> Result<(&str, Option<&str>), BadHeader> {
    let (name, value) = match text.split_once('=') {
        None => (text, None),
        Some((name, value)) => {
            let value = trim(value);
            let bare = value
                .strip_prefix('"')
                .map_or(Some(value), |rest| rest.strip_suffix('"'));
            (trim(name), Some(bare.ok_or(BadHeader)?))
        }
    };
    // A value in quotes must be a token too (9.1), so neither a comma nor a semicolon hides in it.
    if is_token(name) && value.is_none_or(is_token) {
        Ok((name, value))
    } else {
        Err(BadHeader)
    }
}

/// The elements of a comma-separated list; empty ones do not count.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(trim).filter(|item| !item.is_empty())
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// A token of RFC 7230, section 3.2.6.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_send() {
        assert_eq!(
            parse("permessage-deflate; client_max_window_bits , x;a=1; b=\"2\""),
            Ok(vec![
                Extension {
                    name: "permessage-deflate",
                    params: vec![("client_max_window_bits", None)]
                },
                Extension {
                    name: "x",
                    params: vec![("a", Some("1")), ("b", Some("2"))]
                },
            ])
        );
        assert_eq!(parse(""), Ok(vec![]));
    }

    #[test]
    fn what_is_no_list() {
        for text in [
            "a b",
            "a;",
            "a;=1",
            "a;b=",
            "a;b=\"1",
            "a;b=\"\"",
            "a;b=\"1,2\"",
            ";a",
            "a=1",
            "é",
        ] {
            assert_eq!(parse(text), Err(BadHeader), "{text}");
        }
    }
}
