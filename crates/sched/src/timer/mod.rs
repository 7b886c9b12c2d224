//! Deadlines of goroutines: the sleeping ones and those that wait with a limit.
//!
//! The heaps are [`gompa_park::timer`]'s, one for each P. Here is what a due entry does.

use crate::goroutine::G;
use gompa_park::timer::WaitTimer;
use std::mem::offset_of;
use std::ptr::NonNull;

/// The entry of a goroutine; see [`G::timer`](crate::goroutine::G).
pub(crate) fn wait_timer() -> WaitTimer {
    // SAFETY: `fire` is called with the timers of goroutines only: each `WaitTimer` made here is the
    // `timer` of a `G`. Late calls do nothing: the park word has moved on.
    unsafe { WaitTimer::new(fire) }
}

unsafe fn fire(timer: NonNull<WaitTimer>, number: u32) {
    // SAFETY: the timer is a field of a G in type-stable memory.
    let g = unsafe { timer.cast::<u8>().sub(offset_of!(G, timer)).cast::<G>() };
    // SAFETY: as above.
    if unsafe { g.as_ref() }.park.time_out(number) {
        crate::host::runnable(g);
    }
}
