//! Dump and profile of the heap.

use gompa_gc::{Array, Field, Gc, Root, Trace, Weak, collect, dump_heap, heap_profile, scope};
use gompa_gc::{HeapRecord, List, set_heap_profile_rate};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

#[derive(Trace)]
struct City<'gc> {
    #[allow(dead_code)]
    name: &'static str,
    capital: Option<Gc<'gc, City<'gc>>>,
    twin: Field<'gc, City<'gc>>,
}

/// What hangs on the roots and slots that `f` makes, as the dump has it: by address.
fn dump() -> (Vec<Value>, HashMap<String, Value>, Value) {
    let mut text = Vec::new();
    dump_heap(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let mut lines: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let end = lines.pop().unwrap();
    let (objects, roots) = lines
        .into_iter()
        .partition::<Vec<_>, _>(|l| l.get("object").is_some());
    let address = |o: &Value| o["object"].as_str().unwrap().to_string();
    let by_address = objects.into_iter().map(|o| (address(&o), o)).collect();
    (roots, by_address, end)
}

#[test]
fn a_dump_has_everything_once() {
    scope(|s| {
        let city = |name, capital| {
            s.alloc(City {
                name,
                capital,
                twin: Field::nil(),
            })
        };
        let lhasa = city("Lhasa", None);
        let root: Root<City<'static>> = s.nested(|n| {
            let capital = Some(lhasa);
            let shigatse = n.alloc(City {
                name: "Shigatse",
                capital,
                twin: Field::nil(),
            });
            lhasa.twin.set(n, shigatse); // a cycle
            n.alloc(City {
                name: "garbage",
                capital,
                twin: Field::nil(),
            });
            Root::new(shigatse)
        });
        let cities: Gc<'_, Array<Gc<'_, City<'_>>>> = s.array(3, |_| lhasa);
        let (roots, objects, end) = dump();
        let at = |g: Gc<'_, City<'_>>| format!("{:p}", g.as_ref());
        let (lhasa, shigatse) = (at(lhasa), at(root.get()));
        let array = format!("{:p}", cities.as_ref());
        let is = |r: &Value, kind: &str, to: &str| r["root"] == kind && r["to"] == to;
        assert!(
            roots
                .iter()
                .any(|r| is(r, "scope", &lhasa) && r["mutator"].is_u64())
        );
        assert!(roots.iter().any(|r| is(r, "scope", &array)));
        assert!(roots.iter().any(|r| is(r, "Root", &shigatse)));
        assert!(!roots.iter().any(|r| is(r, "scope", &shigatse)));
        assert_eq!(objects[&lhasa]["to"], serde_json::json!([shigatse]));
        assert_eq!(objects[&shigatse]["to"], serde_json::json!([lhasa]));
        assert_eq!(
            objects[&array]["to"],
            serde_json::json!([lhasa, lhasa, lhasa])
        );
        let name = objects[&lhasa]["type"].as_str().unwrap();
        assert!(name.contains("looking_in::City"), "{name}");
        assert_eq!(objects[&lhasa]["bytes"], 32);
        // All that is pointed to is there; garbage is not.
        for to in objects.values().flat_map(|o| o["to"].as_array().unwrap()) {
            assert!(objects.contains_key(to.as_str().unwrap()));
        }
        for root in &roots {
            assert!(objects.contains_key(root["to"].as_str().unwrap()));
        }
        assert_eq!(end["roots"], roots.len());
        assert_eq!(end["objects"], objects.len());
        let bytes: u64 = objects.values().map(|o| o["bytes"].as_u64().unwrap()).sum();
        assert_eq!(end["bytes"], bytes);
        assert_eq!(cities.len(), 3);
    });
}

#[test]
#[should_panic(expected = "dump_heap() inside a pin")]
fn no_dump_inside_a_pin() {
    scope(|s| s.pin(|_| _ = dump_heap(&mut Vec::new())));
}

/// The profile with every allocation in it, for one test at a time.
fn profiled<R>(f: impl FnOnce() -> R) -> R {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = set_heap_profile_rate(1);
    let result = f();
    set_heap_profile_rate(before);
    result
}

/// The records of a type that only the caller has, by line.
fn records(of: &str) -> Vec<HeapRecord> {
    let mut records = heap_profile().records;
    records.retain(|r| r.type_name.contains(of));
    records.sort_by_key(|r| r.site.line());
    records
}

#[test]
fn who_allocates_and_what_is_left() {
    #[derive(Trace)]
    struct Profiled(#[allow(dead_code)] [u64; 5]);
    profiled(|| {
        scope(|s| {
            let first = line!() + 1;
            s.nested(|n| (0..300).for_each(|_| _ = n.alloc(Profiled([0; 5]))));
            let kept: Vec<_> = (0..20).map(|_| s.alloc(Profiled([1; 5]))).collect();
            s.pin(|p| _ = p.alloc(Profiled([2; 5])));
            let large = s.array(3000, |_| Profiled([3; 5]));
            let found = records("Profiled");
            let lines: Vec<u32> = found.iter().map(|r| r.site.line() - first).collect();
            assert_eq!(lines, [0, 1, 2, 3]);
            // What is in use now depends on whether anybody collects meanwhile.
            let said: Vec<_> = found
                .iter()
                .map(|r| (r.size, r.allocated_objects))
                .collect();
            let array = 3000 * 40 + 8;
            let array = array + (16 - array % 16) % 16;
            assert_eq!(said, [(48, 300), (48, 20), (48, 1), (array, 1)]);
            assert!(
                found
                    .iter()
                    .all(|r| r.site.file().ends_with("looking_in.rs"))
            );
            collect();
            let all = |r: &HeapRecord| (r.size, r.allocated_objects, r.in_use_objects);
            let left: Vec<_> = records("Profiled").iter().map(all).collect();
            assert_eq!(
                left,
                [(48, 300, 0), (48, 20, 20), (48, 1, 0), (array, 1, 1)]
            );
            assert_eq!((kept.len(), large.len()), (20, 3000));
            assert_eq!(records("Profiled")[1].in_use_bytes(), 960);
        });
        collect();
        assert!(records("Profiled").iter().all(|r| r.in_use_objects == 0));
    });
}

/// What a list allocates is its user's doing, not the list's.
#[test]
fn containers_name_their_users() {
    #[derive(Trace)]
    struct Listed<'gc>(List<'gc, Listed<'gc>>);
    profiled(|| {
        scope(|s| {
            let list = s.alloc(Listed(List::new()));
            let line = line!() + 1;
            (0..9).for_each(|_| list.0.push(s, list));
            let found = records("Listed");
            let arrays: Vec<_> = found
                .iter()
                .filter(|r| r.type_name.contains("Array"))
                .collect();
            assert_eq!(arrays.len(), 3); // of 4, 8 and 16
            assert!(arrays.iter().all(|r| r.site.line() == line), "{arrays:?}");
        });
    });
}

/// One in so many bytes, by chance: the estimate is near what there was.
#[test]
fn a_sample_tells_how_much_there_is() {
    #[derive(Trace)]
    struct Sampled(#[allow(dead_code)] [u64; 8]);
    profiled(|| {
        set_heap_profile_rate(4096);
        let n = 200_000;
        scope(|s| (0..n).for_each(|_| s.nested(|s| _ = s.alloc(Sampled([0; 8])))));
        let mut profile = heap_profile().scaled();
        profile.records.retain(|r| r.type_name.contains("Sampled"));
        let estimate: u64 = profile.records.iter().map(|r| r.allocated_objects).sum();
        // Some 3000 samples: two in a hundred by chance.
        assert!((n * 8 / 10..n * 12 / 10).contains(&estimate), "{estimate}");
    });
}

/// Samples are forgotten with their objects, and neither keep them nor mistake others for them.
#[test]
fn a_sample_does_not_keep() {
    #[derive(Trace)]
    struct Once(#[allow(dead_code)] u64);
    profiled(|| {
        let weak: Weak<Once> = scope(|s| Weak::new(s.alloc(Once(1))));
        for _ in 0..3 {
            collect();
            scope(|s| (0..1000).for_each(|_| _ = s.alloc(Once(2))));
        }
        collect();
        scope(|s| assert!(weak.upgrade(s).is_none()));
        let found = records("Once");
        assert_eq!(found.iter().map(|r| r.allocated_objects).sum::<u64>(), 3001);
        assert!(found.iter().all(|r| r.in_use_objects == 0));
    });
}
