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
