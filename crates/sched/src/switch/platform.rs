//! What the processor and the kernel must offer.

use super::context::{fs_base, fs_register};
use super::unsupported::Unsupported;

#[cfg(target_feature = "crt-static")]
compile_error!(
    "gompa-sched needs a dynamically linked libc: in a static executable goroutines cannot be told \
     from threads (remove the target feature crt-static)"
);

/// Bit of AT_HWCAP2: user code may write the FS base.
const HWCAP2_FSGSBASE: libc::c_ulong = 1 << 1;

/// Can the FS base be written, and is it used as the ABI says?
pub(super) fn check() -> Result<(), Unsupported> {
    // SAFETY: looks into the auxiliary vector.
    if unsafe { libc::getauxval(libc::AT_HWCAP2) } & HWCAP2_FSGSBASE == 0 {
        return Err(Unsupported::Fsgsbase);
    }
    // SAFETY: FSGSBASE is enabled.
    let fs = unsafe { fs_register() };
    let control_block = fs_base();
    if fs != control_block {
        return Err(Unsupported::ThreadPointer { fs, control_block });
    }
    Ok(())
}
