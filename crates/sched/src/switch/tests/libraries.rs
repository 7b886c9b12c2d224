//! Libraries with thread-locals, loaded while goroutines run.

use super::super::own_thread_locals;
use super::world::{hop, run};
use std::ffi::{CStr, CString, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory that goes away with its user.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let id = std::process::id();
        let path = std::env::temp_dir().join(format!("gompa-switch-{name}-{id}"));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Thread-locals with an initial value, and a function that adds to one.
const SOURCE: &str = "
    MODEL __thread int value = 42;
    MODEL __thread char more[100];
    int add(int d) { value += d; more[d & 63]++; return value; }
";

/// Compiles SOURCE; `None`: there is no C compiler here.
fn compile(directory: &Path, name: &str, model: &str, flags: &[&str]) -> Option<PathBuf> {
    let source = directory.join("library.c");
    std::fs::write(&source, SOURCE).unwrap();
    let library = directory.join(name);
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", &format!("-DMODEL={model}")]);
    command.args(flags).arg("-o").arg(&library).arg(&source);
    match command.status() {
        Ok(status) => assert!(status.success()),
        Err(error) => {
            eprintln!("not tested, no C compiler: {error}");
            return None;
        }
    }
    Some(library)
}

type Add = extern "C" fn(i32) -> i32;

/// Loads a library and finds `add` in it.
fn load(library: &Path) -> Result<Add, String> {
    let path = CString::new(library.as_os_str().as_encoded_bytes()).unwrap();
    // SAFETY: the library's initialisers do nothing; `add` has this type.
    unsafe {
        let handle = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
        if handle.is_null() {
            return Err(CStr::from_ptr(libc::dlerror())
                .to_string_lossy()
                .into_owned());
        }
        let add = libc::dlsym(handle, c"add".as_ptr());
        assert!(!add.is_null());
        Ok(std::mem::transmute::<*mut c_void, Add>(add))
    }
}

#[test]
fn thread_locals_of_a_library_loaded_later_are_the_goroutines() {
    let scratch = Scratch::new("one");
    for (name, flags) in [
        ("plain.so", &[][..]),
        ("descriptors.so", &["-mtls-dialect=gnu2"][..]),
    ] {
        let Some(library) = compile(&scratch.0, name, "", flags) else {
            return;
        };
        run(2, |world| {
            for i in 1..=12 {
                let library = library.clone();
                world.go_on(i % 2, move || {
                    let i = i as i32;
                    let add = load(&library).unwrap();
                    assert_eq!(add(0), 42);
                    for k in 1..=20 {
                        assert_eq!(add(i), 42 + i * k);
                        hop();
                    }
                });
            }
        });
    }
}

#[test]
fn many_libraries_make_the_dtv_grow() {
    let scratch = Scratch::new("many");
    let Some(first) = compile(&scratch.0, "0.so", "", &[]) else {
        return;
    };
    // A copy of the file is another library to the loader.
    let libraries: Vec<_> = (0..40).map(|n| scratch.0.join(format!("{n}.so"))).collect();
    for copy in &libraries[1..] {
        std::fs::copy(&first, copy).unwrap();
    }
    let work = |i: i32, moves: bool| {
        let libraries = libraries.clone();
        move || {
            let adds: Vec<_> = libraries.iter().map(|l| load(l).unwrap()).collect();
            for round in 1..=2 {
                for add in &adds {
                    assert_eq!(add(i), 42 + round * i);
                    if moves {
                        hop();
                    }
                }
            }
        }
    };
    run(2, |world| {
        (0..4).for_each(|i| world.inherit(work(i, false)));
        (1..=8).for_each(|i| world.go_on(0, work(i, true)));
    });
    // Goroutines whose blocks are made after the libraries were loaded.
    run(2, |world| {
        (1..=4).for_each(|i| world.go_on(1, work(i, true)))
    });
}

#[test]
fn a_library_that_wants_static_thread_locals_is_refused() {
    let scratch = Scratch::new("static");
    let model = "__attribute__((tls_model(\"initial-exec\")))";
    let Some(library) = compile(&scratch.0, "static.so", model, &[]) else {
        return;
    };
    own_thread_locals().expect("this machine supports it");
    let error = load(&library).unwrap_err();
    assert!(error.contains("static.so"), "{error}");
    // By its thread-locals and nothing else.
    let library = compile(&scratch.0, "dynamic.so", "", &[]).unwrap();
    assert_eq!(load(&library).unwrap()(1), 43);
}
