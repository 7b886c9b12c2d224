//! What may be used on both sides of a caught panic.
//!
//! Of these a panic leaves nothing half done that is ours. What a user's function has left behind in
//! the value of a lock is seen by the next one, as each lock says of itself.

use crate::{Cond, Map, Mutex, Once, Pool, RwLock, Semaphore, WaitGroup, errgroup, singleflight};
use std::panic::{RefUnwindSafe, UnwindSafe};

macro_rules! survives {
    ($(($($generics:tt)*) $name:ty,)*) => {$(
        impl<$($generics)*> UnwindSafe for $name {}
        impl<$($generics)*> RefUnwindSafe for $name {}
    )*};
}

survives! {
    () Cond,
    () Once,
    () Semaphore,
    () WaitGroup,
    (T: ?Sized) Mutex<T>,
    (T: ?Sized) RwLock<T>,
    (T, F: RefUnwindSafe) Pool<T, F>,
    (K: RefUnwindSafe, V: RefUnwindSafe, S: RefUnwindSafe) Map<K, V, S>,
    (E) errgroup::Group<E>,
    (K, V) singleflight::Group<K, V>,
}
