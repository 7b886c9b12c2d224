//! The function of an `after_func`: called and dropped where it may block, never on the stack of
//! whoever runs the timers.

use crate::chan::{self, Chan};
use gompa_park::{host, timer};
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// A timer, not started, that has `f` called.
pub(super) fn timer<F: FnMut() + Send + 'static>(f: F) -> timer::Timer {
    let func = Held(ManuallyDrop::new(Arc::new(Func::new(f))));
    timer::Timer::new(move |_| {
        let func = Arc::clone(&func.0);
        host::spawn(Box::new(move || func.call()));
    })
}

/// The function, in a channel of one: whoever calls it takes it out meanwhile.
struct Func<F> {
    place: Chan<F>,
}

impl<F: FnMut()> Func<F> {
    fn new(f: F) -> Func<F> {
        let place = chan::make(1);
        place.send(f);
        Func { place }
    }

    /// Calls the function once those who came before are done. If it panics it can be called again.
    fn call(&self) {
        struct Taken<'a, F>(&'a Chan<F>, Option<F>);
        impl<F> Drop for Taken<'_, F> {
            fn drop(&mut self) {
                if let Some(f) = self.1.take() {
                    // There is room: it was taken out.
                    let _ = self.0.try_send(f);
                }
            }
        }
        let mut taken = Taken(&self.place, self.place.recv());
        if let Some(f) = &mut taken.1 {
            f();
        }
    }
}

/// The timer's reference. Destructors of what a function has captured may block, too.
struct Held<F: Send + 'static>(ManuallyDrop<Arc<Func<F>>>);

impl<F: Send + 'static> Drop for Held<F> {
    fn drop(&mut self) {
        // SAFETY: taken once, here; the field is not used after.
        let func = unsafe { ManuallyDrop::take(&mut self.0) };
        let last = Arc::into_inner(func);
        if std::mem::needs_drop::<F>() && timer::in_callback() && last.is_some() {
            host::spawn(Box::new(move || drop(last)));
        }
    }
}
