//! The smallest runtime that moves goroutines between OS threads: a queue for each carrier, and a
//! goroutine that says which carrier shall run it next.

use super::super::carrier::current;
use super::super::{
    Block, Carrier, arrived, end_thread_locals, own_thread_locals, prepare, switch,
};
use std::any::Any;
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::null_mut;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Condvar, Mutex};

/// Bytes of a goroutine's stack.
const STACK: usize = 256 << 10;

/// Thread ids no kernel gives.
static NEXT_TID: AtomicU32 = AtomicU32::new(1 << 24);

/// An id for a block: unique in this process.
pub(crate) fn fresh_tid() -> u32 {
    NEXT_TID.fetch_add(1, Relaxed)
}

#[derive(Clone)]
#[repr(C, align(4096))]
struct Page([u8; 4096]);

/// A piece of memory to run on.
pub(crate) struct Stack {
    pages: Box<[Page]>,
}

impl Stack {
    pub(crate) fn new() -> Stack {
        Stack {
            pages: vec![Page([0; 4096]); STACK / size_of::<Page>()].into_boxed_slice(),
        }
    }

    pub(crate) fn low(&self) -> usize {
        self.pages.as_ptr().addr()
    }

    pub(crate) fn top(&self) -> usize {
        self.low() + STACK
    }
}

/// A goroutine. Whoever runs it, or holds it in a queue, owns it.
struct Goroutine {
    /// Its saved context while it does not run.
    context: usize,
    block: Block,
    /// Who runs it.
    machine: *mut Machine,
    world: *const World,
    work: Option<Work>,
    _stack: Stack,
}

/// One carrier's side of the switch.
struct Machine {
    context: usize,
    fs: usize,
    carrier: Carrier,
    index: usize,
    /// What the goroutine wants that has just switched here.
    wish: Wish,
}

enum Wish {
    RunOn(usize),
    End,
}

thread_local! {
    static SELF: Cell<*mut Goroutine> = const { Cell::new(null_mut()) };
}

/// The queues, and how many goroutines there are.
#[derive(Default)]
pub(crate) struct World {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queues: Vec<VecDeque<Ready>>,
    /// Work for whoever ends: it goes on with it as a fresh goroutine, on the same stack.
    heirs: Vec<Work>,
    live: usize,
    panic: Option<Box<dyn Any + Send>>,
}

type Work = Box<dyn FnOnce() + Send>;

struct Ready(*mut Goroutine);
// SAFETY: a goroutine in a queue belongs to whoever takes it out.
unsafe impl Send for Ready {}

/// Runs the goroutines that `start` makes, and those they make, on `carriers` threads until all
/// have ended. Passes on the first panic.
pub(crate) fn run(carriers: usize, start: impl FnOnce(&World)) {
    let world = World::default();
    world.lock().queues.resize_with(carriers, VecDeque::new);
    start(&world);
    std::thread::scope(|scope| {
        for index in 0..carriers {
            let world = &world;
            scope.spawn(move || world.carry(index));
        }
    });
    if let Some(panic) = world.lock().panic.take() {
        resume_unwind(panic);
    }
}

/// One goroutine on the first of two carriers.
pub(crate) fn run_one(work: impl FnOnce() + Send + 'static) {
    run(2, |world| world.go_on(0, work));
}

impl World {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A new goroutine, to run on carrier `index` first.
    pub(crate) fn go_on(&self, index: usize, work: impl FnOnce() + Send + 'static) {
        let layout = own_thread_locals().expect("this machine supports it");
        let stack = Stack::new();
        // SAFETY: a fresh stack, a fresh id.
        let block = unsafe { layout.write(stack.top(), stack.low(), fresh_tid()) };
        let goroutine = Box::into_raw(Box::new(Goroutine {
            context: 0,
            block,
            machine: null_mut(),
            world: self,
            work: Some(Box::new(work)),
            _stack: stack,
        }));
        // SAFETY: the stack is the goroutine's and lives as long as it.
        unsafe {
            (*goroutine).context = prepare(block.stack_top, main, goroutine.addr());
        }
        let mut state = self.lock();
        state.live += 1;
        state.queues[index].push_back(Ready(goroutine));
        self.changed.notify_all();
    }

    /// Work for the next goroutine that ends: a fresh goroutine takes over its stack.
    pub(crate) fn inherit(&self, work: impl FnOnce() + Send + 'static) {
        self.lock().heirs.push(Box::new(work));
    }

    /// The loop of a carrier.
    fn carry(&self, index: usize) {
        let mut machine = Machine {
            context: 0,
            fs: super::super::fs_base(),
            carrier: Carrier::new_for_this_thread(),
            index,
            wish: Wish::End,
        };
        let machine = &raw mut machine;
        let mut state = self.lock();
        while state.live > 0 {
            let Some(Ready(goroutine)) = state.queues[index].pop_front() else {
                state = self.changed.wait(state).unwrap();
                continue;
            };
            drop(state);
            // SAFETY: it came out of the queue, so it is ours, its context is saved, and its
            // thread-locals are those of its block.
            unsafe {
                (*goroutine).machine = machine;
                switch(
                    &raw mut (*machine).context,
                    (*goroutine).context,
                    (*goroutine).block.fs,
                );
            }
            state = self.lock();
            // SAFETY: the machine is ours alone again.
            match unsafe { &(*machine).wish } {
                Wish::RunOn(next) => state.queues[*next].push_back(Ready(goroutine)),
                Wish::End => {
                    state.live -= 1;
                    // SAFETY: made by `go_on`, it has ended.
                    drop(unsafe { Box::from_raw(goroutine) });
                }
            }
            self.changed.notify_all();
        }
    }
}

/// The outermost function of a goroutine.
extern "C" fn main(goroutine: usize) -> ! {
    let goroutine = goroutine as *mut Goroutine;
    // SAFETY: it runs here, so it is ours; its first work waits.
    let mut work = unsafe { (*goroutine).work.take() };
    while let Some(now) = work {
        SELF.set(goroutine);
        // SAFETY: as above; when the work has ended, nothing of the thread-locals is in use.
        unsafe {
            arrived(&raw const (*(*goroutine).machine).carrier);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(now)) {
                (*(*goroutine).world).lock().panic.get_or_insert(panic);
            }
            end_thread_locals();
            work = (*(*goroutine).world).lock().heirs.pop();
            if work.is_some() {
                let layout = own_thread_locals().expect("it runs");
                layout.rewrite(&(*goroutine).block, fresh_tid());
                assert!(!current().is_null(), "the carrier is known");
            }
        }
    }
    // SAFETY: it ends.
    unsafe { leave(Wish::End) };
    unreachable!("a goroutine that ended was resumed");
}

/// # Safety
/// 1. On a goroutine; nothing of it is needed any more if it wishes to end.
unsafe fn leave(wish: Wish) {
    let goroutine = SELF.get();
    // SAFETY: the goroutine runs here, so it and its machine are ours; the machine waits in
    // `carry`, on its own thread-locals. On return another machine may have resumed it.
    unsafe {
        let machine = (*goroutine).machine;
        (*machine).wish = wish;
        switch(
            &raw mut (*goroutine).context,
            (*machine).context,
            (*machine).fs,
        );
        arrived(&raw const (*(*goroutine).machine).carrier);
    }
}

/// Goes on, on carrier `index`.
pub(crate) fn move_to(index: usize) {
    // SAFETY: tests call it on goroutines only.
    unsafe { leave(Wish::RunOn(index)) };
}

/// Goes on, on the next carrier.
pub(crate) fn hop() {
    let (index, carriers) = place();
    move_to((index + 1) % carriers);
}

/// Goes on, on the same carrier, after the others there.
pub(crate) fn yield_now() {
    move_to(place().0);
}

/// The carrier that runs this, and how many there are.
fn place() -> (usize, usize) {
    // SAFETY: the goroutine runs here; its world outlives it.
    unsafe {
        let goroutine = SELF.get();
        let carriers = (*(*goroutine).world).lock().queues.len();
        ((*(*goroutine).machine).index, carriers)
    }
}

/// A new goroutine beside the one that runs this, on carrier `index`.
pub(crate) fn go_on(index: usize, work: impl FnOnce() + Send + 'static) {
    // SAFETY: on a goroutine; its world outlives it.
    unsafe { (*(*SELF.get()).world).go_on(index, work) };
}
