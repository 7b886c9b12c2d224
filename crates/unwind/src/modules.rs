//! The executable and its libraries, as the loader has mapped them.

use framehop::{ExplicitModuleSectionInfo, Module};
use std::ffi::{CStr, c_void};
use std::ops::Range;

/// Bytes of a mapped file that stay where they are: see [`pin`].
pub(crate) type Bytes = &'static [u8];

/// `DW_EH_PE_pcrel | DW_EH_PE_sdata4`: how every linker writes the pointer to `.eh_frame`.
const PCREL_SDATA4: u8 = 0x1b;

/// How many libraries have been loaded, and how many unloaded, so far.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Loads(u64, u64);

/// What the loader says at this moment.
pub(crate) fn loads() -> Loads {
    let mut loads = Loads::default();
    for_each(|info| {
        loads = Loads(info.dlpi_adds, info.dlpi_subs);
        false
    });
    loads
}

/// Every module that has unwind tables. Each stays loaded from here on.
pub(crate) fn all() -> Vec<Module<Bytes>> {
    let mut names = Vec::new();
    for_each(|info| {
        if !info.dlpi_name.is_null() {
            // SAFETY: the loader's string.
            names.push(unsafe { CStr::from_ptr(info.dlpi_name) }.to_owned());
        }
        true
    });
    // Not in the callback: it runs under the loader's lock.
    let pinned: Vec<_> = names.into_iter().filter(|name| pin(name)).collect();
    let mut modules = Vec::new();
    for_each(|info| {
        // SAFETY: the loader's string, or null.
        let name = (!info.dlpi_name.is_null()).then(|| unsafe { CStr::from_ptr(info.dlpi_name) });
        if name.is_some_and(|name| pinned.iter().any(|p| **p == *name)) {
            modules.extend(module(info));
        }
        true
    });
    modules
}

/// Makes a loaded module stay, so that its bytes are `'static`. False: it is not loaded.
fn pin(name: &CStr) -> bool {
    if name.is_empty() {
        return true; // the executable
    }
    let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
    // SAFETY: a valid string; nothing is loaded, so no initializer runs.
    let handle = unsafe { libc::dlopen(name.as_ptr(), flags) };
    if handle.is_null() {
        return false;
    }
    // SAFETY: just opened; it stays (NODELETE).
    unsafe { libc::dlclose(handle) };
    true
}

/// Calls `f` with each module until it says false. Under the loader's lock.
fn for_each(mut f: impl FnMut(&libc::dl_phdr_info) -> bool) {
    unsafe extern "C" fn each<F: FnMut(&libc::dl_phdr_info) -> bool>(
        info: *mut libc::dl_phdr_info,
        _: usize,
        f: *mut c_void,
    ) -> i32 {
        // SAFETY: the loader's info; `f` is the closure passed below.
        let (info, f) = unsafe { (&*info, &mut *f.cast::<F>()) };
        i32::from(!f(info))
    }
    fn callback<F: FnMut(&libc::dl_phdr_info) -> bool>(
        _: &F,
    ) -> unsafe extern "C" fn(*mut libc::dl_phdr_info, usize, *mut c_void) -> i32 {
        each::<F>
    }
    let callback = callback(&f);
    // SAFETY: the callback gets its closure, which lives through the call.
    unsafe { libc::dl_iterate_phdr(Some(callback), std::ptr::from_mut(&mut f).cast()) };
}

fn module(info: &libc::dl_phdr_info) -> Option<Module<Bytes>> {
    let base = info.dlpi_addr;
    // SAFETY: the loader's table.
    let headers =
        unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let range = |h: &libc::Elf64_Phdr| h.p_vaddr..h.p_vaddr + h.p_memsz;
    let loaded: Vec<Range<u64>> = headers
        .iter()
        .filter(|h| h.p_type == libc::PT_LOAD)
        .map(range)
        .collect();
    let code = headers
        .iter()
        .filter(|h| h.p_type == libc::PT_LOAD && h.p_flags & libc::PF_X != 0)
        .map(range)
        .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))?;
    let index = headers
        .iter()
        .find(|h| h.p_type == libc::PT_GNU_EH_FRAME)
        .map(range)?;
    let within = |at: u64| loaded.iter().find(|r| r.contains(&at));
    if index.end > within(index.start)?.end || index.end - index.start < 8 {
        return None;
    }
    let bytes = |r: &Range<u64>| -> Bytes {
        let at = std::ptr::with_exposed_provenance((base + r.start) as usize);
        // SAFETY: within a loaded segment of a module that stays (`pin`); tables are read-only.
        unsafe { std::slice::from_raw_parts(at, (r.end - r.start) as usize) }
    };
    let index_bytes = bytes(&index);
    // version, encoding of the pointer, of the count, of the table; the pointer.
    if index_bytes[0] != 1 || index_bytes[1] != PCREL_SDATA4 {
        return None;
    }
    let distance = i32::from_le_bytes(index_bytes[4..8].try_into().expect("four bytes"));
    let frames_at = (index.start + 4).checked_add_signed(i64::from(distance))?;
    // Its length is in no header; it ends with a zero before the segment does.
    let frames = frames_at..within(frames_at)?.end;
    let sections = ExplicitModuleSectionInfo {
        base_svma: 0,
        text_svma: Some(code.clone()),
        eh_frame: Some(bytes(&frames)),
        eh_frame_svma: Some(frames),
        eh_frame_hdr: Some(index_bytes),
        eh_frame_hdr_svma: Some(index),
        ..Default::default()
    };
    let mapped = base + code.start..base + code.end;
    Some(Module::new(String::new(), mapped, base, sections))
}
