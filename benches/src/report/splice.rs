//! Replaces the part of a text that a tool writes, between two marks.

/// Opens the part.
const BEGIN: &str = "<!-- figures: begin -->";
/// Closes it.
const END: &str = "<!-- figures: end -->";

/// `doc` with `text` as its part between the marks.
pub fn between_marks(doc: &str, text: &str) -> Result<String, String> {
    let parts = doc.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or_else(|| format!("no marks {BEGIN} and {END}"))?;
    Ok(format!(
        "{before}{BEGIN}\n\n{}\n\n{END}{after}",
        text.trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_between_changes() {
        let doc = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        let once = between_marks(&doc, "new").unwrap();
        assert_eq!(once, format!("above\n{BEGIN}\n\nnew\n\n{END}\nbelow\n"));
        assert_eq!(between_marks(&once, "new").unwrap(), once);
    }

    #[test]
    fn missing_marks_are_an_error() {
        assert!(between_marks("nothing", "new").is_err());
        assert!(between_marks(&format!("{END}{BEGIN}"), "new").is_err());
    }
}
