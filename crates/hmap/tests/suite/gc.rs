//! Maps as parts of objects in the collected heap.

use gompa_gc::{Field, Gc, Opaque, Root, Trace, collect, scope};
use gompa_hmap::HMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[derive(Trace)]
struct City<'gc> {
    _counted: Opaque<Counted>,
    /// Keys and values that point; frozen.
    roads: HMap<Gc<'gc, String>, Gc<'gc, City<'gc>>>,
    /// Values that can change.
    mayors: HMap<u32, Field<'gc, City<'gc>>>,
}

/// Keys and values are kept and found, in a map at rest as in one that grows; those of a map nobody
/// reaches go.
#[test]
fn keys_and_values_point_into_the_heap() {
    let alive = Arc::new(AtomicUsize::new(0));
    let city = || {
        alive.fetch_add(1, SeqCst);
        City {
            _counted: Opaque(Counted(alive.clone())),
            roads: HMap::new(),
            mayors: HMap::new(),
        }
    };
    let until = |n: usize| {
        let began = Instant::now();
        while alive.load(SeqCst) != n {
            collect();
            std::thread::sleep(Duration::from_millis(1));
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{}",
                alive.load(SeqCst)
            );
        }
    };
    for n in [0, 1, 8, 9, 53, 105, 110] {
        let root: Root<City<'static>> = scope(|s| {
            let mut hub = city();
            for i in 0..n {
                hub.roads
                    .insert(s.alloc(format!("to {i}")), s.alloc(city()));
                hub.mayors.insert(i, Field::nil());
            }
            let hub = s.alloc(hub);
            if let Some(mayor) = hub.mayors.get(&0) {
                mayor.set(s, hub);
            }
            Root::new(hub)
        });
        collect();
        scope(|s| s.nested(|s| (0..2000).for_each(|i| _ = s.alloc(format!("to {i}")))));
        until(n as usize + 1);
        scope(|s| {
            let hub = root.get();
            assert_eq!(hub.roads.len(), n as usize);
            for i in 0..n {
                assert!(hub.roads.contains_key(&format!("to {i}")));
                assert!(hub.roads[&format!("to {i}")].roads.is_empty());
                let mayor = hub.mayors[&i].get(s);
                assert_eq!(mayor.is_some(), i == 0);
            }
        });
        drop(root);
        until(0);
    }
}
