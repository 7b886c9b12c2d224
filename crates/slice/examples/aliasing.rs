//! The classic puzzles of Go's slices, step by step: who shares an array with whom, and since when
//! no longer.

use gompa_slice::{self as slice, Slice};

/// One slice: its words, its elements, and what lies between its length and its capacity.
fn show(name: &str, s: &Slice<i32>) {
    let hidden = s.slice(s.len()..s.cap());
    let hidden = match hidden.is_empty() {
        true => String::new(),
        false => format!(" and behind it {hidden:?}"),
    };
    println!(
        "    {name:<8} {:>14?}  len {} cap {}  {s:?}{hidden}",
        s.as_ptr(),
        s.len(),
        s.cap(),
    );
}

fn step(code: &str, slices: &[(&str, &Slice<i32>)]) {
    println!("  {code}");
    slices.iter().for_each(|(name, s)| show(name, s));
}

fn append_to_a_part_overwrites() {
    println!("\n1. Append to a part overwrites the whole.");
    let all = Slice::from([1, 2, 3, 4]);
    step("all := []int32{1, 2, 3, 4}", &[("all", &all)]);
    let part = all.slice(..2);
    step("part := all[:2]", &[("part", &part)]);
    let longer = part.append(30);
    step(
        "longer := append(part, 30)      // there is room: all[2] is gone",
        &[("longer", &longer), ("all", &all)],
    );
}

fn a_third_index_prevents_it() {
    println!("\n2. A third index prevents it.");
    let all = Slice::from([1, 2, 3, 4]);
    let part = all.slice3(0, 2, 2);
    step("part := all[0:2:2]", &[("all", &all), ("part", &part)]);
    let longer = part.append(30);
    step(
        "longer := append(part, 30)      // no room: another array",
        &[("longer", &longer), ("all", &all)],
    );
}

fn two_appends_share_a_slot() {
    println!("\n3. Two appends to one slice write to one slot.");
    let mut s = Slice::make(0, 4);
    s.extend([1, 2]);
    step("s := append(make([]int32, 0, 4), 1, 2)", &[("s", &s)]);
    let a = s.append(3);
    step("a := append(s, 3)", &[("a", &a)]);
    let b = s.append(4);
    step("b := append(s, 4)", &[("b", &b), ("a", &a)]);
}

fn a_function_that_appends() {
    println!("\n4. What a function writes the caller sees, what it appends not always.");
    fn scribble(mut s: Slice<i32>) {
        s.set(0, 10);
        s.push(99);
        s.set(1, 20);
    }
    let full = Slice::from([1, 2, 3]);
    scribble(full.clone());
    step(
        "scribble(full)                  // s[1] was written to another array",
        &[("full", &full)],
    );
    let roomy = Slice::make(3, 4);
    scribble(roomy.clone());
    step(
        "scribble(roomy)                 // 99 is there, behind the length",
        &[("roomy", &roomy)],
    );
}

fn removing_while_others_look() {
    println!("\n5. Removing moves what others see.");
    let all = Slice::from([1, 2, 3, 4, 5]);
    let shorter = all.slice(..1).append_all(&all.slice(2..));
    step(
        "shorter := append(all[:1], all[2:]...)",
        &[("shorter", &shorter), ("all", &all)],
    );
    let mut deleted = all.clone();
    deleted.delete(..1);
    step(
        "deleted := slices.Delete(all, 0, 1)",
        &[("deleted", &deleted), ("all", &all)],
    );
}

fn copies_may_overlap() {
    println!("\n6. Copies may overlap.");
    let s = Slice::from([1, 2, 3, 4, 5]);
    let count = slice::copy(&s.slice(1..), &s);
    step(
        &format!("copy(s[1:], s)                  // {count}"),
        &[("s", &s)],
    );
}

fn main() {
    append_to_a_part_overwrites();
    a_third_index_prevents_it();
    two_appends_share_a_slot();
    a_function_that_appends();
    removing_while_others_look();
    copies_may_overlap();
}
