//! `new!`.

/// Go's `new`: a value in the collected heap, as its `Default` has it. `new!(T)` gives a
/// [`Root`](crate::gc::Root), which keeps it; `new!(scope, T)` a [`Gc`](crate::gc::Gc), which the
/// scope keeps.
///
/// ```
/// use gompa::gc::{self, Field, Trace};
/// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
///
/// #[derive(Trace, Default)]
/// struct Counter<'gc> { hits: AtomicU64, next: Field<'gc, Counter<'gc>> }
///
/// let counter = gompa::new!(Counter<'static>);
/// gc::scope(|s| {
///     let next = gompa::new!(s, Counter);
///     next.hits.store(2, Relaxed);
///     counter.get().next.set(s, next);
/// });
/// gc::collect();
/// gc::scope(|s| assert_eq!(counter.get().next.get(s).unwrap().hits.load(Relaxed), 2));
/// ```
#[macro_export]
macro_rules! new {
    ($t:ty) => {
        $crate::gc::scope(|s| {
            $crate::gc::Root::<$t>::new(s.alloc(<$t as ::core::default::Default>::default()))
        })
    };
    ($scope:expr, $t:ty) => {
        $crate::gc::Scope::alloc($scope, <$t as ::core::default::Default>::default())
    };
}
