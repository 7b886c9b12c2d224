//! As sequences.

use gompa_slice::{GrowVec, Slice};

#[test]
fn there_and_back() {
    let s: Slice<String> = serde_json::from_str(r#"["a","b"]"#).unwrap();
    assert_eq!(s, ["a", "b"]);
    assert_eq!(serde_json::to_string(&s.slice(1..)).unwrap(), r#"["b"]"#);
    assert_eq!(serde_json::to_string(&Slice::<u8>::nil()).unwrap(), "[]");
    let v: GrowVec<u8> = serde_json::from_str("[1,2]").unwrap();
    assert_eq!(serde_json::to_string(&v).unwrap(), "[1,2]");
    assert!(serde_json::from_str::<Slice<u8>>("[1,").is_err());
}
