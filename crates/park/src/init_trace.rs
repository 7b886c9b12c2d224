//! `GODEBUG=inittrace=1`: a line on stderr for each part of the process that was set up, in Go's form.
//!
//! ```text
//! init gompa_sched @0.013 ms, 0.21 ms clock, 135168 bytes
//! ```
//! `@` is when it began, since the process first looked at the clock here; then how long it took, and
//! how much more memory the C library's allocator had given out at its end. (Go's line ends with the
//! number of allocations, which nobody counts here.)

use crate::{stderr, time};

/// Sets `part` up by `f`, and says so if `GODEBUG` asks for that.
pub fn traced<T>(part: &str, f: impl FnOnce() -> T) -> T {
    let godebug = std::env::var("GODEBUG").unwrap_or_default();
    if !is_asked_for(&godebug) {
        return f();
    }
    let (began, before) = (time::now(), allocated());
    let made = f();
    let (took, bytes) = (
        time::now().saturating_sub(began),
        allocated().saturating_sub(before),
    );
    let line = format!(
        "init {part} @{} ms, {} ms clock, {bytes} bytes\n",
        time::ms(began.saturating_sub(time::HEADROOM)),
        time::ms(took),
    );
    stderr::write(line);
    made
}

/// The last word in it has its way, as everywhere in `GODEBUG`.
fn is_asked_for(godebug: &str) -> bool {
    let mut values = godebug.split(',').filter_map(|word| {
        let (name, value) = word.trim().split_once('=')?;
        (name == "inittrace").then_some(value)
    });
    values.next_back() == Some("1")
}

/// Bytes the C library's allocator has given out; 0 where it does not say.
fn allocated() -> usize {
    #[cfg(target_env = "gnu")]
    {
        type Function = Option<extern "C" fn() -> libc::mallinfo2>;
        // By name: older ones (before 2.33) have no such function, and programs must start there.
        // SAFETY: a look-up; the function of this name has this type, and looks at the library's own.
        let info = unsafe {
            let address = libc::dlsym(libc::RTLD_DEFAULT, c"mallinfo2".as_ptr());
            std::mem::transmute::<*mut libc::c_void, Function>(address).map(|f| f())
        };
        info.map_or(0, |info| info.uordblks + info.hblkhd)
    }
    #[cfg(not(target_env = "gnu"))]
    0
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_counts() {
        for (godebug, asked) in [
            ("inittrace=1", true),
            ("gctrace=1, inittrace=1", true),
            ("inittrace=1,inittrace=0", false),
            ("", false),
            ("inittrace", false),
            ("noinittrace=1", false),
        ] {
            assert_eq!(is_asked_for(godebug), asked, "{godebug}");
        }
    }
}
