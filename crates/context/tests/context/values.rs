//! Values.

use gompa_context::{Context, background, with_cancel, with_value, without_cancel};
use std::sync::Arc;

#[derive(PartialEq, Eq)]
struct Left(u32);
#[derive(PartialEq, Eq)]
struct Right(u32);

#[test]
fn the_nearest_equal_key_of_the_type() {
    let mut ctx = background();
    for n in 0..10 {
        ctx = with_cancel(&with_value(&ctx, Left(n % 4), n)).0;
        ctx = with_value(&ctx, Right(n % 4), n.to_string());
    }
    let left = |n| ctx.value::<Left, u32>(&Left(n)).as_deref().copied();
    assert_eq!(
        [0, 1, 2, 3, 4].map(left),
        [Some(8), Some(9), Some(6), Some(7), None]
    );
    assert_eq!(*ctx.value::<Right, String>(&Right(1)).unwrap(), "9");
    assert!(background().value::<Left, u32>(&Left(0)).is_none());
}

#[test]
fn types_never_meet() {
    let ctx = with_value(&background(), 1_u32, "u32");
    let ctx = with_value(&ctx, 1_i32, "i32");
    let ctx = with_value(&ctx, "1", "str");
    let ctx = with_value(&ctx, "1".to_string(), "String");
    let of = |v: Option<Arc<&'static str>>| *v.unwrap();
    assert_eq!(of(ctx.value(&1_u32)), "u32");
    assert_eq!(of(ctx.value(&1_i32)), "i32");
    assert_eq!(of(ctx.value(&"1")), "str");
    assert_eq!(of(ctx.value(&"1".to_string())), "String");
    assert!(ctx.value::<u64, &str>(&1).is_none());
    // The nearest key decides; that its value is of another type is not a reason to look further.
    let hidden = with_value(&ctx, 1_u32, 0_u8);
    assert!(hidden.value::<u32, &str>(&1).is_none());
    assert_eq!(hidden.value::<u32, u8>(&1).as_deref(), Some(&0));
}

#[test]
fn a_value_outlives_its_context() {
    let ctx = with_value(&background(), 0, vec![1, 2, 3]);
    let value = ctx.value::<i32, Vec<i32>>(&0).unwrap();
    drop(ctx);
    assert_eq!(*value, [1, 2, 3]);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn odd_sizes_and_alignments() {
    #[repr(align(64))]
    #[derive(PartialEq, Eq, Debug)]
    struct Wide(u8);
    let ctx = with_value(&background(), (), ());
    let ctx = with_value(&ctx, Wide(1), Wide(2));
    let ctx = with_value(&ctx, [7_u8; 300], Wide(3));
    let value = ctx.value::<Wide, Wide>(&Wide(1)).unwrap();
    assert_eq!(
        (&*value, std::ptr::from_ref(&*value).addr() % 64),
        (&Wide(2), 0)
    );
    assert!(ctx.value::<(), ()>(&()).is_some());
    assert_eq!(*ctx.value::<[u8; 300], Wide>(&[7; 300]).unwrap(), Wide(3));
}

#[test]
fn without_cancel_keeps_values_only() {
    let (ctx, cancel) = with_cancel(&with_value(&background(), 1, 'v'));
    let free = without_cancel(&ctx);
    cancel.cancel();
    assert_eq!(free.err(), None);
    assert!(free.cause().is_none());
    assert_eq!(free.value::<i32, char>(&1).as_deref(), Some(&'v'));
    let (below, cancel) = with_cancel(&free);
    assert_eq!(below.err(), None);
    cancel.cancel();
    assert!(below.err().is_some());
}

/// Keys with hostile `==`: it panics, or asks the context itself.
#[test]
fn comparing_may_do_anything() {
    thread_local!(static INNER: std::cell::RefCell<Option<Context>> = const { std::cell::RefCell::new(None) });
    struct Hostile(u32);
    impl PartialEq for Hostile {
        fn eq(&self, other: &Self) -> bool {
            let inner = INNER.take();
            if let Some(ctx) = inner {
                assert!(ctx.value::<i32, i32>(&0).is_some());
                drop(ctx);
            }
            assert_ne!(self.0, 13, "unlucky");
            self.0 == other.0
        }
    }
    impl Eq for Hostile {}
    let ctx = with_value(&background(), 0, 1);
    let ctx = with_value(&ctx, Hostile(7), 7);
    let ctx = with_value(&ctx, Hostile(13), 13);
    INNER.set(Some(ctx.clone()));
    let look = || ctx.value::<Hostile, i32>(&Hostile(7));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(look)).is_err());
    assert_eq!(ctx.value::<i32, i32>(&0).as_deref(), Some(&1));
}
