//! Which modules (the executable, its libraries) have thread-locals, and where rseq lives.

use std::ffi::{CStr, c_int, c_void};

/// A module with thread-locals.
#[derive(Clone, Debug)]
pub(super) struct Module {
    /// Its index in every thread's dtv, from 1.
    pub(super) id: usize,
    /// Bytes of its thread-locals.
    pub(super) size: usize,
    /// Their alignment.
    pub(super) align: usize,
    /// Its file; empty: the executable.
    pub(super) name: String,
}

/// All of them, in the loader's order.
pub(super) fn modules() -> Vec<Module> {
    let mut found: Vec<Module> = Vec::new();
    // SAFETY: the callback takes exactly this pointer and is called during the call only.
    unsafe { libc::dl_iterate_phdr(Some(visit), std::ptr::from_mut(&mut found).cast()) };
    found
}

/// # Safety
/// 1. Called by `dl_iterate_phdr` with a pointer to the vector of [`modules`].
unsafe extern "C" fn visit(
    info: *mut libc::dl_phdr_info,
    size: usize,
    found: *mut c_void,
) -> c_int {
    if size < size_of::<libc::dl_phdr_info>() {
        return 0; // a libc too old to tell about thread-locals
    }
    // SAFETY: (1), and the loader's record is valid during the call.
    let (info, found) = unsafe { (&*info, &mut *found.cast::<Vec<Module>>()) };
    if info.dlpi_tls_modid == 0 {
        return 0;
    }
    // SAFETY: the loader gives the headers as address and number.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    let name = if info.dlpi_name.is_null() {
        String::new()
    } else {
        // SAFETY: a C string of the loader.
        unsafe { CStr::from_ptr(info.dlpi_name) }
            .to_string_lossy()
            .into_owned()
    };
    if let Some(tls) = headers.iter().find(|header| header.p_type == libc::PT_TLS) {
        found.push(Module {
            id: info.dlpi_tls_modid,
            size: tls.p_memsz as usize,
            align: (tls.p_align as usize).max(1),
            name,
        });
    }
    0
}

/// Where libc keeps the area of restartable sequences: offset from the thread pointer, bytes.
/// `None`: this libc registers none.
pub(super) fn rseq_area() -> Option<(isize, usize)> {
    // SAFETY: a look-up by name.
    let (offset, size) = unsafe {
        (
            libc::dlsym(libc::RTLD_DEFAULT, c"__rseq_offset".as_ptr()),
            libc::dlsym(libc::RTLD_DEFAULT, c"__rseq_size".as_ptr()),
        )
    };
    if offset.is_null() || size.is_null() {
        return None;
    }
    // SAFETY: documented constants of libc: ptrdiff_t and unsigned int.
    let (offset, size) = unsafe { (*offset.cast::<isize>(), *size.cast::<u32>()) };
    // The size counts the fields in use; the kernel's first version of the area has 32 bytes.
    (size != 0).then_some((offset, (size as usize).next_multiple_of(32)))
}
