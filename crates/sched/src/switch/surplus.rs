//! Closing the loader's surplus of static thread-locals.
//!
//! Below the static thread-locals of a thread the loader leaves some room, the surplus, for
//! libraries that are loaded later and insist on *static* thread-locals (the initial-exec model).
//! It hands it out at the same distance below every thread pointer, and initialises it in all
//! threads it knows. It does not know goroutines: there such a library would find, and overwrite,
//! the goroutine's frames.
//!
//! So the surplus is used up before the first goroutine runs, by libraries of nothing but
//! thread-locals. From then on the loader refuses such a library, `cannot allocate memory in static
//! TLS block`, to whoever wants to load it. Libraries with ordinary thread-locals load as ever.

use super::unsupported::Unsupported;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Write;
use std::mem::offset_of;
use std::os::fd::{AsRawFd, FromRawFd};

/// Uses up the surplus, to the byte, and makes sure.
pub(super) fn close() -> Result<(), Unsupported> {
    // Open until the end: the loader knows libraries by their names, which hold the descriptors.
    let mut files = Vec::new();
    let mut load = |library: Library| load(&library, &mut files);
    let mut loaded = 0;
    // The largest piece first: each power of two fits at most once.
    for size in (0..=LARGEST_PIECE).rev().map(|power| 1 << power) {
        loaded += u32::from(load(Library::new(size, Kind::Static))?.is_ok());
    }
    if let Ok(()) = load(Library::new(1, Kind::Static))? {
        return Err(Unsupported::Surplus {
            error: format!("it is larger than {} bytes", 1 << (LARGEST_PIECE + 1)),
        });
    }
    if loaded == 0
        && let Err(error) = load(Library::new(1, Kind::Dynamic))?
    {
        // Not for want of room: such a library does not load at all.
        return Err(Unsupported::Surplus { error });
    }
    Ok(())
}

/// No surplus is larger than twice as many bytes, as a power of two.
const LARGEST_PIECE: u32 = 20;

/// Loads a library for good. The inner error is the loader's.
fn load(library: &Library, files: &mut Vec<File>) -> Result<Result<(), String>, Unsupported> {
    // SAFETY: makes a file without a name.
    let fd = unsafe { libc::memfd_create(c"gompa-surplus".as_ptr(), libc::MFD_CLOEXEC) };
    if fd == -1 {
        return Err(Unsupported::last_os_error("memfd_create"));
    }
    // SAFETY: the descriptor is new and ours.
    let mut file = unsafe { File::from_raw_fd(fd) };
    file.write_all(library.bytes())
        .map_err(|error| Unsupported::System {
            call: "write",
            error,
        })?;
    // The process id and not `self`: debuggers look for the file by this name.
    let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
    files.push(file);
    let path = CString::new(path).expect("no NUL in it");
    let flags = libc::RTLD_NOW | libc::RTLD_LOCAL | libc::RTLD_NODELETE;
    // SAFETY: the library has no code, so none runs.
    let handle = unsafe { libc::dlopen(path.as_ptr(), flags) };
    if !handle.is_null() {
        return Ok(Ok(()));
    }
    // SAFETY: the message is this thread's until its next call of the loader.
    let message = unsafe { CStr::from_ptr(libc::dlerror()) };
    Ok(Err(message.to_string_lossy().into_owned()))
}

/// How the thread-locals of a library want to be reached.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// At a fixed distance from the thread pointer: a relocation asks for the distance.
    Static,
    /// Through the dtv.
    Dynamic,
}

/// A shared library, byte by byte: one segment with all of this, no code, no symbol.
#[repr(C)]
struct Library {
    header: libc::Elf64_Ehdr,
    /// What to map, the dynamic section, the thread-locals, and that the stack is not executable.
    segments: [libc::Elf64_Phdr; 4],
    /// Tag and value.
    dynamic: [[u64; 2]; 10],
    /// No symbols: one bucket, one chain, both empty.
    hash: [u32; 4],
    /// The symbol that stands for none.
    symbol: [u64; 3],
    /// The empty string.
    strings: [u8; 8],
    /// Place, kind, addend.
    relocation: [u64; 3],
    /// Where the relocation puts the distance.
    distance: u64,
}

mod elf {
    //! Names of the ELF format that libc (the crate) lacks.
    pub(super) const MAGIC: [u8; 4] = *b"\x7fELF";
    pub(super) const CLASS_64: u8 = 2;
    pub(super) const LITTLE_ENDIAN: u8 = 1;
    pub(super) const VERSION: u8 = 1;
    pub(super) const SHARED_OBJECT: u16 = 3;
    pub(super) const X86_64: u16 = 62;

    pub(super) const DT_NULL: u64 = 0;
    pub(super) const DT_HASH: u64 = 4;
    pub(super) const DT_STRTAB: u64 = 5;
    pub(super) const DT_SYMTAB: u64 = 6;
    pub(super) const DT_RELA: u64 = 7;
    pub(super) const DT_RELASZ: u64 = 8;
    pub(super) const DT_RELAENT: u64 = 9;
    pub(super) const DT_STRSZ: u64 = 10;
    pub(super) const DT_SYMENT: u64 = 11;
    pub(super) const DT_FLAGS: u64 = 30;
    pub(super) const DF_STATIC_TLS: u64 = 0x10;

    /// Distance of a thread-local from the thread pointer.
    pub(super) const R_X86_64_TPOFF64: u64 = 18;
}

impl Library {
    /// A library with `size` bytes of thread-locals.
    fn new(size: u64, kind: Kind) -> Library {
        let at = |offset: usize| offset as u64;
        let is_static = u64::from(kind == Kind::Static);
        let whole = size_of::<Library>() as u64;
        let mut ident = [0; 16];
        ident[..4].copy_from_slice(&elf::MAGIC);
        ident[4..7].copy_from_slice(&[elf::CLASS_64, elf::LITTLE_ENDIAN, elf::VERSION]);
        let segment = |p_type, offset: u64, bytes: u64, p_align| libc::Elf64_Phdr {
            p_type,
            p_flags: libc::PF_R | libc::PF_W,
            p_offset: offset,
            p_vaddr: offset,
            p_paddr: offset,
            p_filesz: bytes,
            p_memsz: bytes,
            p_align,
        };
        let dynamic = at(offset_of!(Library, dynamic));
        let mut thread_locals = segment(libc::PT_TLS, whole, 0, 1);
        thread_locals.p_memsz = size;
        Library {
            header: libc::Elf64_Ehdr {
                e_ident: ident,
                e_type: elf::SHARED_OBJECT,
                e_machine: elf::X86_64,
                e_version: elf::VERSION.into(),
                e_entry: 0,
                e_phoff: at(offset_of!(Library, segments)),
                e_shoff: 0,
                e_flags: 0,
                e_ehsize: size_of::<libc::Elf64_Ehdr>() as u16,
                e_phentsize: size_of::<libc::Elf64_Phdr>() as u16,
                e_phnum: 4,
                e_shentsize: 0,
                e_shnum: 0,
                e_shstrndx: 0,
            },
            segments: [
                segment(libc::PT_LOAD, 0, whole, 4096),
                segment(
                    libc::PT_DYNAMIC,
                    dynamic,
                    size_of::<[[u64; 2]; 10]>() as u64,
                    8,
                ),
                thread_locals,
                segment(libc::PT_GNU_STACK, 0, 0, 16),
            ],
            dynamic: [
                [elf::DT_HASH, at(offset_of!(Library, hash))],
                [elf::DT_STRTAB, at(offset_of!(Library, strings))],
                [elf::DT_STRSZ, 8],
                [elf::DT_SYMTAB, at(offset_of!(Library, symbol))],
                [elf::DT_SYMENT, size_of::<[u64; 3]>() as u64],
                [elf::DT_RELA, at(offset_of!(Library, relocation))],
                [elf::DT_RELASZ, is_static * size_of::<[u64; 3]>() as u64],
                [elf::DT_RELAENT, size_of::<[u64; 3]>() as u64],
                [elf::DT_FLAGS, is_static * elf::DF_STATIC_TLS],
                [elf::DT_NULL, 0],
            ],
            hash: [1, 1, 0, 0],
            symbol: [0; 3],
            strings: [0; 8],
            relocation: [at(offset_of!(Library, distance)), elf::R_X86_64_TPOFF64, 0],
            distance: 0,
        }
    }

    /// The file.
    fn bytes(&self) -> &[u8] {
        // SAFETY: all fields are plain numbers of C without padding between them.
        unsafe { std::slice::from_raw_parts(std::ptr::from_ref(self).cast(), size_of::<Library>()) }
    }
}
