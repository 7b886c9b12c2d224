//! A concurrent collector that never stops the world, safe to use.
//!
//! Values live in one heap that goroutines and plain threads share. Cycles among them are no problem,
//! and nobody frees anything by hand. While a cycle of the collector runs, everybody goes on: each
//! mutator's handles are looked at once, by whoever comes first, and stores into the heap tell the
//! collector what they change (Go's hybrid write barrier). No safe program gets a dangling handle.
//!
//! ```
//! use gompa_gc::{Field, Gc, Scope, Trace, scope};
//!
//! #[derive(Trace)]
//! struct Node<'gc> { value: u64, next: Field<'gc, Node<'gc>> }
//! #[derive(Trace)]
//! struct Stack<'gc> { head: Field<'gc, Node<'gc>> }
//!
//! fn push(s: &Scope, stack: Gc<'_, Stack<'_>>, value: u64) {
//!     s.nested(|s| {
//!         let node = s.alloc(Node { value, next: Field::new(stack.head.get(s)) });
//!         stack.head.set(s, node);
//!     })
//! }
//!
//! fn sum(s: &Scope, stack: Gc<'_, Stack<'_>>) -> u64 {
//!     s.pin(|p| {
//!         let (mut sum, mut at) = (0, stack.head.get(p));
//!         while let Some(node) = at {
//!             sum += node.value;
//!             at = node.next.get(p);
//!         }
//!         sum
//!     })
//! }
//!
//! scope(|s| {
//!     let stack = s.alloc(Stack { head: Field::nil() });
//!     (1..=100).for_each(|i| push(s, stack, i));
//!     assert_eq!(sum(s, stack), 5050);
//! });
//! ```
//!
//! # The pieces
//! - [`scope`] opens a [`Scope`]: handles made in it are valid until it ends. [`Scope::nested`] opens
//!   one inside, [`Scope::keep`] is the way out of it, [`Scope::pin`] a region where loads are free.
//! - [`Gc`] is a handle, and, inside an object, an edge that never changes. [`Field`] is a pointer
//!   that can. [`Array`], [`List`] and [`Map`] are many of them.
//! - [`Root`] keeps an object outside of any scope; [`Weak`] points to it without keeping it.
//! - [`Trace`] says which values may live in the heap; derive it. [`Opaque`] wraps any other value.
//! - [`collect`], [`set_percent`], [`set_memory_limit`], [`set_memory_floor`], [`on_limit`],
//!   [`free_os_memory`], [`stats`], [`read_gc_stats`]; `GOGC`, `GOMEMLIMIT` and `GODEBUG=gctrace=1`
//!   in the environment.
//! - [`heap_profile`] and [`dump_heap`] look in; [`debug`] has switches for who looks for a mistake.
//!
//! # Rooms
//! `protocol` (what mutators and collector agree on; its README tells why), `mutator` (operations,
//! caches), `cycle` (the collector's side), `heap` (spans, pages, sweep), `trace`, `profile` (who allocates),
//! `api`.
//!
//! # Limits
//! - An object that nobody reaches is freed by the cycle after, one with a destructor a cycle later:
//!   destructors run on a thread of the collector's, in no order.
//! - A value deep in nested boxes is traced by recursion, as Rust drops it; a long chain of objects is
//!   not.
//! - Where goroutines share their carrier's thread-locals (the scheduler's unsafe mode), a scope must
//!   not be open while its goroutine waits.

// Under the model there is only the protocol.
#![cfg_attr(loom, allow(dead_code))]

#[cfg(not(loom))]
mod api;
#[cfg(not(loom))]
mod cycle;
#[cfg(not(loom))]
mod env;
#[cfg(not(loom))]
mod heap;
#[cfg(not(loom))]
mod mutator;
#[cfg(not(loom))]
mod profile;
mod protocol;
#[cfg(not(loom))]
mod trace;

#[cfg(not(loom))]
pub use {
    api::array::Array,
    api::control::{
        collect, dump_heap, free_os_memory, set_memory_floor, set_memory_limit, set_percent,
    },
    api::cursor::Cursor,
    api::debug,
    api::field::{Field, Place},
    api::gc::Gc,
    api::id::{ById, Id},
    api::list::{Iter, List},
    api::map::{Iter as MapIter, Map},
    api::opaque::Opaque,
    api::pin::Pin,
    api::root::Root,
    api::scope::{Cleanup, Scope, scope},
    api::stats::{GcStats, MemStats, read_gc_stats, stats},
    api::weak::Weak,
    cycle::governor::{LimitExceeded, on_limit},
    gompa_gc_derive::Trace,
    profile::{HeapProfile, HeapRecord, heap_profile, set_heap_profile_rate},
    trace::{Trace, Visitor},
};

/// For runtimes that carry code which uses the heap.
#[cfg(not(loom))]
pub mod hooks {
    pub use crate::cycle::hooks::{Hooks, install};
}

/// For what the derive writes.
#[cfg(not(loom))]
#[doc(hidden)]
pub mod __private {
    pub use crate::trace::leaf;
    pub use gompa_gc_derive::TraceByFacade;
}

// What the derive writes names this crate.
#[cfg(not(loom))]
extern crate self as gompa_gc;
