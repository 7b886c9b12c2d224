//! Maps as parts of objects in the collected heap.
//!
//! There a map is only shared, so it does not change any more, and the collector goes through it as
//! through std's. Values that must change are `Field`s.

use super::HMap;
use gompa_gc::{Trace, Visitor};

// SAFETY: 1. the layout of a map is that of its parameters' cells; `At` replaces them alone. 2., 3. all
// entries are reported, by the rules of keys and values. They are the map's own, in tables that change
// by `&mut` only; going through them calls neither the hasher nor anything of the keys'. 4. its `Drop`
// drops entries, and looks at nothing beyond. 5. as keys and values. The hasher is `'static`: it holds
// no handle that needs tracing.
unsafe impl<K: Trace, V: Trace, S: Send + Sync + 'static> Trace for HMap<K, V, S> {
    type At<'a> = HMap<K::At<'a>, V::At<'a>, S>;
    const TRACED: bool = K::TRACED || V::TRACED;
    fn visit<W: Visitor>(&self, v: &mut W) {
        if Self::TRACED {
            for (key, value) in self.iter() {
                key.visit(v);
                value.visit(v);
            }
        }
    }
}
