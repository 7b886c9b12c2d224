//! Values that own what they hold: nothing is added or taken away once they are in the heap, for
//! there they are only shared.
//!
//! Not among them, on purpose: `Rc`, `Arc` and references (others own what they point to, too),
//! `Cell`, `RefCell`, `Mutex`, `OnceLock` and the like (their content changes behind a shared
//! reference, past the barrier).

use super::{Trace, Visitor};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::marker::PhantomData;

macro_rules! sequences {
    ($($name:ident<$($p:ident $(: $bound:path)?),*>),* $(,)?) => {$(
        // SAFETY: 1. the container's layout depends on its parameters' alone. 2., 3. all it holds
        // is reported, by the rules of the elements; it is owned. 4. its `Drop` looks only at what
        // it holds, not beyond. 5. as its parameters.
        unsafe impl<$($p: Trace $(+ $bound)?),*> Trace for $name<$($p),*>
        where
            $(for<'a> $p::At<'a>: Sized $(+ $bound)?),*
        {
            type At<'a> = $name<$($p::At<'a>),*>;
            const TRACED: bool = $($p::TRACED)||*;
            #[inline]
            fn visit<VV: Visitor>(&self, v: &mut VV) {
                if Self::TRACED {
                    self.iter().for_each(|x| Parts::visit(x, v));
                }
            }
        }
    )*};
}

/// What iterating gives: an element, or a key and its value.
trait Parts {
    fn visit<V: Visitor>(self, v: &mut V);
}

impl<T: Trace> Parts for &T {
    #[inline]
    fn visit<V: Visitor>(self, v: &mut V) {
        T::visit(self, v);
    }
}

impl<A: Trace, B: Trace> Parts for (&A, &B) {
    #[inline]
    fn visit<V: Visitor>(self, v: &mut V) {
        self.0.visit(v);
        self.1.visit(v);
    }
}

sequences!(Option<T>, Vec<T>, VecDeque<T>, BTreeMap<K, W>, BTreeSet<T>);

// SAFETY: as above. The hasher is `'static`, so it holds no handle that needs tracing; dropping a map
// hashes and compares nothing.
unsafe impl<K: Trace, W: Trace, S: Send + Sync + 'static> Trace for HashMap<K, W, S> {
    type At<'a> = HashMap<K::At<'a>, W::At<'a>, S>;
    const TRACED: bool = K::TRACED || W::TRACED;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        if Self::TRACED {
            self.iter().for_each(|x| x.visit(v));
        }
    }
}

// SAFETY: as above.
unsafe impl<T: Trace, S: Send + Sync + 'static> Trace for HashSet<T, S> {
    type At<'a> = HashSet<T::At<'a>, S>;
    const TRACED: bool = T::TRACED;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        if T::TRACED {
            self.iter().for_each(|x| x.visit(v));
        }
    }
}

// SAFETY: as above: owned, of fixed layout, all reported.
unsafe impl<T: Trace> Trace for Box<T> {
    type At<'a> = Box<T::At<'a>>;
    const TRACED: bool = T::TRACED;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        (**self).visit(v);
    }
}

// SAFETY: as above.
unsafe impl<T: Trace> Trace for Box<[T]> {
    type At<'a> = Box<[T::At<'a>]>;
    const TRACED: bool = T::TRACED;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        if T::TRACED {
            self.iter().for_each(|x| x.visit(v));
        }
    }
}

// SAFETY: as above.
unsafe impl<T: Trace, const N: usize> Trace for [T; N] {
    type At<'a> = [T::At<'a>; N];
    const TRACED: bool = T::TRACED;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        if T::TRACED {
            self.iter().for_each(|x| x.visit(v));
        }
    }
}

// SAFETY: as above.
unsafe impl<T: Trace, E: Trace> Trace for Result<T, E> {
    type At<'a> = Result<T::At<'a>, E::At<'a>>;
    const TRACED: bool = T::TRACED || E::TRACED;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        match self {
            Ok(x) => x.visit(v),
            Err(x) => x.visit(v),
        }
    }
}

// SAFETY: 1. nothing is laid out. 2.-5. nothing is held.
unsafe impl<T: Trace> Trace for PhantomData<T> {
    type At<'a> = PhantomData<T::At<'a>>;
    const TRACED: bool = false;
    #[inline]
    fn visit<V: Visitor>(&self, _: &mut V) {}
}

macro_rules! tuples {
    ($(($($p:ident $i:tt),*))*) => {$(
        // SAFETY: as above. (The layout of a tuple does not depend on lifetimes.)
        unsafe impl<$($p: Trace),*> Trace for ($($p,)*) {
            type At<'a> = ($($p::At<'a>,)*);
            const TRACED: bool = $($p::TRACED)||*;
            #[inline]
            fn visit<VV: Visitor>(&self, v: &mut VV) {
                $(self.$i.visit(v);)*
            }
        }
    )*};
}

tuples!((A 0)(A 0, B 1)(A 0, B 1, C 2)(A 0, B 1, C 2, D 3)(A 0, B 1, C 2, D 3, E 4)(A 0, B 1, C 2, D 3, E 4, F 5));
