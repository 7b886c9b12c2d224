//! The page: a few files, part of the binary. It needs nothing from anywhere else.

use crate::http::Response;

/// A file and where it is served.
#[derive(Debug, PartialEq, Eq)]
pub struct Asset {
    path: &'static str,
    content_type: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

static ASSETS: [Asset; 8] = [
    Asset::new("/", HTML, include_str!("index.html")),
    Asset::new("/hub.css", CSS, include_str!("hub.css")),
    Asset::new("/chat.js", JS, include_str!("chat.js")),
    Asset::new("/panel.js", JS, include_str!("panel.js")),
    Asset::new("/operator", HTML, include_str!("operator.html")),
    Asset::new("/operator.css", CSS, include_str!("operator.css")),
    Asset::new("/operator.js", JS, include_str!("operator.js")),
    Asset::new("/icon.svg", SVG, include_str!("icon.svg")),
];

impl Asset {
    const fn new(path: &'static str, content_type: &'static str, text: &'static str) -> Asset {
        Asset {
            path,
            content_type,
            text,
        }
    }

    /// The file of this path.
    pub fn find(path: &str) -> Option<&'static Asset> {
        ASSETS.iter().find(|asset| asset.path == path)
    }

    /// The answer that brings it.
    pub fn response(&self) -> Response {
        Response::page(self.content_type, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_names_is_there() {
        for path in ["/", "/operator"] {
            let page = Asset::find(path).unwrap().text;
            let values = page
                .split("=\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            let names = values.filter(|value| value.starts_with('/'));
            let mut count = 0;
            for name in names {
                assert!(Asset::find(name).is_some(), "{name}");
                count += 1;
            }
            assert!(count >= 4, "{path}: {count}");
        }
    }
}
