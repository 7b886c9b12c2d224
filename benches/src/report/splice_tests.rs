//! [`splice`](super::splice): apart from it, for a bench without a test harness has it, too.

use super::splice::between_marks;

const BEGIN: &str = "<!-- figures: begin -->";
const END: &str = "<!-- figures: end -->";

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
