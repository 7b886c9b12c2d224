//! Libraries with thread-locals, loaded while goroutines run. They are compiled here and now.

use super::world::{all, hop, world};
use std::ffi::{CStr, CString, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory that goes away with its user.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let id = std::process::id();
        let path = std::env::temp_dir().join(format!("gompa-libraries-{name}-{id}"));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Thread-locals with an initial value, a function that adds to one, and its address.
const SOURCE: &str = "
    MODEL __thread int value = 42;
    MODEL __thread char more[100];
    int add(int d) { value += d; more[d & 63]++; return value; }
    int *where(void) { return &value; }
";

/// Thread-locals with destructors, as C++ has them; by the ABI's function, so that C will do.
const DESTRUCTORS: &str = "
    extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);
    extern void *__dso_handle;
    static __thread int seen;
    static int *count;
    static void end(void *object) { __atomic_add_fetch(count, *(int *)object, __ATOMIC_SEQ_CST); }
    void register_end(int *where, int value) {
        count = where;
        seen = value;
        __cxa_thread_atexit_impl(end, &seen, &__dso_handle);
    }
";

/// Compiles a library; `None`: there is no C compiler here.
fn compile(directory: &Path, name: &str, source: &str, flags: &[&str]) -> Option<PathBuf> {
    let file = directory.join(format!("{name}.c"));
    std::fs::write(&file, source).unwrap();
    let library = directory.join(name);
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC"]).args(flags);
    command.arg("-o").arg(&library).arg(&file);
    match command.status() {
        Ok(status) => assert!(status.success()),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "no C compiler: {error}");
            eprintln!("not tested, no C compiler: {error}");
            return None;
        }
    }
    Some(library)
}

/// A library that is loaded and stays so.
struct Loaded(*mut c_void);

impl Loaded {
    fn load(library: &Path) -> Result<Loaded, String> {
        let path = CString::new(library.as_os_str().as_encoded_bytes()).unwrap();
        // SAFETY: the library's initialisers do nothing; the error is this goroutine's.
        unsafe {
            let handle = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
            if handle.is_null() {
                let error = CStr::from_ptr(libc::dlerror());
                return Err(error.to_string_lossy().into_owned());
            }
            Ok(Loaded(handle))
        }
    }

    fn symbol(&self, name: &CStr) -> *mut c_void {
        // SAFETY: a look-up by name.
        let symbol = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!symbol.is_null());
        symbol
    }

    fn add(&self) -> extern "C" fn(i32) -> i32 {
        // SAFETY: it has this type.
        unsafe { std::mem::transmute(self.symbol(c"add")) }
    }
}

#[test]
fn their_thread_locals_are_the_goroutines() {
    let scratch = Scratch::new("one");
    for (name, flag) in [
        ("plain.so", "-mtls-dialect=gnu"),
        ("descriptors.so", "-mtls-dialect=gnu2"),
    ] {
        let Some(library) = compile(&scratch.0, name, SOURCE, &["-DMODEL=", flag]) else {
            return;
        };
        world(move || {
            all(12, move |i| {
                let add = Loaded::load(&library).unwrap().add();
                let i = i as i32 + 1;
                assert_eq!(add(0), 42);
                for k in 1..=10 {
                    assert_eq!(add(i), 42 + i * k);
                    hop();
                }
            });
        });
    }
}

#[test]
fn many_are_loaded_while_goroutines_live() {
    const LIBRARIES: usize = 40;
    let scratch = Scratch::new("many");
    let Some(first) = compile(&scratch.0, "0.so", SOURCE, &["-DMODEL="]) else {
        return;
    };
    // A copy of the file is another library to the loader.
    let libraries: Vec<_> = (0..LIBRARIES)
        .map(|n| scratch.0.join(format!("{n}.so")))
        .collect();
    for copy in &libraries[1..] {
        std::fs::copy(&first, copy).unwrap();
    }
    let use_all = move |i: usize| {
        let i = i as i32 + 1;
        let mut adds = Vec::new();
        for library in &libraries {
            let add = Loaded::load(library).unwrap().add();
            assert_eq!(add(i), 42 + i);
            adds.push(add);
            if adds.len() % 8 == 0 {
                hop();
            }
        }
        for add in adds {
            assert_eq!(add(i), 42 + 2 * i);
        }
    };
    world(move || {
        all(8, use_all.clone()); // alive while the loader's tables grow
        all(8, use_all); // born afterwards
    });
}

#[test]
fn their_destructors_run_at_the_goroutines_end() {
    let scratch = Scratch::new("destructors");
    let Some(library) = compile(&scratch.0, "destructors.so", DESTRUCTORS, &[]) else {
        return;
    };
    static SUM: std::sync::atomic::AtomicI32 = std::sync::atomic::AtomicI32::new(0);
    world(move || {
        all(10, move |i| {
            let loaded = Loaded::load(&library).unwrap();
            // SAFETY: it has this type.
            let register: extern "C" fn(*mut i32, i32) =
                unsafe { std::mem::transmute(loaded.symbol(c"register_end")) };
            hop();
            register(SUM.as_ptr(), 1 << i);
            hop();
        });
        assert_eq!(SUM.load(std::sync::atomic::Ordering::SeqCst), (1 << 10) - 1);
    });
}

#[test]
fn one_that_wants_static_thread_locals_is_refused() {
    let scratch = Scratch::new("static");
    let model = "-DMODEL=__attribute__((tls_model(\"initial-exec\")))";
    let Some(library) = compile(&scratch.0, "static.so", SOURCE, &[model]) else {
        return;
    };
    world(move || {
        all(4, move |_| {
            hop();
            let error = Loaded::load(&library).map(|_| ()).unwrap_err();
            assert!(error.contains("static TLS"), "{error}");
        });
    });
    // By its thread-locals and nothing else.
    let library = compile(&scratch.0, "dynamic.so", SOURCE, &["-DMODEL="]).unwrap();
    assert_eq!(Loaded::load(&library).unwrap().add()(1), 43);
}

#[test]
fn an_error_of_the_loader_is_the_goroutines() {
    world(|| {
        all(8, |i| {
            for k in 0..3 {
                let name = CString::new(format!("/nonexistent/{i}-{k}.so")).unwrap();
                // SAFETY: nothing is loaded; the text is this goroutine's until its next call.
                unsafe {
                    assert!(libc::dlopen(name.as_ptr(), libc::RTLD_NOW).is_null());
                    hop();
                    let error = CStr::from_ptr(libc::dlerror()).to_str().unwrap();
                    assert!(error.contains(name.to_str().unwrap()), "{error}");
                    hop();
                    assert!(libc::dlerror().is_null(), "it is told once");
                }
            }
        });
    });
}
