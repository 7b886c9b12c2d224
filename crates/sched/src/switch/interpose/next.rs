//! libc's function behind one of ours.

use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::ptr::null_mut;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::Relaxed;

/// A function of type `F` that comes after ours in the loader's order.
pub(super) struct Next<F> {
    name: &'static CStr,
    /// Null until first asked for. Written with one value only.
    address: AtomicPtr<c_void>,
    function: PhantomData<F>,
}

// SAFETY: holds no F, only the address of one.
unsafe impl<F> Sync for Next<F> {}

impl<F: Copy> Next<F> {
    /// # Safety
    /// 1. `F` is a function pointer type, that of libc's function of this name.
    pub(super) const unsafe fn new(name: &'static CStr) -> Next<F> {
        assert!(size_of::<F>() == size_of::<*mut c_void>());
        Next {
            name,
            address: AtomicPtr::new(null_mut()),
            function: PhantomData,
        }
    }

    /// The function. Ends the process if there is none, which libc excludes.
    pub(super) fn get(&self) -> F {
        let mut address = self.address.load(Relaxed);
        if address.is_null() {
            // SAFETY: a look-up by name.
            address = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
            if address.is_null() {
                std::process::abort();
            }
            self.address.store(address, Relaxed);
        }
        // SAFETY: `new` (1): the address is a function of this type, of the same size.
        unsafe { std::mem::transmute_copy(&address) }
    }
}
