//! The switch by itself: two contexts on one thread, taking turns.

use super::super::{Block, fs_base, own_thread_locals, prepare, switch, switch_keep_fs};
use super::world::{Stack, fresh_tid};
use std::cell::Cell;
use std::hint::black_box;

thread_local! {
    static TURNS: Cell<u64> = const { Cell::new(0) };
}

/// Two contexts and what they tell each other.
struct Game {
    /// Where the test waits, and its FS base.
    home: (usize, usize),
    /// Where the other context waits.
    away: usize,
    /// Its block; `None`: both use the thread's.
    block: Option<Block>,
    /// A number that goes back and forth.
    ball: u64,
}

impl Game {
    fn new(stack: &Stack, own: bool) -> Game {
        let block = own.then(|| {
            let layout = own_thread_locals().expect("this machine supports it");
            // SAFETY: the stack is fresh, as is the id.
            unsafe { layout.write(stack.top(), stack.low(), fresh_tid()) }
        });
        Game {
            home: (0, fs_base()),
            away: 0,
            block,
            ball: 0,
        }
    }

    /// The test's turn ends.
    ///
    /// # Safety
    /// 1. The other context has been prepared on the game's stack; the game lives.
    unsafe fn serve(game: *mut Game) {
        // SAFETY: (1), and it waits in `give_back` or has not begun; nobody else knows of it.
        unsafe {
            match (*game).block {
                Some(block) => switch(&raw mut (*game).home.0, (*game).away, block.fs),
                None => switch_keep_fs(&raw mut (*game).home.0, (*game).away),
            }
        }
    }

    /// The other context's turn ends.
    ///
    /// # Safety
    /// 1. Called there.
    unsafe fn give_back(game: *mut Game) {
        // SAFETY: (1): the test waits in `serve`.
        unsafe {
            match (*game).block {
                Some(_) => switch(&raw mut (*game).away, (*game).home.0, (*game).home.1),
                None => switch_keep_fs(&raw mut (*game).away, (*game).home.0),
            }
        }
    }
}

/// Sends the ball back, three times as large; counts its turns.
extern "C" fn other(game: usize) -> ! {
    let game = game as *mut Game;
    // Kept in registers that a call preserves, if the compiler can.
    let mut sum = 0u64;
    loop {
        // SAFETY: only one of the two contexts runs at a time.
        unsafe {
            sum = sum.wrapping_add((*game).ball);
            TURNS.set(TURNS.get() + 1);
            (*game).ball = (*game).ball * 3 + u64::from(sum == u64::MAX);
            Game::give_back(game);
        }
    }
}

/// Plays some rounds; the other context is abandoned in the end. Its frame owns nothing.
fn play(own: bool) {
    let stack = Stack::new();
    let mut game = Game::new(&stack, own);
    let top = game.block.map_or(stack.top(), |block| block.stack_top);
    let game = &raw mut game;
    let numbers: [u64; 8] = black_box([1, 2, 3, 4, 5, 6, 7, 8]);
    let fractions: [f64; 4] = black_box([0.5, 0.25, 0.125, 0.0625]);
    // SAFETY: the stack is the other context's alone; the game outlives it.
    unsafe {
        (*game).away = prepare(top, other, game.addr());
        for ball in 0..100 {
            (*game).ball = ball;
            Game::serve(game);
            assert_eq!((*game).ball, 3 * ball);
            // What this frame keeps across the call is untouched.
            assert_eq!(numbers.iter().sum::<u64>(), 36);
            assert_eq!(fractions.iter().sum::<f64>(), 0.9375);
        }
    }
}

#[test]
fn two_contexts_take_turns_on_their_own_thread_locals() {
    TURNS.set(1000);
    play(true);
    assert_eq!(TURNS.get(), 1000, "the other one counted its own");
}

#[test]
fn two_contexts_take_turns_on_the_threads_thread_locals() {
    TURNS.set(1000);
    play(false);
    assert_eq!(TURNS.get(), 1100, "both counted here");
}
