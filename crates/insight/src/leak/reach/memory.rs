//! Memory: what was made beforehand to work in, and reading that of the process.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ops::Range;

pub(super) const PAGE: usize = 4096;

/// Memory of its own, which is handed out in parts and not searched.
pub(super) struct Arena {
    start: usize,
    used: Cell<usize>,
    len: usize,
}

impl Arena {
    pub(super) fn new(bytes: usize) -> Option<Arena> {
        let len = bytes.next_multiple_of(PAGE);
        // SAFETY: a fresh anonymous mapping.
        let at = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        (at != libc::MAP_FAILED).then(|| Arena {
            start: at.expose_provenance(),
            used: Cell::new(0),
            len,
        })
    }

    /// `n` zeros.
    #[expect(clippy::mut_from_ref, reason = "each part is handed out once")]
    pub(super) fn take<T: Zero>(&self, n: usize) -> Option<&mut [T]> {
        let from = self.used.get().next_multiple_of(16);
        let end = from.checked_add(n.checked_mul(size_of::<T>())?)?;
        if end > self.len {
            return None;
        }
        self.used.set(end);
        let at = std::ptr::with_exposed_provenance_mut(self.start + from);
        // SAFETY: ours, zero, handed out once, aligned for words; zeros are a `T`. Mapped as long as
        // the arena lives.
        Some(unsafe { std::slice::from_raw_parts_mut(at, n) })
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }
}

/// Numbers: zeros are a value, alignment is a word's at most.
///
/// # Safety
/// 1. That is so.
pub(super) unsafe trait Zero: Copy {}
// SAFETY: numbers.
unsafe impl Zero for u8 {}
// SAFETY: numbers.
unsafe impl Zero for u32 {}
// SAFETY: numbers.
unsafe impl Zero for u64 {}
// SAFETY: numbers.
unsafe impl Zero for usize {}

/// Reads the file whole to `to`; how much. Makes no memory.
pub(super) fn read_file(path: &std::ffi::CStr, to: &mut [u8]) -> Option<usize> {
    // SAFETY: a valid path.
    let file = unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
    if file < 0 {
        return None;
    }
    let mut n = 0;
    let whole = loop {
        let rest = &mut to[n..];
        if rest.is_empty() {
            break None; // it may go on
        }
        // SAFETY: writes to `rest` at most its length.
        match unsafe { libc::read(file, rest.as_mut_ptr().cast(), rest.len()) } {
            0 => break Some(n),
            read if read < 0 => break None,
            read => n += read as usize,
        }
    };
    // SAFETY: opened above.
    unsafe { libc::close(file) };
    whole
}

/// The mappings in the text of `/proc/self/maps` that a program may have written to: those that are
/// writable, and what is readable and no file's, for it may have been writable. With whether it is
/// private: a shared one's pages may be there though the table of this process does not have them.
pub(super) fn roots(maps: &[u8]) -> impl Iterator<Item = (Range<usize>, bool)> {
    maps.split(|b| *b == b'\n').filter_map(|line| {
        let line = std::str::from_utf8(line.get(..line.len().min(80))?).ok()?;
        // start-end permissions offset device inode path
        let mut words = line.split(' ');
        let (start, end) = words.next()?.split_once('-')?;
        let (permissions, inode) = (words.next()?, words.nth(2)?);
        let hex = |text| usize::from_str_radix(text, 16).ok();
        let is_root =
            permissions.starts_with("rw") || permissions.starts_with('r') && inode.trim() == "0";
        is_root.then_some((hex(start)?..hex(end)?, permissions.ends_with('p')))
    })
}

/// Reads memory of this process, whatever it is; how much could be read. What cannot be read at the
/// beginning gives 0; `None`: the kernel does not let us.
pub(super) fn read(at: usize, to: &mut [usize]) -> Option<usize> {
    let local = libc::iovec {
        iov_base: to.as_mut_ptr().cast(),
        iov_len: size_of_val(to),
    };
    let remote = libc::iovec {
        iov_base: at as *mut _,
        iov_len: size_of_val(to),
    };
    // SAFETY: writes to `to` at most its length; the kernel checks the other side.
    let read = unsafe { libc::process_vm_readv(libc::getpid(), &local, 1, &remote, 1, 0) };
    match usize::try_from(read) {
        Ok(read) => Some(read / size_of::<usize>()),
        Err(_) => (errno() == libc::EFAULT).then_some(0),
    }
}

/// Of the last system call that failed.
pub(super) fn errno() -> i32 {
    // SAFETY: the thread's own.
    unsafe { *libc::__errno_location() }
}

/// Which pages have ever been touched, by the kernel's table.
pub(super) struct Touched(i32);

impl Touched {
    pub(super) fn open() -> Option<Touched> {
        let flags = libc::O_RDONLY | libc::O_CLOEXEC;
        // SAFETY: a valid path.
        let file = unsafe { libc::open(c"/proc/self/pagemap".as_ptr(), flags) };
        (file >= 0).then_some(Touched(file))
    }

    /// The pages of `range`, one word each, to `to`; how many.
    pub(super) fn read(&self, range: &Range<usize>, to: &mut [u64]) -> usize {
        let pages = ((range.end - range.start) / PAGE).min(to.len());
        let offset = range.start / PAGE * size_of::<u64>();
        let bytes = pages * size_of::<u64>();
        // SAFETY: writes to `to` at most its length.
        let read =
            unsafe { libc::pread(self.0, to.as_mut_ptr().cast(), bytes, offset as libc::off_t) };
        usize::try_from(read).unwrap_or(0) / size_of::<u64>()
    }

    /// In memory or swapped out.
    pub(super) fn is_there(page: u64) -> bool {
        page >> 62 != 0
    }
}

impl Drop for Touched {
    fn drop(&mut self) {
        // SAFETY: ours.
        unsafe { libc::close(self.0) };
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: ours; parts borrow it, so there are none left.
        unsafe { libc::munmap(self.start as *mut _, self.len) };
    }
}

/// The stack of the thread that calls this.
pub(super) fn own_stack() -> Option<Range<usize>> {
    // SAFETY: the thread's own attributes, initialized by the first call and destroyed.
    unsafe {
        let mut attributes = MaybeUninit::uninit();
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let mut attributes = attributes.assume_init();
        let (mut low, mut size) = (std::ptr::null_mut(), 0);
        libc::pthread_attr_getstack(&attributes, &mut low, &mut size);
        libc::pthread_attr_destroy(&mut attributes);
        Some(low.addr()..low.addr() + size)
    }
}
