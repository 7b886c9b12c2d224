//! Values that travel with a context.
//!
//! The values above a context are a chain of their own, which skips whatever else is between them.
//! A look-up goes along it and compares types by their ids, and keys in place, by `==`, once the
//! types are equal: nothing is boxed, and nothing is called through a pointer.
//!
//! ```text
//!   Of<Value<K, V>>:  Node | key_type | above | value_type | key: K | value: Arc<V>
//!                            \____________ Head __________/
//!                            \_________________ Keyed<K> _________/
//! ```

use crate::context::Context;
use crate::node::{self, Links, Of, Rest};
use crate::text::Plain;
use std::any::{Any, TypeId};
use std::fmt;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::Arc;

/// What values of all types begin with.
#[repr(C)]
pub(crate) struct Head {
    key_type: TypeId,
    /// The next value above, up to the next foreign context.
    above: Option<NonNull<Head>>,
    value_type: TypeId,
}

/// What values with keys of type `K` begin with.
#[repr(C)]
struct Keyed<K> {
    head: Head,
    key: K,
}

/// A key and its value.
#[repr(C)]
struct Value<K, V> {
    keyed: Keyed<K>,
    value: Arc<V>,
}

// SAFETY: Head's pointer is to a part of a node above, which the node of this one keeps, and which
// does not change; key and value are Send and Sync.
unsafe impl<K: Send + Sync, V: Send + Sync> Send for Value<K, V> {}
// SAFETY: as above.
unsafe impl<K: Send + Sync, V: Send + Sync> Sync for Value<K, V> {}

/// A context with one value more. Values with keys of different types never meet, so a type of one's
/// own as the key keeps others out.
///
/// ```
/// use gompa_context as context;
///
/// #[derive(PartialEq, Eq)]
/// struct UserId;
///
/// let ctx = context::with_value(&context::background(), UserId, 42_u64);
/// assert_eq!(ctx.value::<UserId, u64>(&UserId).as_deref(), Some(&42));
/// assert!(ctx.value::<UserId, String>(&UserId).is_none(), "of another type");
/// ```
pub fn with_value<K, V>(parent: &Context, key: K, value: V) -> Context
where
    K: Eq + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    let value = Value {
        keyed: Keyed {
            head: Head {
                key_type: TypeId::of::<K>(),
                above: parent.links().values,
                value_type: TypeId::of::<V>(),
            },
            key,
        },
        value: Arc::new(value),
    };
    let node = node::make(parent.clone(), value, |links, me| {
        // SAFETY: inside the node's memory.
        let head = unsafe { me.byte_add(offset_of!(Of<Value<K, V>>, rest)) }.cast();
        Links {
            values: Some(head),
            ..links
        }
    });
    Context::of(node)
}

impl Context {
    /// The value of the nearest key that is of type `K` and equal, if that value is of type `V`.
    pub fn value<K, V>(&self, key: &K) -> Option<Arc<V>>
    where
        K: Eq + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        let mut ctx = self;
        loop {
            let links = ctx.links();
            if let Some(head) = find(links.values, key) {
                // SAFETY: above or at `ctx`, hence there.
                if unsafe { head.as_ref() }.value_type != TypeId::of::<V>() {
                    return None;
                }
                // SAFETY: with these types of key and value it is the head of this.
                return Some(unsafe { &head.cast::<Value<K, V>>().as_ref().value }.clone());
            }
            // SAFETY: above or at `ctx`, hence there.
            let stranger = unsafe { links.beyond?.as_ref() };
            if let Some(value) = stranger.rest.0.value(key) {
                return value.downcast().ok();
            }
            ctx = stranger.node.parent();
        }
    }
}

/// The nearest value with that key, up to the next foreign context.
#[inline]
fn find<K: Eq + 'static>(mut next: Option<NonNull<Head>>, key: &K) -> Option<NonNull<Head>> {
    while let Some(at) = next {
        // SAFETY: values live as long as the contexts below them, one of which the caller has.
        let head = unsafe { at.as_ref() };
        if head.key_type == TypeId::of::<K>() {
            // SAFETY: with a key of this type it is the head of this.
            let keyed = unsafe { at.cast::<Keyed<K>>().as_ref() };
            if keyed.key == *key {
                return Some(at);
            }
        }
        next = head.above;
    }
    None
}

impl<K: 'static, V: 'static> Rest for Value<K, V> {
    fn describe(this: &Of<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = Plain::new(&this.rest.keyed.key as &dyn Any, std::any::type_name::<K>());
        let value = Plain::new(&*this.rest.value as &dyn Any, std::any::type_name::<V>());
        write!(f, ".WithValue({key}, {value})")
    }
}

/// A context with the values of `parent`, and nothing else of it: it is not done when `parent` is,
/// and has no deadline.
pub fn without_cancel(parent: &Context) -> Context {
    let node = node::make(parent.clone(), Without, |links, _| Links {
        ends: node::Ends::Never,
        ..links
    });
    Context::of(node)
}

struct Without;

impl Rest for Without {
    fn describe(_: &Of<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(".WithoutCancel")
    }
}
